"""in-toto statements, version 1: what is said (a predicate of some type) about which artifacts (subjects by digest)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from registry.attestation.envelope import IN_TOTO, Envelope
from registry.attestation.json_object import parse_object
from registry.errors import InvalidAttestationError
from registry.ledger.canonical import canonical_json

STATEMENT_V1: Final = "https://in-toto.io/Statement/v1"
MAX_SUBJECTS: Final = 10_000
STRONG: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Digests that are relied on, with their length in hexadecimal digits. Others are kept and prove nothing here."""
_HEX: Final = re.compile(r"[0-9a-f]+")
_MAX_TEXT: Final = 4096


@dataclass(frozen=True, slots=True)
class Subject:
    """An artifact: its name, the URN that it stands for where the statement says one, and its digests by algorithm.

    ``annotations`` are what else is said of it.
    """

    name: str
    digests: Mapping[str, str]
    uri: str | None = None
    annotations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def strong(self) -> dict[str, str]:
        """The digests that are relied on."""
        return {name: value for name, value in self.digests.items() if name in STRONG}

    def as_json(self) -> dict[str, Any]:
        """The resource descriptor."""
        found: dict[str, Any] = {"name": self.name, "digest": dict(self.digests)}
        if self.uri is not None:
            found["uri"] = self.uri
        if self.annotations:
            found["annotations"] = dict(self.annotations)
        return found


@dataclass(frozen=True, slots=True)
class Statement:
    """Subjects and what is said of them."""

    subjects: tuple[Subject, ...]
    predicate_type: str
    predicate: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """The statement as it is signed: canonical JSON (RFC 8785). Raises InvalidLedgerError where it has none."""
        subjects = [item.as_json() for item in self.subjects]
        said = {"_type": STATEMENT_V1, "subject": subjects, "predicateType": self.predicate_type}
        return canonical_json({**said, "predicate": dict(self.predicate)})

    @classmethod
    def parse(cls, content: bytes) -> Statement:
        """Read a statement. Raises InvalidAttestationError for other types and versions, and for what is not in its form."""
        said = parse_object(content, "The statement")
        if said.get("_type") != STATEMENT_V1:
            raise InvalidAttestationError(
                f"The payload is {str(said.get('_type'))[:80]!r}, not a statement of in-toto in version 1."
            )
        predicate_type, predicate, subjects = said.get("predicateType"), said.get("predicate", {}), said.get("subject")
        if not isinstance(predicate_type, str) or not 0 < len(predicate_type) <= _MAX_TEXT:
            raise InvalidAttestationError("The statement does not say the type of its predicate.")
        if not isinstance(predicate, dict):
            raise InvalidAttestationError("The predicate of the statement is not an object.")
        if not isinstance(subjects, list) or not 1 <= len(subjects) <= MAX_SUBJECTS:
            raise InvalidAttestationError(f"A statement has 1 to {MAX_SUBJECTS:,} subjects.")
        return cls(tuple(_subject(item) for item in subjects), predicate_type, predicate)

    @classmethod
    def within(cls, envelope: Envelope) -> Statement:
        """The statement in an envelope. Raises InvalidAttestationError where its type, which is signed, is another."""
        if envelope.payload_type != IN_TOTO:
            raise InvalidAttestationError(
                f"The envelope holds {envelope.payload_type[:80]!r}, not an in-toto statement.",
                hint="What a payload is stands in payloadType, which the signatures cover.",
            )
        return cls.parse(envelope.payload)


def _subject(said: Any) -> Subject:
    if not isinstance(said, dict):
        raise InvalidAttestationError("A subject of the statement is not an object.")
    name, uri, digests = said.get("name", ""), said.get("uri"), said.get("digest")
    annotations = said.get("annotations") or {}
    if not isinstance(name, str) or len(name) > _MAX_TEXT or not (uri is None or isinstance(uri, str)):
        raise InvalidAttestationError("The name or the uri of a subject is not a text, or too long.")
    if not isinstance(digests, dict) or not digests or not isinstance(annotations, dict):
        raise InvalidAttestationError(f"The subject {name[:80]!r} has no digest.")
    return Subject(name, {key: _digest(key, value) for key, value in digests.items()}, uri, annotations)


def _digest(algorithm: str, value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT:
        raise InvalidAttestationError(f"The {algorithm[:40]} digest of a subject is not a text.")
    if algorithm not in STRONG:
        return value
    value = value.lower()
    if len(value) != STRONG[algorithm] or not _HEX.fullmatch(value):
        raise InvalidAttestationError(
            f"The {algorithm} digest of a subject has not {STRONG[algorithm]} hexadecimal digits."
        )
    return value
