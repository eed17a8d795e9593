"""Which data set an MLflow input is: named as the registry's import from MLflow names it; a test holds them together."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from lineage_client.capture.naming import dataset_name, public_place
from lineage_client.capture.records import Record, entity
from lineage_client.names import urn

_PLACES = ("uri", "url", "path", "delta_table_path")
_DIGEST = re.compile(r"[0-9a-zA-Z+/=_-]{1,64}")
_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_ROLES = {
    "train": "train", "training": "train", "fit": "train",
    "validate": "validate", "validation": "validate", "valid": "validate", "val": "validate", "dev": "validate",
    "test": "test", "testing": "test", "eval": "test", "evaluate": "test", "evaluation": "test", "holdout": "test",
    "input": "input", "inference": "input", "prediction": "input",
    "context": "context", "reference": "context",
}  # fmt: skip


def dataset_urn(
    name: str, digest: str, source_type: str, source: str, namespace: str, experiment_id: str
) -> tuple[str, str | None]:
    """The data set version that an input is, and where its data are, where the source says that."""
    uri, pinned = _place(source_type, _object(source))
    if uri is not None:
        try:
            place, path = dataset_name(uri)
        except ValueError:
            uri = None
        else:
            return urn("DatasetVersion", place, path, pinned or digest), uri
    return urn("DatasetVersion", namespace, f"{experiment_id}/{name}", pinned or digest), None


def dataset_record(dataset: Any, name: str, uri: str | None) -> Record:
    """What an input is."""
    rows = _object(dataset.profile).get("num_rows")
    fits = bool(_DIGEST.fullmatch(dataset.digest))
    return entity(
        name,
        {
            "title": dataset.name,
            "digest": f"mlflow:{dataset.digest}" if fits else None,
            "digest_coverage": "sample" if fits else None,
            "rows": rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None,
            "uri": public_place(uri) if uri else None,
        },
    )


def role_of(context: str | None) -> str:
    """What an input was read for; without a context that is not known."""
    return _ROLES.get((context or "").strip().lower(), "unknown")


def _place(source_type: str, source: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if source_type == "hugging_face":
        path, revision = source.get("path"), source.get("revision")
        known = isinstance(path, str) and path and not path.startswith((".", "/"))
        commit = revision.lower() if isinstance(revision, str) and _COMMIT.fullmatch(revision) else None
        return (f"hf://datasets/{path}" if known else None), commit
    version = source.get("delta_table_version")
    pinned = str(version) if isinstance(version, int | str) and str(version) else None
    for name in _PLACES:
        value = source.get(name)
        if isinstance(value, str) and _is_absolute(value):
            return value, pinned
    return None, pinned


def _is_absolute(place: str) -> bool:
    try:
        scheme = urlsplit(place).scheme
    except ValueError:
        return False
    return len(scheme) > 1 or PurePosixPath(place).is_absolute() or PureWindowsPath(place).is_absolute()


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
