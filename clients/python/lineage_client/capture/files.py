"""A file, folder or object that a run read or wrote: what it is called in the registry, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from lineage_client.capture.fingerprints import FULL, Fingerprint
from lineage_client.capture.later import Later
from lineage_client.capture.naming import dataset_name, local_path, name_part, public_place
from lineage_client.capture.records import Record, entity, plain_text
from lineage_client.names import expanded, urn

COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
ARCHIVES = frozenset({".zip", ".tar", ".tgz", ".7z"})
TABLES = frozenset({
    ".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow", ".ipc", ".orc", ".avro", ".xlsx", ".xls", ".ods", ".npy",
    ".npz", ".hdf5", ".nc", ".db", ".sqlite", ".sqlite3", ".duckdb", ".jsonl", ".ndjson", ".dta", ".sas7bdat", ".sav",
})  # fmt: skip
TEXTS = frozenset({".json", ".txt", ".xml", ".yaml", ".yml", ".toml", ".ini", ".md", ".html"})
MODELS = frozenset({
    ".joblib", ".pkl", ".pickle", ".onnx", ".pt", ".pth", ".ckpt", ".safetensors", ".h5", ".keras", ".pb", ".tflite",
    ".mlmodel", ".bst", ".ubj", ".cbm", ".gguf",
})  # fmt: skip

_FACTS: Mapping[str, tuple[str, ...]] = {
    "DatasetVersion": ("digest", "digest_coverage", "size_bytes", "uri", "format"),
    "DataSlice": ("digest", "digest_coverage", "uri"),
    "FeatureMaterialization": ("digest", "digest_coverage", "uri"),
    "InferenceBatch": ("digest",),
    "TelemetryBatch": ("digest", "uri"),
    "ModelArtifact": ("digest", "size_bytes", "uri", "format"),
    "ModelVersion": ("digest",),
    "Document": ("digest", "uri"),
}
"""What is said of a file by the kind of thing it is."""
_VERSIONED = frozenset({"DatasetVersion", "ModelVersion", "FeatureVersion", "TelemetrySchema"})
_PARTS = 4
"""Parts of ``Kind:namespace:name:version``."""


State = tuple[int, int, int]
"""Inode, size and time of change of a file."""


@dataclass(frozen=True, slots=True)
class Use:
    """What something was read for: the role, which rows and which columns, where not all."""

    role: str | None = None
    part: str | None = None
    columns: tuple[str, ...] | None = None


@dataclass(slots=True, eq=False)
class Seen:
    """One file that a run read or wrote. ``path`` is None for what is not on this machine.

    ``before`` is the state of a file that was there before somebody was about to write it: if it is the same at the
    end, nobody did.
    """

    place: str
    path: str | None
    kind: str | None = None
    named: str | None = None
    uses: tuple[Use, ...] = ()
    attributes: dict[str, Any] = field(default_factory=dict)
    declared: bool = False
    sure: float | None = None
    """How sure it is that it was read, where that is only inferred."""
    print: Later[Fingerprint] | None = None
    before: State | None = None

    def content(self, seconds: float | None = None) -> Fingerprint | None:
        """The fingerprint of what was in it; None where it could not be had."""
        try:
            return None if self.print is None else self.print.result(seconds)
        except (OSError, ValueError, TimeoutError):  # ValueError: a NUL in the path
            return None

    def urn(self, content: Fingerprint | None, version: str | None) -> str:
        """Its name. ``version`` is what to call a version without a fingerprint; None if it is not known."""
        known = content.version if content else version
        if self.named is not None:
            return _with_version(expanded(self.named), known)
        namespace, name = (name_part(part) for part in dataset_name(self.path or self.place))
        kind = self.kind or kind_of(self.place)
        if kind not in _VERSIONED:
            return urn(kind, namespace, name if known is None else name_part(f"{name}@{known}"))
        return urn(kind, namespace, name, known, version_unknown=known is None)

    def record(self, name: str, content: Fingerprint | None, *, written: bool) -> Record:
        """What it is. Of something with a name of its own, who merely reads it says only what is in it."""
        kind = name.split(":", 3)[2]
        facts: dict[str, Any] = {}
        if written or self.named is None:
            facts = {"uri": self._uri(), "format": format_of(self.place)}
        if content is not None:
            facts |= {"digest": content.digest, "size_bytes": content.size, "digest_coverage": content.coverage}
        more = dict(self.attributes)
        if content is not None and content.coverage != FULL and "digest_coverage" not in _FACTS.get(kind, ()):
            more["facets"] = {**more.get("facets", {}), "capture": {"digest_coverage": content.coverage}}
        known = {key: value for key, value in facts.items() if key in _FACTS.get(kind, ())}
        if name.endswith(":*"):  # some version: nothing of it is known that holds for every one
            return entity(name) | {"attributes": {}}
        return entity(name, known | more)

    def _uri(self) -> str:
        if self.path is None:
            return plain_text(self.place)
        return Path(self.path).as_uri() if Path(self.path).is_absolute() else self.path


def seen_at(place: str | os.PathLike[str], kind: str | None = None) -> Seen:
    """A file or object by its path or URI; what a URI says of who may read it is left out."""
    return Seen(public_place(place), local_path(place), kind)


def kind_of(place: str) -> str:
    """What a file is by the end of its name: a model's file, else data."""
    return "ModelArtifact" if _suffix(place) in MODELS else "DatasetVersion"


def format_of(place: str) -> str | None:
    """The format that the end of the name stands for, without its dot."""
    return _suffix(place).removeprefix(".") or None


def is_data(place: str) -> bool:
    """Whether the end of the name is one that data and models have."""
    suffix = _suffix(place)
    return suffix in TABLES or suffix in MODELS or suffix in TEXTS or suffix in ARCHIVES


def _suffix(place: str) -> str:
    path = PurePath(place.rstrip("/"))
    suffix = path.suffix.lower()
    return path.with_suffix("").suffix.lower() or suffix if suffix in COMPRESSED else suffix


def _with_version(name: str, version: str | None) -> str:
    """A URN as given; where it names only the asset, with the version behind it."""
    kind, *parts = name.removeprefix("urn:lineage:").split(":")
    if kind not in _VERSIONED or len(parts) >= _PARTS - 1:
        return name
    _, _, namespace_and_name = name.removeprefix("urn:lineage:").partition(":")
    return f"urn:lineage:{kind}:{namespace_and_name}:" + ("*" if version is None else _quoted(version))


def _quoted(version: str) -> str:
    return urn("DatasetVersion", "x", "x", version).rpartition(":")[2]
