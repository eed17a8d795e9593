"""Data sets are named alike, whoever captures them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.capture.naming import dataset_name, without_credentials, without_secrets


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


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://token@host/org/x.git", "https://host/org/x.git"),
        ("https://me:se@cret@host:8080/x@v1?sig=secret#y", "https://host:8080/x@v1"),
        ("postgresql://me:se/cret@host:5432/db", "postgresql://host:5432/db"),
        ("postgresql://me:se#cr?et@host/db", "postgresql://host/db"),
        ("postgresql://host/db?user=u&password=secret", "postgresql://host/db"),
        ("http://[broken?token=secret", "http://[broken"),
        ("https://host:443/a:b@c", "https://host:443/a:b@c"),
        ("abfss://box@account/p?sig=secret", "abfss://box@account/p"),
        ("git@host:org/x.git", "git@host:org/x.git"),
        ("/data/a@b?c#d", "/data/a@b?c#d"),
        ("sqlite:////data/a:b@c.db?mode=ro", "sqlite:////data/a:b@c.db"),
    ],
)
def test_an_address_is_kept_without_credentials(address: str, shown: str) -> None:
    assert without_credentials(address) == shown


_WORDS = st.text("abcSECRET0123:#?", min_size=1, max_size=12)


@given(user=st.text("abc1", min_size=1), password=_WORDS, path=st.text("ab/@", max_size=6))
def test_no_password_comes_through_whatever_is_in_it_but_a_slash(user: str, password: str, path: str) -> None:
    assert without_credentials(f"postgresql://{user}:{password}@host/{path}") == f"postgresql://host/{path}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"uri": "https://me:sec@ret@host/x?a=1&private_token=secret&b=2"}', '{"uri": "https://host/x?a=1&private_token=&b=2"}'),
        ("https://secret@host/org/x#part", "https://host/org/x#part"),
        ("wasbs://box@account/x and ftp://u:secret@h/y", "wasbs://box@account/x and ftp://h/y"),
        ("mail me@host about s3://bucket/a@b", "mail me@host about s3://bucket/a@b"),
    ],
)  # fmt: skip
def test_a_text_is_kept_without_what_its_addresses_say_of_who_asks(text: str, kept: str) -> None:
    assert without_secrets(text) == kept
