"""The vocabulary is what was agreed: kinds, versions, families, PROV terms, and how they are kept."""

from __future__ import annotations

import re

import pytest

from graph_schema.catalogue import KINDS, RELATIONS, VERSION_KINDS, properties_of
from graph_schema.constraints import required_items
from graph_schema.core import Family, Property, ValueType
from graph_schema.edges import EVERY_EDGE
from graph_schema.storage import EDGE_FIELDS, INTERNAL_LABELS, NODE_FIELDS
from graph_schema.walks import families_for, relations_in

# Written out by hand, on purpose: a name that changes or disappears breaks everybody's graph.
AGREED_KINDS = [
    "Dataset", "DatasetVersion", "DataSlice", "DataSchema", "Field", "Profile",
    "TelemetrySource", "TelemetrySchema", "TelemetryBatch",
    "FeatureView", "Feature", "FeatureVersion", "FeatureMaterialization",
    "Job", "Run", "Experiment",
    "Model", "ModelVersion", "ModelArtifact", "Alias", "Evaluation",
    "Environment", "Container", "Library", "LibraryVersion",
    "Deployment", "Endpoint", "InferenceBatch", "AISystem",
    "Person", "Team", "Service",
    "Policy", "Proposal", "Approval", "Decision", "Incident", "Document", "Attestation",
]  # fmt: skip

AGREED_VERSIONS = {
    "Dataset": "DatasetVersion",
    "TelemetrySource": "TelemetrySchema",
    "Feature": "FeatureVersion",
    "Model": "ModelVersion",
    "Library": "LibraryVersion",
}

AGREED_RELATIONS: dict[str, tuple[str, str | None]] = {
    "USED": ("data", "used"),
    "GENERATED_BY": ("data", "wasGeneratedBy"),
    "DERIVED_FROM": ("data", "wasDerivedFrom"),
    "COMPUTED_FROM": ("data", "wasDerivedFrom"),
    "USES_FEATURE": ("data", "wasDerivedFrom"),
    "DEPLOYS": ("serving", None),
    "SERVED_BY": ("serving", None),
    "ANSWERED_BY": ("serving", None),
    "RELIES_ON": ("serving", None),
    "DEPENDS_ON": ("software", None),
    "EXECUTED_IN": ("software", None),
    "EVALUATES": ("evaluation", None),
    "EVALUATED_ON": ("evaluation", None),
    "SAME_AS": ("identity", "alternateOf"),
    "MAY_BE": ("possible", None),
    "VERSION_OF": ("structure", "specializationOf"),
    "REVISION_OF": ("structure", "wasRevisionOf"),
    "SLICE_OF": ("part", "hadMember"),
    "FIELD_OF": ("structure", "hadMember"),
    "HAS_SCHEMA": ("structure", None),
    "PROFILE_OF": ("structure", None),
    "POINTS_TO": ("structure", None),
    "INSTANCE_OF": ("structure", None),
    "PART_OF": ("structure", "hadMember"),
    "OWNED_BY": ("responsibility", "wasAttributedTo"),
    "APPROVED_BY": ("responsibility", None),
    "ACTED_FOR": ("responsibility", "actedOnBehalfOf"),
    "INVALIDATED_BY": ("responsibility", "wasInvalidatedBy"),
    "ATTESTS": ("responsibility", None),
}

USED_ROLES = {
    "train": Family.DATA,
    "input": Family.DATA,
    "unknown": Family.DATA,
    "validate": Family.EVALUATION,
    "test": Family.EVALUATION,
    "context": Family.CONTEXT,
}


def _every_property() -> list[tuple[str, Property]]:
    of_kinds = [(kind.name, item) for kind in KINDS.values() for item in properties_of(kind)]
    of_relations = [(relation.name, item) for relation in RELATIONS.values() for item in relation.properties]
    return [*of_kinds, *of_relations, *(("every edge", item) for item in EVERY_EDGE)]


def test_the_kinds_are_the_agreed_ones() -> None:
    assert sorted(KINDS) == sorted(AGREED_KINDS)
    assert {logical: version.name for logical, version in VERSION_KINDS.items()} == AGREED_VERSIONS


def test_the_relations_are_the_agreed_ones() -> None:
    assert {name: (item.family.value, item.prov) for name, item in RELATIONS.items()} == AGREED_RELATIONS


def test_the_role_of_a_use_decides_what_following_it_means() -> None:
    used = RELATIONS["USED"]
    assert {role: used.family_of(role) for role in USED_ROLES} == USED_ROLES
    role = next(item for item in used.properties if item.name == "role")
    assert set(role.values) == set(USED_ROLES)
    assert role.default == "unknown"


def test_walks_follow_use_and_nothing_else() -> None:
    plain = {item.name for item in relations_in(families_for(["DatasetVersion"], possible=False))}
    software = {item.name for item in relations_in(families_for(["LibraryVersion"], possible=False))}
    by_family = {name: family for name, (family, _) in AGREED_RELATIONS.items()}
    assert plain == {name for name, family in by_family.items() if family in {"data", "serving", "part"}}
    assert software - plain == {name for name, family in by_family.items() if family == "software"}
    assert {item.name for item in relations_in(families_for(["Dataset"]))} - plain == {"MAY_BE"}
    assert families_for(["DatasetVersion"], software=True) == families_for(["Container"])


@pytest.mark.parametrize("name", [*KINDS, *RELATIONS])
def test_names_follow_the_customs_of_graphs(name: str) -> None:
    pattern = r"[A-Z][A-Za-z]+" if name in KINDS else r"[A-Z]+(_[A-Z]+)*"
    assert re.fullmatch(pattern, name)
    assert name not in INTERNAL_LABELS


def test_everything_is_described_in_a_sentence() -> None:
    described = {name: item.description for name, item in (KINDS | RELATIONS).items()}
    described |= {f"{owner}.{item.name}": item.description for owner, item in _every_property()}
    assert [name for name, text in described.items() if len(text) < 4 or not text.endswith((".", "…"))] == []


def test_properties_can_be_stored_and_asked_for() -> None:
    for owner, item in _every_property():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", item.name), (owner, item.name)
        assert item.name not in (NODE_FIELDS if owner in KINDS else EDGE_FIELDS), (owner, item.name)
        assert not item.values or item.type is ValueType.STRING, (owner, item.name)
        assert item.default is None or item.default in item.values, (owner, item.name)


def test_one_property_name_has_one_type_everywhere() -> None:
    types: dict[str, set[ValueType]] = {}
    for _, item in _every_property():
        types.setdefault(item.name, set()).add(item.type)
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}


def test_discriminators_are_properties_of_their_relation() -> None:
    for relation in RELATIONS.values():
        assert set(relation.discriminators) <= {item.name for item in relation.properties}, relation.name


def test_required_items_have_one_name_each() -> None:
    names = [item.name for item in required_items()]
    assert len(names) == len(set(names))
    assert all(item.name in item.statement for item in required_items())
