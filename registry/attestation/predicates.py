"""What our statements say, by type of predicate, as JSON Schemas; `docs/explanation/attestations.md` explains them."""

from __future__ import annotations

from typing import Any, Final

import jsonschema_rs

from registry.attestation.statement import Statement
from registry.errors import InvalidAttestationError

DATASET_VERSION: Final = "urn:lineage:predicate:dataset-version:v1"
MODEL_VERSION: Final = "urn:lineage:predicate:model-version:v1"
EVALUATION: Final = "urn:lineage:predicate:evaluation:v1"
RUN: Final = "https://slsa.dev/provenance/v1"
"""Runs are attested by SLSA's provenance, which tools of others read."""
RUN_BUILD_TYPE: Final = "urn:lineage:build-type:run:v1"
MODEL_SIGNATURE: Final = "https://model_signing/signature/v1.0"
"""The manifest of OpenSSF model signing."""

OF_KIND: Final = {
    "DatasetVersion": DATASET_VERSION,
    "ModelVersion": MODEL_VERSION,
    "Evaluation": EVALUATION,
    "Run": RUN,
}
"""What is attested, and by which predicate."""

_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": 262_144}
_URN: Final[dict[str, Any]] = {"type": "string", "pattern": "^urn:lineage:", "maxLength": 4096}
_ATTRIBUTES: Final[dict[str, Any]] = {"type": "object", "description": "What is registered of it, by name."}
_DESCRIPTOR: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A ResourceDescriptor of in-toto.",
    "properties": {
        "name": _TEXT,
        "uri": _TEXT,
        "digest": {"type": "object", "additionalProperties": _TEXT},
        "annotations": {"type": "object"},
    },
    "additionalProperties": False,
}
_DESCRIPTORS: Final[dict[str, Any]] = {"type": "array", "items": _DESCRIPTOR}


def _schema(title: str, required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


_TRAINING: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "run": _URN,
        "parameters": {"type": "object"},
        "seed": {"type": "integer"},
        "startedOn": _TEXT,
        "finishedOn": _TEXT,
        "code": _DESCRIPTOR,
        "environment": _DESCRIPTORS,
        "inputs": _DESCRIPTORS,
    },
    "required": ["run"],
    "additionalProperties": False,
}
_RESULT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"urn": _URN, "attributes": _ATTRIBUTES},
    "required": ["urn", "attributes"],
    "additionalProperties": False,
}
SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    DATASET_VERSION: _schema(
        "A version of a data set",
        ["urn", "attributes", "artifacts"],
        urn=_URN,
        attributes=_ATTRIBUTES,
        artifacts=_DESCRIPTORS,
        madeFrom=_DESCRIPTORS,
        madeBy=_URN,
    ),
    MODEL_VERSION: _schema(
        "A version of a model",
        ["urn", "attributes", "artifacts"],
        urn=_URN,
        attributes=_ATTRIBUTES,
        artifacts=_DESCRIPTORS,
        training=_TRAINING,
        evaluations={"type": "array", "items": _RESULT},
    ),
    EVALUATION: _schema(
        "The result of an evaluation",
        ["urn", "attributes"],
        urn=_URN,
        attributes=_ATTRIBUTES,
        evaluates=_DESCRIPTORS,
        evaluatedOn=_DESCRIPTORS,
        madeBy=_URN,
    ),
    RUN: {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "SLSA provenance, version 1",
        "type": "object",
        "properties": {
            "buildDefinition": {
                "type": "object",
                "properties": {
                    "buildType": _TEXT,
                    "externalParameters": {"type": "object"},
                    "internalParameters": {"type": "object"},
                    "resolvedDependencies": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["buildType", "externalParameters"],
            },
            "runDetails": {
                "type": "object",
                "properties": {
                    "builder": {"type": "object", "properties": {"id": _TEXT}, "required": ["id"]},
                    "metadata": {"type": "object"},
                    "byproducts": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["builder"],
            },
        },
        "required": ["buildDefinition", "runDetails"],
    },
}
"""The schema of each predicate that is checked; predicates of other types are kept as they are."""

_VALIDATORS = {name: jsonschema_rs.validator_for(schema) for name, schema in SCHEMAS.items()}


def check_predicate(statement: Statement) -> None:
    """Raise InvalidAttestationError where a predicate of a type that is known here is not in its form."""
    validator = _VALIDATORS.get(statement.predicate_type)
    if validator is None:
        return
    for error in validator.iter_errors(dict(statement.predicate)):
        where = "/".join(str(part) for part in error.instance_path) or "its top"
        raise InvalidAttestationError(
            f"The predicate {statement.predicate_type} is wrong at {where[:200]}: {error.message[:200]}."
        )
