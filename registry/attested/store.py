"""Taking attestations in, and finding them again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph_schema.core import Family
from graph_schema.times import OPEN, format_time, now_micros
from graph_schema.urn import Urn, parse_urn
from queries.attestation import OF_ENTITIES
from queries.attestation.rows import AttestationRow, AttestationsParams
from registry.attestation.claims import claims_of
from registry.attestation.documents import SignedDocument, read_document
from registry.attestation.model_signing import verify_document
from registry.attestation.predicates import check_predicate
from registry.attestation.trust import Trust
from registry.attestation.verification import Verified
from registry.attested.claimed import About, find_subjects
from registry.errors import NotFoundError, TooLargeError
from registry.graph.database import Database
from registry.permission.ways import ATTESTATION, RECORDS
from registry.records import Batch, EdgeRecord, EntityRecord, EventContent, Op, Source, Stamp
from registry.writer import Writer

MOST_BYTES: Final = 1024 * 1024
"""Longest document that is kept."""
MOST_LISTED: Final = 1_000
_PRODUCER: Final = "lineage-registry/attestations"
_MICROS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of an attestation: its URN, who signed it, what it is about, and the bookmarks of the write."""

    urn: str
    document: SignedDocument
    verified: Verified
    signers: dict[str, tuple[str, ...]]
    about: tuple[About, ...]
    replayed: bool
    bookmarks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The answer to whoever sent it."""
        return {
            "urn": self.urn,
            "digest": self.document.digest,
            "sort": self.document.sort,
            "predicateType": self.verified.statement.predicate_type,
            "verification": "verified" if all(self.signers.values()) else "unknown",
            "signedBy": sorted({name for names in self.signers.values() for name in names}),
            "unknownSignatures": self.verified.unknown,
            "invalidSignatures": list(self.verified.invalid),
            "subjects": [
                {"urn": item.urn, "digest": item.digest, "signedBy": list(self.signers[item.urn])}
                for item in self.about
            ],
            "replayed": self.replayed,
        }


class Attestations:
    """Attestations of one registry. Safe to use from several threads."""

    def __init__(self, writer: Writer, trust: Trust) -> None:
        self._writer, self._trust = writer, trust

    def register(self, database: Database, content: bytes, subject: str | None = None) -> Registered:
        """Verify a document and keep it, joined to what it is about of what ``database`` shows; durable on return.

        The same document again changes nothing, unless who is trusted has changed. Raises InvalidAttestationError,
        RefutedAttestationError, TooLargeError, NotFoundError (it is about nothing here), ConfigurationError, and what
        the writer raises.
        """
        if len(content) > MOST_BYTES:
            raise TooLargeError(f"An attestation of more than {MOST_BYTES:,} bytes is not kept.")
        document = read_document(content)
        verified = verify_document(document, self._trust)
        check_predicate(verified.statement)
        about = find_subjects(database, claims_of(verified.statement), subject)
        if not about:
            raise NotFoundError(
                "The statement is about nothing that is registered here: no digest in it is known, and no URN.",
                hint="Register the version with its digest first, or say which it is with `subject`.",
            )
        now = now_micros()
        signers = {
            item.urn: tuple(sorted({one.name for one in verified.by(item.urn, now / _MICROS)})) for item in about
        }
        urn = Urn.of("Attestation", parse_urn(about[0].urn).namespace, document.digest.partition(":")[2], None)
        batch = _batch(str(urn), document, verified, about, signers, now)
        result = self._writer.write(batch)
        return Registered(
            str(urn), document, verified, signers, tuple(about), bool(result.written.replayed), result.bookmarks
        )


def attestations_of(database: Database, urns: Sequence[str]) -> list[AttestationRow]:
    """The attestations of entities, of what ``database`` shows, each with its document; at most a thousand."""
    return database.run(OF_ENTITIES, AttestationsParams(list(urns), OPEN, MOST_LISTED))


def listed(row: AttestationRow) -> dict[str, Any]:
    """An attestation as it is listed."""
    return {
        "subject": row.subject,
        "urn": row.urn,
        "digest": row.digest,
        "predicateType": row.predicate_type,
        "verification": row.verification,
        "signedBy": row.signed_by,
        "verifiedAt": format_time(row.verified_at),
        "document": row.envelope,
    }


def _batch(
    urn: str,
    document: SignedDocument,
    verified: Verified,
    about: Sequence[About],
    signers: dict[str, tuple[str, ...]],
    now: int,
) -> Batch:
    """An entity and an edge to each subject. Nothing but a verified one comes by the channel of attestations."""
    sure = all(signers.values())
    outcome = repr((document.digest, sorted(signers.items()), [(item.urn, item.digest) for item in about]))
    digest = hashlib.sha256(outcome.encode()).hexdigest()
    event = f"attestation/{digest}"
    source = Source(Stamp(now, event), _PRODUCER, ATTESTATION if sure else RECORDS)
    named = parse_urn(urn)
    attributes: dict[str, Any] = {
        "digest": document.digest,
        "size_bytes": len(document.content),
        "envelope": document.content.decode(),
        "predicate_type": verified.statement.predicate_type,
        "verification": "verified" if sure else "unknown",
        "signed_by": sorted({name for names in signers.values() for name in names}),
        "verified_at": now,
    }
    entity = EntityRecord(
        1, Op.PUT, urn, named.kind, named.namespace, named.name, None, False, attributes, None, None, source
    )
    edges = [_edge(line, urn, item, signers[item.urn], source) for line, item in enumerate(about, 2)]
    content = EventContent(event, digest, tuple(range(1, len(edges) + 2)), _PRODUCER)
    return Batch({event: content}, [entity, *edges])


def _edge(line: int, urn: str, item: About, signers: tuple[str, ...], source: Source) -> EdgeRecord:
    attributes: dict[str, Any] = {"evidence": "observed", "version_is": "exact", "signed_by": list(signers)}
    if item.digest is not None:
        attributes["attested_digest"] = item.digest
    family = Family.RESPONSIBILITY.value
    return EdgeRecord(line, Op.PUT, "ATTESTS", urn, item.urn, "", family, attributes, None, None, source)
