"""The client names data sets exactly as the registry's captures do: two copies of one rule, held together here."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from lineage_client.capture.naming import dataset_name as clients
from registry.capture.naming import dataset_name as servers

_SCHEMES = (
    "s3", "s3a", "s3n", "gs", "gcs", "file", "hdfs", "abfs", "abfss", "wasb", "wasbs", "postgres", "postgresql", "mysql",
    "redshift", "mssql", "oracle", "bigquery", "https", "snowflake", "dbfs", "S3", "x",
)  # fmt: skip
_piece = st.one_of(
    st.sampled_from(["", ".", "..", "a", "b c", "%20", "ü", "🍷", "C:", "a:b", "#x", "?q=1", "@", "\\"]), st.text()
)
_path = st.lists(_piece, max_size=5).map("/".join)
_host = st.sampled_from(
    ["", "host", "host:1", "user:secret@host", "box@account.dfs.core.windows.net", "[::1]:5", "a,b"]
)
_uris = st.one_of(
    st.text(), _path, st.builds("/{}".format, _path),
    st.builds("{}://{}/{}".format, st.sampled_from(_SCHEMES), _host, _path),
    st.builds("{}:{}".format, st.sampled_from(_SCHEMES), _path),
)  # fmt: skip


def _named(rule: Callable[[str], tuple[str, str]], uri: str) -> tuple[str, str] | str:
    try:
        return rule(uri)
    except ValueError:
        return "refused"


@given(_uris)
@example("C:\\data\\x.csv")
@example("//server/share")
@example("///a//b/../c/")
@example("postgresql://user:secret@host/db/public/orders")
@example("file://")
@example("s3://bucket")
def test_a_data_set_has_one_name_whoever_captures_it(uri: str) -> None:
    assert _named(clients, uri) == _named(servers, uri)
