"""PROV-JSON: the W3C's own data model reads it, whatever the names, and finds in it what went in."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from prov.model import ProvDocument

from registry.export import prov
from registry.export.subgraph import Subgraph

from .graphs import RUN_ID, graphs, wine


def _read(content: bytes) -> Any:
    return ProvDocument.deserialize(content=content.decode(), format="json")


def _name(qualified: Any) -> str:
    return str(qualified.uri)


def test_each_relation_says_what_the_standard_calls_it() -> None:
    made = json.loads(prov.write(wine()))
    counted = {name: len(value) for name, value in made.items() if name != "prefix"}
    assert counted == {
        "activity": 1, "agent": 1, "entity": 17, "used": 2, "wasGeneratedBy": 1, "wasDerivedFrom": 3,
        "wasAssociatedWith": 1, "wasAttributedTo": 1, "specializationOf": 2, "hadMember": 2,
        "wasInfluencedBy": 12,
    }  # fmt: skip
    (run,) = made["activity"].values()
    assert (run["prov:startTime"], run["prov:endTime"]) == ("2026-05-04T10:00:00Z", "2026-05-04T11:00:00Z")
    (used,) = [one for one in made["used"].values() if one["prov:role"] == "train"]
    assert used["prov:activity"] == f"lineage:Run:demo:{RUN_ID}"
    assert used["prov:entity"] == "lineage:DatasetVersion:demo:wine:v3"
    assert used["say:attribute.columns"] == ["sugar", "acid"]
    assert used["say:attribute.evidence"] == "observed"
    assert used["say:event_id"] == "e1"
    data = made["entity"]["lineage:DatasetVersion:demo:wine:v3"]
    assert data["say:attribute.size_bytes"] == 2**40
    assert json.loads(data["say:attribute.facets"]["$"])["ours"] == {"k": 1}
    bare = [name for name in ("specializationOf", "hadMember") for name in made[name]]
    assert all(made["wasInfluencedBy"][f"{name}-evidence"]["say:relation"] for name in bare)


def test_what_is_not_complete_says_so_inside() -> None:
    told = json.loads(prov.write(wine(reasons=("depth", "size"), depth=2)))["entity"]["say:export"]
    assert told["say:complete"] is False
    assert told["say:reasons"] == ["depth", "size"]
    assert told["say:depth"] == 2
    assert json.loads(prov.write(wine()))["entity"]["say:export"]["say:complete"] is True


@settings(max_examples=60)
@given(graphs())
def test_the_data_model_of_the_standard_reads_it_and_gives_it_back(graph: Subgraph) -> None:
    content = prov.write(graph)
    assert prov.write(graph) == content
    read = _read(content)
    there = {_name(record.identifier): record for record in read.get_records() if not record.is_relation()}
    assert set(there) == {entity.urn for entity in graph.entities} | {"urn:lineage:registry:export"}
    for entity in graph.entities:
        (label,) = there[entity.urn].get_attribute("prov:label")
        assert str(getattr(label, "value", label)) == entity.label
    ends = set()
    for record in read.get_records():
        if record.is_relation():
            below, above = (value for _, value in record.formal_attributes[:2])
            if record.get_type().localpart == "Membership":
                below, above = above, below
            ends.add((_name(below), _name(above)))
    assert ends == {(edge.downstream, edge.upstream) for edge in graph.edges}
    assert _read(read.serialize(format="json").encode()) == read
    read.serialize(format="provn")


def test_the_sample_goes_round() -> None:
    read = _read(prov.write(wine()))
    assert _read(read.serialize(format="json").encode()) == read
