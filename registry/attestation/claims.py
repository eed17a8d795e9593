"""Which contents a statement speaks of: its subjects, and the files that it lists of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from registry.attestation.building import FILE, FOLDER, RECORD
from registry.attestation.predicates import DATASET_VERSION, MODEL_SIGNATURE, MODEL_VERSION
from registry.attestation.statement import MAX_SUBJECTS, STRONG, Statement, Subject
from registry.errors import InvalidAttestationError, RefutedAttestationError

_URN: Final = "urn:lineage:"
_BLAKE2: Final = {"blake2b": 128}
_METHODS: Final = "files"


@dataclass(frozen=True, slots=True)
class Claim:
    """Content by digest (algorithm to hexadecimal), what it is called, the URN that is said of it, and its sort where said."""

    name: str
    digests: Mapping[str, str]
    urn: str | None = None
    sort: str | None = None
    whole: bool = True
    """Whether it is a subject itself, rather than one of its files."""

    @property
    def strong(self) -> dict[str, str]:
        """The digests that are relied on."""
        return {name: value for name, value in self.digests.items() if name in STRONG}


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a signed model by name, with the digest of each, and what was left out when they were signed."""

    algorithm: str
    files: Mapping[str, str]
    ignored: tuple[str, ...]


def claims_of(statement: Statement) -> tuple[Claim, ...]:
    """Every content that is spoken of. Raises InvalidAttestationError, RefutedAttestationError as :func:`manifest_of`."""
    manifest = manifest_of(statement)
    if manifest is not None:
        return _of_manifest(statement.subjects[0].name, manifest)
    subjects = tuple(_of_subject(item) for item in statement.subjects)
    if statement.predicate_type not in (DATASET_VERSION, MODEL_VERSION):
        return subjects
    urn = statement.predicate.get("urn")
    listed = statement.predicate.get("artifacts") or ()
    files = tuple(Claim(str(item.get("name", "")), item.get("digest") or {}, urn, FILE, whole=False) for item in listed)
    return (*subjects, *files)


def manifest_of(statement: Statement) -> Manifest | None:
    """The manifest of a signed model; None for statements of other types.

    Raises InvalidAttestationError where it is not in its form or digests in a way that is not spoken here,
    RefutedAttestationError where the subject's digest is not that of the list.
    """
    if statement.predicate_type != MODEL_SIGNATURE:
        return None
    how, listed = statement.predicate.get("serialization"), statement.predicate.get("resources")
    if not isinstance(how, dict) or not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SUBJECTS:
        raise InvalidAttestationError("The signed model has no list of its files.")
    algorithm = str(how.get("hash_type"))
    if how.get("method") != _METHODS or algorithm not in STRONG | _BLAKE2:
        raise InvalidAttestationError(
            f"The model is signed by {how.get('method')!s:.40} with {algorithm[:40]}, which is not read here.",
            hint="Sign it by whole files with sha256, as model_signing does unless told otherwise.",
        )
    files = _resources(listed, algorithm)
    root = hashlib.sha256(b"".join(bytes.fromhex(value) for value in files.values())).hexdigest()
    if len(statement.subjects) != 1 or statement.subjects[0].digests.get("sha256") != root:
        raise RefutedAttestationError("The digest of the signed model is not that of the list of its files.")
    ignored = how.get("ignore_paths") or ()
    return Manifest(algorithm, files, tuple(str(item) for item in ignored) if isinstance(ignored, list) else ())


def wanted_algorithms(claims: Iterable[Claim]) -> tuple[str, ...]:
    """The algorithms by which content has to be digested to compare it with all that is claimed."""
    return tuple(sorted({name for claim in claims for name in claim.digests if name in STRONG | _BLAKE2}))


def _resources(listed: list[Any], algorithm: str) -> dict[str, str]:
    files: dict[str, str] = {}
    length = (STRONG | _BLAKE2)[algorithm]
    for item in listed:
        name, value = (item.get("name"), item.get("digest")) if isinstance(item, dict) else (None, None)
        if not isinstance(name, str) or not isinstance(value, str) or not re.fullmatch(f"[0-9a-f]{{{length}}}", value):
            raise InvalidAttestationError("A file of the signed model has no name or no digest.")
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or "\0" in name:
            raise InvalidAttestationError(f"The file {name[:80]!r} of the signed model leads out of it.")
        if name in files:
            raise InvalidAttestationError(f"The file {name[:80]!r} of the signed model stands there twice.")
        files[name] = value
    return files


def _of_manifest(model: str, manifest: Manifest) -> tuple[Claim, ...]:
    files = tuple(
        Claim(name, {manifest.algorithm: value}, None, FILE, whole=len(manifest.files) == 1)
        for name, value in manifest.files.items()
    )
    if manifest.algorithm != "sha256":
        return files
    # What the registry would call a folder with these files and no others.
    whole = hashlib.sha256()
    for name in sorted(manifest.files, key=_walked):
        whole.update(f"{manifest.files[name]}  {name}\n".encode())
    return (Claim(model, {"sha256": whole.hexdigest()}, None, FOLDER), *files)


def _walked(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts names as a walk meets them: the files of a folder before its folders, each by name."""
    *folders, file = name.split("/")
    return (*((1, folder) for folder in folders), (0, file))


def _of_subject(subject: Subject) -> Claim:
    urn = next((item for item in (subject.uri, subject.name) if item and item.startswith(_URN)), None)
    sort = subject.annotations.get("sort")
    known = sort if sort in (FILE, FOLDER, RECORD) else None
    return Claim(subject.name, subject.digests, urn, known)
