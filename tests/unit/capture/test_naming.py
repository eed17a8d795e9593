"""Data sets are named alike, whoever captures them."""

from __future__ import annotations

import pytest

from registry.capture.naming import dataset_name


@pytest.mark.parametrize(
    ("uri", "namespace", "name"),
    [
        ("s3a://bucket/key/x.parquet", "s3://bucket", "key/x.parquet"),
        ("gs://bucket", "gs://bucket", "/"),
        ("/data/./x.csv", "file", "/data/x.csv"),
        ("file:///data/a%20b", "file", "/data/a b"),
        ("C:\\data\\x.csv", "file", "C:/data/x.csv"),
        ("postgresql://user:secret@host/db/public/orders", "postgres://host:5432", "db.public.orders"),
        ("bigquery://project/set/table", "bigquery", "project.set.table"),
        ("hdfs://node/a/b", "hdfs://node:8020", "/a/b"),
        ("https://user:secret@host/x?token=secret#part", "https://host", "/x"),
        ("abfss://box@account.dfs.core.windows.net/p", "abfss://box@account.dfs.core.windows.net", "/p"),
    ],
)
def test_a_data_set_is_named_as_openlineage_names_it(uri: str, namespace: str, name: str) -> None:
    assert dataset_name(uri) == (namespace, name)


@pytest.mark.parametrize("uri", ["", "file://", "postgres://host", "bigquery://"])
def test_what_names_nothing_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="name"):
        dataset_name(uri)
