"""Which data set an MLflow input is: one where place and digest agree, never by the short digest alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.capture.mlflow.datasets import ALIKE, COPY, SAME_NAME, Datasets, identify
from registry.capture.mlflow.store import DatasetInput
from registry.capture.naming import dataset_name

PLACES = st.sampled_from(
    ["s3://lake/a", "s3a://lake/a", "s3://lake/b", "/data/a.csv", "file:///data/a.csv", "data/a.csv", None]
)
NAMES, DIGESTS, EXPERIMENTS = (
    st.sampled_from(["wine", "homes"]),
    st.sampled_from(["ab12", "cd34"]),
    st.sampled_from("12"),
)
SCHEMAS = st.sampled_from([None, '{"mlflow_colspec": [{"name": "x", "type": "double"}]}'])
INPUTS = st.builds(
    lambda name, digest, place, schema: DatasetInput(
        name, digest, "local" if place else "code", json.dumps({"uri": place} if place else {"tags": {}}), schema, None, {}
    ),
    NAMES, DIGESTS, PLACES, SCHEMAS,
)  # fmt: skip


def place_of(item: DatasetInput) -> tuple[str, str] | None:
    uri = json.loads(item.source).get("uri")
    return dataset_name(uri) if uri and (":" in uri or uri.startswith("/")) else None


@given(one=INPUTS, two=INPUTS, first=EXPERIMENTS, second=EXPERIMENTS)
def test_two_inputs_are_one_version_exactly_where_place_and_digest_agree(
    one: DatasetInput, two: DatasetInput, first: str, second: str
) -> None:
    same = identify(one, "mlflow", first).urn == identify(two, "mlflow", second).urn
    if place_of(one) is None and place_of(two) is None:
        assert same == ((one.name, one.digest, first) == (two.name, two.digest, second))
    else:
        assert same == (place_of(one) == place_of(two) and one.digest == two.digest)


@given(listed=st.lists(st.tuples(INPUTS, EXPERIMENTS), max_size=12))
def test_each_is_described_once_and_joined_only_by_name_and_digest_and_more(
    listed: list[tuple[DatasetInput, str]],
) -> None:
    datasets, said = Datasets("mlflow"), []
    for item, experiment in listed:
        said += [document for document in datasets.describe(item, experiment, None) if isinstance(document, dict)]
    described = [document["urn"] for document in said if document.get("entity") == "DatasetVersion"]
    assert sorted(described) == sorted({str(identify(item, "mlflow", where).urn) for item, where in listed})
    told: dict[str, list[DatasetInput]] = {}
    for item, where in listed:
        told.setdefault(str(identify(item, "mlflow", where).urn), []).append(item)
    for document in said:
        if document.get("edge") == "SAME_AS":
            ends = (told[document["from"]], told[document["to"]])
            keys = [{(item.name, item.digest) for item in end} for end in ends]
            assert keys[0] & keys[1], "the digest alone joins nothing"
            assert document["confidence"] in (COPY, ALIKE, SAME_NAME)
            assert document["attributes"]["rule"].startswith("mlflow-name")


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("postgres://me:secret@db/x/y/t", "postgres://db/x/y/t"),
        ("https://store/wine.csv?sp=r&sig=secret", "https://store/wine.csv"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=secret", "https://b.s3.amazonaws.com/k"),
        ("abfss://container@account/wine", "abfss://container@account/wine"),
    ],
)
def test_credentials_in_a_source_are_not_kept(uri: str, kept: str) -> None:
    item = DatasetInput("t", "ab", "http", json.dumps({"uri": uri}), None, None, {})
    version: Any = next(iter(Datasets("mlflow").describe(item, "1", None)))
    assert version["attributes"]["uri"] == kept
    assert "secret" not in json.dumps(version)


@pytest.mark.parametrize(
    ("revision", "version"),
    [("main", "ab12"), ("v1.0", "ab12"), (None, "ab12"), ("9" * 39, "ab12"), ("9" * 40, "9" * 40), ("AB" * 20, "ab" * 20)],
)  # fmt: skip
def test_a_branch_is_no_version_and_a_commit_is(revision: str | None, version: str) -> None:
    source = json.dumps({"path": "org/wine", "revision": revision})
    item = DatasetInput("wine", "ab12", "hugging_face", source, None, None, {})
    assert identify(item, "mlflow", "1").urn.version == version
