"""Proofs to keep and send: of single entries, of ranges, of everything about one entity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

from registry.audit.digests import edges_content, state_content
from registry.audit.publication import Publication
from registry.audit.searching import MOST, Sought, find_entries, ledger_target, read_entry
from registry.audit.stored_graph import StoredEntity, read_some
from registry.errors import InvalidLedgerError, InvalidRequestError, NotFoundError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.content import content_digest
from registry.ledger.export import Disclosure, export_bundle
from registry.ledger.proof_file import ProofFile
from registry.ledger.proofs import inclusion_proof

MOST_ENTRIES: Final = 50_000
"""Entries of one bundle; the offline verifier reads at most 64 MiB. A folder has no bound."""


def prove(publication: Publication, sequence: int) -> ProofFile:
    """A proof that an entry is in the tree of the last signed head; the entry itself is carried along.

    Raises NotFoundError where there is no such entry, or none that is signed yet.
    """
    signed = signed_head(publication)
    content = read_entry(publication.log(), sequence)
    size = signed.checkpoint.size
    if sequence >= size:
        raise NotFoundError(f"Entry {sequence} is not signed yet: the last signed head has {size} entries.")
    hashes = inclusion_proof(publication.log().tiles().tree(size), sequence, size)
    return ProofFile(sequence, hashes, signed, content)


def bundle(
    publication: Publication,
    *,
    sequences: Iterable[int] = (),
    span: tuple[int, int] | None = None,
    urn: str | None = None,
    since: SignedCheckpoint | None = None,
) -> bytes:
    """A bundle for the offline verifier: single entries, a range, and everything about an entity of that URN.

    Every change of keys is with it. The present state and edges of the entity are disclosed, with its salt, where the log's
    last word is about them and they are not those of a person. ``since``: a checkpoint that the reviewer has. Raises
    InvalidRequestError for more than ``MOST_ENTRIES``, NotFoundError where nothing is about the entity.
    """
    signed = signed_head(publication)
    size = signed.checkpoint.size
    about = [] if urn is None else _about(publication, urn, size)
    chosen = sorted({*sequences, *about, *_key_changes(publication, size)})
    if len(chosen) + (span[1] - span[0] if span else 0) > MOST_ENTRIES:
        raise InvalidRequestError(
            f"A bundle has at most {MOST_ENTRIES:,} entries.",
            hint="Ask for a part, or hand out the folder of tiles, which the same verifier reads.",
        )
    heads = [signed]
    if since is not None and 0 < since.checkpoint.size < size:
        heads = [since, signed]
    disclosed = [] if urn is None or not about else list(_disclosures(publication, urn, about))
    return export_bundle(publication.log(), heads, chosen, span=span, disclosures=disclosed)


def signed_head(publication: Publication) -> SignedCheckpoint:
    """The last signed head in the folder. Raises NotFoundError where none was signed."""
    signed = publication.log().checkpoint()
    if signed is None:
        raise NotFoundError("Nothing of the ledger is signed yet.", hint="`lineage audit publish` says why.")
    return signed


def _about(publication: Publication, urn: str, size: int) -> list[int]:
    """The sequences of all entries about an entity, its replaced states among them."""
    target = ledger_target(publication.database, urn)
    found, before = list[int](), size
    while True:
        page = find_entries(publication.log(), Sought(target=target), limit=MOST, before=before)
        found += [entry["sequence"] for entry in page.entries]
        if page.next is None:
            break
        before = page.next
    if not found:
        raise NotFoundError(f"No signed entry of the ledger is about {urn}.")
    return found


def _key_changes(publication: Publication, size: int) -> list[int]:
    return [item.size - 1 for item in publication.stored.head().keys if 0 < item.size <= size]


def _disclosures(publication: Publication, urn: str, about: list[int]) -> Iterator[Disclosure]:
    for item in read_some(publication.database, [urn]):
        if item.target == urn and item.salt is not None:
            yield from _of_entity(publication, item, about)


def _of_entity(publication: Publication, item: StoredEntity, about: list[int]) -> Iterator[Disclosure]:
    """State and edges, as the newest entry has them; nothing where that speaks of something else."""
    for content in _contents(item):
        digest = content_digest(content, item.salt)
        for sequence in chain(about[:1], about[1:MOST]):
            if digest.encode() in read_entry(publication.log(), sequence):
                yield Disclosure(sequence, digest, content, item.salt)
                break


def _contents(item: StoredEntity) -> list[bytes]:
    try:
        return [state_content(item.properties), edges_content(item.urn, item.edges)]
    except (InvalidLedgerError, KeyError):
        return []  # something that the registry never writes; `verify --graph` names it


def described(proof: ProofFile) -> dict[str, Any]:
    """What a proof says, for a person or a program."""
    checkpoint = proof.checkpoint.checkpoint
    return {
        "sequence": proof.index,
        "size": checkpoint.size,
        "origin": checkpoint.origin,
        "root": checkpoint.root.hex(),
        "signatures": [item.name for item in proof.checkpoint.note.signatures],
        "proof": proof.to_text(),
    }
