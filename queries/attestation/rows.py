"""Parameters and rows of the questions about attestations. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DigestsParams:
    """Digests as ``algorithm:hex``; ``open`` is the end of what is recorded now."""

    digests: list[str]
    open: int
    limit: int


@dataclass(frozen=True, slots=True)
class DigestRow:
    """An entity with one of the digests."""

    urn: str
    kind: str
    digest: str
    coverage: str | None


@dataclass(frozen=True, slots=True)
class AttestationsParams:
    """Entities by URN; ``open`` is the end of what is recorded now."""

    urns: list[str]
    open: int
    limit: int


@dataclass(frozen=True, slots=True)
class AttestationRow:
    """An attestation of an entity."""

    subject: str
    urn: str
    digest: str
    predicate_type: str
    verification: str
    signed_by: list[str]
    verified_at: int
    envelope: str
