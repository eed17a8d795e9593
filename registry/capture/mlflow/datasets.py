"""Which data set an MLflow input is: by its source where that says it, else within its experiment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

import orjson

from graph_schema.urn import Urn
from registry.capture.columns import field_urn, schema_urn
from registry.capture.events import edge, entity
from registry.capture.mlflow.store import DatasetInput
from registry.capture.naming import dataset_name, without_credentials, without_secrets
from registry.capture.source import Captured, Unmapped

_PLACES = ("uri", "url", "path", "delta_table_path")
_MOST_FACET = 200_000
_DIGEST_FITS = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=_-")
_COMMIT = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
COPY, ALIKE, SAME_NAME = 0.8, 0.9, 0.6
"""Confidence of SAME_AS between data sets of one name and digest: equal columns and sizes at two known places; the
same where a place is not known; only name and digest."""


FirstLike = Callable[[str, str, str], tuple[DatasetInput, str] | None]
"""The data set of a name and digest of the first experiment before one, and which experiment that is."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The name of a data set version, and whether it says where the data are."""

    urn: Urn
    uri: str | None


def identify(item: DatasetInput, namespace: str, experiment_id: str) -> Identity:
    """The data set version that an input is.

    The place (by the naming rules that all captures share) and the digest make one version, whatever experiment
    or name it was logged under. Where the source names no place, the name counts within its experiment only.
    Raises UrnError where a name is no name.
    """
    return _identity(item.name, item.digest, item.source_type, item.source, namespace, experiment_id)


@lru_cache(maxsize=8_192)
def _identity(name: str, digest: str, source_type: str, source: str, namespace: str, experiment_id: str) -> Identity:
    uri, pinned = _place(source_type, _object(source))
    if uri is not None:
        try:
            place, path = dataset_name(uri)
        except ValueError:
            uri = None
        else:
            return Identity(Urn.of("DatasetVersion", place, path, pinned or digest), uri)
    return Identity(Urn.of("DatasetVersion", namespace, f"{experiment_id}/{name}", pinned or digest), None)


class Datasets:
    """The data sets of one reading: each is described once, and what looks the same under two names is joined.

    A reading of all of a store, experiment by experiment, needs no ``first_like``: it has met the first one before.
    """

    def __init__(self, namespace: str, first_like: FirstLike | None = None) -> None:
        self._namespace, self._first_like = namespace, first_like
        self._described: set[Urn] = set()
        self._first: dict[tuple[str, str], tuple[Identity, bytes | None]] = {}

    def describe(self, item: DatasetInput, experiment_id: str, time: str | None) -> Iterator[Captured]:
        """The documents about the data set of an input; nothing where they were said before. Raises UrnError."""
        identity = identify(item, self._namespace, experiment_id)
        if identity.urn in self._described:
            return
        self._described.add(identity.urn)
        yield from _version(item, identity, time)
        yield from self._columns(item, identity.urn, time)
        yield from self._join(item, identity, experiment_id, time)

    def _columns(self, item: DatasetInput, urn: Urn, time: str | None) -> Iterator[Captured]:
        columns = [column for column in _listed(_object(item.schema).get("mlflow_colspec")) if _name_of(column)]
        if not columns:
            if item.schema:
                yield Unmapped(str(urn), "schema of a data set that is no list of columns")
            return
        shape = [(_name_of(column), _type_of(column)) for column in columns]
        schema, digest = schema_urn(urn.namespace, urn.name, shape)
        yield edge("HAS_SCHEMA", urn, schema, event_time=time)
        if schema in self._described:
            return
        self._described.add(schema)
        yield entity(schema, {"digest": digest}, event_time=time)
        for name, data_type in shape:
            column_urn = field_urn(urn.namespace, urn.name, name)
            yield edge("FIELD_OF", column_urn, schema, event_time=time)
            if column_urn not in self._described:
                self._described.add(column_urn)
                yield entity(column_urn, {"title": name, "data_type": data_type}, event_time=time)

    def _join(self, item: DatasetInput, identity: Identity, experiment_id: str, time: str | None) -> Iterator[Captured]:
        shape = _shape(item)
        first, first_shape = self._first_of(item, identity, experiment_id)
        if first.urn == identity.urn:
            return
        alike = shape is not None and shape == first_shape
        rule = "mlflow-name-digest-and-columns" if alike else "mlflow-name-and-digest"
        confidence = SAME_NAME if not alike else COPY if first.uri and identity.uri else ALIKE
        yield edge(
            "SAME_AS", identity.urn, first.urn, {"rule": rule}, evidence="inferred", confidence=confidence,
            event_time=time,
        )  # fmt: skip

    def _first_of(self, item: DatasetInput, identity: Identity, experiment_id: str) -> tuple[Identity, bytes | None]:
        key = (item.name, item.digest)
        if key not in self._first:
            found = self._first_like(item.name, item.digest, experiment_id) if self._first_like else None
            like, where = found or (item, experiment_id)
            self._first[key] = (identify(like, self._namespace, where) if found else identity, _shape(like))
        return self._first[key]


def _shape(item: DatasetInput) -> bytes | None:
    return hashlib.sha256(f"{item.schema}|{item.profile}".encode()).digest() if item.schema else None


def _version(item: DatasetInput, identity: Identity, time: str | None) -> Iterator[Captured]:
    profile = _object(item.profile)
    rows = profile.get("num_rows")
    facet = {"name": item.name, "digest": item.digest, "source_type": item.source_type}
    facet["source"] = without_secrets(item.source)
    if item.profile:
        facet["profile"] = item.profile
    size = sum(len(text) for text in facet.values())
    if size > _MOST_FACET:
        facet = {"name": item.name, "digest": item.digest, "source_type": item.source_type}
        yield Unmapped(str(identity.urn), "source and profile of a data set, too long to be kept")
    fits = 0 < len(item.digest) <= 64 and set(item.digest) <= _DIGEST_FITS
    attributes: dict[str, Any] = {
        "title": item.name,
        "digest": f"mlflow:{item.digest}" if fits else None,
        "digest_coverage": "sample" if fits else None,
        "rows": rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None,
        "uri": without_credentials(identity.uri) if identity.uri else None,
        "facets": {"mlflow": facet},
    }
    yield entity(identity.urn, attributes, event_time=time)


def _place(source_type: str, source: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Where a source says that the data are, and the version that it pins."""
    if source_type == "hugging_face":
        path, revision = source.get("path"), source.get("revision")
        known = isinstance(path, str) and path and not path.startswith((".", "/"))
        # A branch or a tag is whatever it is at the time: the digest says which data it was.
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
    """Whether it names the same thing wherever it is read."""
    try:
        scheme = urlsplit(place).scheme
    except ValueError:
        return False
    return len(scheme) > 1 or PurePosixPath(place).is_absolute() or PureWindowsPath(place).is_absolute()


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _name_of(column: Mapping[str, Any]) -> str:
    name = column.get("name")
    return name.strip() if isinstance(name, str) else ""


def _type_of(column: Mapping[str, Any]) -> str:
    return str(column.get("type") or "unknown")[:200]
