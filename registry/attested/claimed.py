"""Which registered entities a statement is about, and whether what is registered of them agrees with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph_schema.times import OPEN
from queries.attestation import BY_DIGEST
from queries.attestation.rows import DigestRow, DigestsParams
from registry.attestation.building import RECORD, record_digest
from registry.attestation.claims import Claim
from registry.attestation.known import Known, strong_digest
from registry.attestation.statement import STRONG
from registry.errors import InvalidAttestationError, InvalidUrnError, RefutedAttestationError
from registry.graph.database import Database
from registry.lineage.entity import read_entities
from registry.lineage.question import read_urn
from registry.lineage.state import EntityState

MOST_FOUND = 10_000
"""Most entities that one statement is joined to."""


@dataclass(frozen=True, slots=True)
class About:
    """An entity that a statement is about, and the digest of it that is attested (``algorithm:hex``, None: none of it)."""

    urn: str
    digest: str | None


def find_registered(database: Database, digests: Iterable[str], *, most: int = MOST_FOUND) -> list[DigestRow]:
    """What is registered with these digests (``algorithm:hex``) of all its content."""
    asked = sorted(set(digests))
    rows = database.run(BY_DIGEST, DigestsParams(asked, OPEN, most + 1)) if asked else []
    if len(rows) > most:
        raise InvalidAttestationError(f"More than {most:,} entities have these digests.")
    return [row for row in rows if row.coverage in (None, "full")]


def find_subjects(database: Database, claims: Sequence[Claim], subject: str | None) -> list[About]:
    """What a statement is about, of what the database shows; ``subject`` is said to be it by whoever brings it.

    Raises RefutedAttestationError where something is registered with another digest than is attested of it.
    """
    by_digest = {row.urn: row.digest for row in find_registered(database, _texts(claims))}
    named: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.urn is not None:
            named.setdefault(claim.urn, []).append(claim)
    if subject is not None:
        read_urn(subject)
        named.setdefault(subject, []).extend(claim for claim in claims if claim.urn in (None, subject))
    states = read_entities(database, [urn for urn in named if _is_urn(urn)])
    found = {urn: About(urn, digest) for urn, digest in by_digest.items()}
    for urn, state in states.items():
        found[urn] = _agreed(state, named[urn], by_digest)
    return sorted(found.values(), key=lambda item: item.urn)


def _agreed(state: EntityState, claims: Sequence[Claim], by_digest: Mapping[str, str]) -> About:
    """The entity with what is attested of it. Raises RefutedAttestationError."""
    known = Known(state.urn, state.kind, state.attributes)
    records = [claim for claim in claims if claim.sort == RECORD]
    if records and any(claim.digests.get("sha256") != record_digest(known) for claim in records):
        raise RefutedAttestationError(f"{state.urn} is registered with other values than are attested.")
    registered = strong_digest(state.attributes)
    if not registered:
        return About(state.urn, None)
    ((algorithm, value),) = registered.items()
    attested = {claim.digests[algorithm] for claim in claims if algorithm in claim.digests and claim not in records}
    if attested and value not in attested:
        raise RefutedAttestationError(
            f"{state.urn} is registered with another digest than is attested.",
            hint=f"Registered is {algorithm}:{value}; attested is {algorithm}:{min(attested)}.",
        )
    return About(state.urn, by_digest.get(state.urn) or (f"{algorithm}:{value}" if attested else None))


def _texts(claims: Iterable[Claim]) -> set[str]:
    return {f"{name}:{value}" for claim in claims for name, value in claim.strong.items() if name in STRONG}


def _is_urn(text: str) -> bool:
    try:
        read_urn(text)
    except InvalidUrnError:
        return False
    return True
