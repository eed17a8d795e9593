"""What belongs to what. Never walked, but for slices: they belong to their version."""

from __future__ import annotations

from graph_schema.core import Family, Relation
from graph_schema.kinds import ALL_KINDS
from graph_schema.relations.ends import DATA, VERSIONS

_LOGICAL = {kind.name: kind.version_of for kind in ALL_KINDS if kind.version_of is not None}

RELATIONS = (
    Relation(
        "VERSION_OF",
        "A version belongs to its asset. Made by the registry from the names.",
        Family.STRUCTURE,
        tuple(((version,), (logical,)) for version, logical in _LOGICAL.items()),
        prov="specializationOf",
        acyclic=True,
        derived=True,
    ),
    Relation(
        "REVISION_OF",
        "A newer version follows an older one. Made by the registry unless somebody says it.",
        Family.STRUCTURE,
        tuple(((kind,), (kind,)) for kind in VERSIONS),
        prov="wasRevisionOf",
        acyclic=True,
    ),
    Relation(
        "SLICE_OF",
        "A slice belongs to a version.",
        Family.PART,
        ((("DataSlice",), ("DatasetVersion", "DataSlice")),),
        prov="hadMember",
    ),
    Relation(
        "FIELD_OF",
        "A column belongs to a schema.",
        Family.STRUCTURE,
        ((("Field",), ("DataSchema", "TelemetrySchema")),),
        prov="hadMember",
    ),
    Relation(
        "HAS_SCHEMA",
        "Data have these columns.",
        Family.STRUCTURE,
        (((*DATA, "ModelVersion"), ("DataSchema", "TelemetrySchema")),),
    ),
    Relation("PROFILE_OF", "Statistics describe data.", Family.STRUCTURE, ((("Profile",), DATA),)),
    Relation(
        "POINTS_TO", "An alias names a version, from a time to a time.", Family.STRUCTURE, ((("Alias",), VERSIONS),)
    ),
    Relation(
        "INSTANCE_OF",
        "A run executes a job; a batch comes from a source.",
        Family.STRUCTURE,
        ((("Run",), ("Job",)), (("TelemetryBatch",), ("TelemetrySource", "TelemetrySchema"))),
    ),
    Relation(
        "PART_OF",
        "A member belongs to a group: a run to an experiment or a parent run, a feature to a view, an artifact "
        "to a model version.",
        Family.STRUCTURE,
        (
            (("Run",), ("Experiment", "Run")),
            (("Job",), ("Job",)),
            (("Experiment",), ("Experiment",)),
            (("Feature", "FeatureVersion", "FeatureMaterialization"), ("FeatureView",)),
            (("ModelArtifact",), ("ModelVersion",)),
            (("Person", "Service", "Team"), ("Team",)),
            (("Endpoint", "Model"), ("AISystem",)),
        ),
        prov="hadMember",
    ),
)
