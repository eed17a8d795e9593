"""The client names data sets exactly as the registry's captures do: two copies of one rule, held together here."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from lineage_client.capture import environment, files, profiles
from lineage_client.capture.naming import dataset_name as clients
from registry.capture import columns, file_sorts
from registry.capture.naming import dataset_name as servers
from registry.capture.packages import package

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


_name = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=40)


@given(_name, _name, st.lists(st.tuples(_name, _name | st.none()), max_size=4))
def test_a_column_and_a_schema_have_one_name(namespace: str, name: str, told: list[tuple[str, str | None]]) -> None:
    urn, digest = columns.schema_urn(namespace, name, told)
    assert profiles.schema_urn(namespace, name, told) == (str(urn), digest)
    for column, _ in told:
        assert profiles.field_urn(namespace, name, column) == str(columns.field_urn(namespace, name, column))


def test_an_installed_package_has_one_name() -> None:
    found = environment.installed_packages()
    assert len(found) > 20
    for name, version in found.items():
        ours = package("pypi", name, version)
        assert (ours.name, ours.purl) == (name, environment.package_url(name, version))


_ends = st.sampled_from(
    sorted(file_sorts.MODELS | file_sorts.DATA | file_sorts.COMPRESSED | {"", ".bin", ".CSV", ".PKL"})
)


@given(st.sampled_from(["/data/a", "a.b", "s3://lake/a", "x/.hidden"]), _ends, _ends)
def test_a_file_is_of_one_sort_whoever_captures_it(name: str, end: str, last: str) -> None:
    """Where the name does not tell, a statement about a build has a document, and a run that reads it has data."""
    assert file_sorts.kind_of(name + end + last) in (files.kind_of(name + end + last), None)


def test_every_end_of_models_and_tables_that_the_client_knows_is_known() -> None:
    assert files.MODELS == file_sorts.MODELS
    assert files.TABLES <= file_sorts.DATA
    assert files.COMPRESSED == file_sorts.COMPRESSED
