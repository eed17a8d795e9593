"""The client's plugin for MLflow names data sets as the import from MLflow does: two copies of one rule, held together."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from graph_schema.urn import UrnError
from lineage_client.mlflow.datasets import dataset_urn, role_of
from lineage_client.mlflow.sound import sound_records
from registry.capture.mlflow.datasets import identify
from registry.capture.mlflow.runs import _ROLES
from registry.capture.mlflow.store import DatasetInput

_text = st.text(st.characters(codec="utf-8"), max_size=20)
_place = st.one_of(
    _text,
    st.sampled_from(["s3://lake/t.csv", "/data/x.csv", "x.csv", "C:\\x", "http://[", "file:///a", "postgres://h"]),
)
_source = st.one_of(
    _text,
    st.fixed_dictionaries(
        {},
        optional={
            "uri": _place, "url": _place, "path": _place, "delta_table_path": _place, "revision": st.sampled_from(["main", "a" * 40, "B" * 40]),
            "delta_table_version": st.one_of(st.integers(), _text, st.none()),
        },
    ).map(json.dumps),
)  # fmt: skip


@given(_text, _text, st.sampled_from(["local", "s3", "hugging_face", "delta"]), _source, st.integers(0, 9).map(str))
def test_a_data_set_of_mlflows_has_one_name(name: str, digest: str, kind: str, source: str, experiment: str) -> None:
    urn, uri = dataset_urn(name, digest, kind, source, "mlflow", experiment)
    sound = sound_records([{"entity": "DatasetVersion", "urn": urn}])
    try:
        expected = identify(DatasetInput(name, digest, kind, source, None, None, {}), "mlflow", experiment)
    except UrnError:
        assert not sound
    else:
        assert (urn, uri) == (str(expected.urn), expected.uri)
        assert sound


@given(st.one_of(st.sampled_from(sorted(_ROLES)), _text))
def test_a_context_is_one_role(context: str) -> None:
    assert role_of(context) == _ROLES.get(context.strip().lower(), "unknown")
