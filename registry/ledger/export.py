"""Bundles for the offline verifier: checkpoints, entries and the proofs that tie them together, in one JSON document."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

from registry.errors import InvalidRequestError
from registry.ledger.canonical import canonical_json
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.content import verify_content
from registry.ledger.proofs import SubtreeHashes, complete_subtrees, consistency_proof, inclusion_proof
from registry.ledger.verified_tiles import VerifiedTiles

FORMAT: Final = "lineage-ledger-bundle"
VERSION: Final = 1


class EntrySource(Protocol):
    """Where entries and tiles come from: :class:`registry.ledger.folder.LogFolder`, or a database."""

    def tiles(self) -> VerifiedTiles:
        """The tiles of the log."""

    def read_entries(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Sequences and entries from ``first`` up to ``end``."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A content that is handed out with the entry that has its digest; with its salt, where it is salted."""

    sequence: int
    digest: str
    content: bytes
    salt: bytes | None = None


def export_bundle(
    log: EntrySource,
    checkpoints: Sequence[SignedCheckpoint],
    sequences: Iterable[int] = (),
    *,
    span: tuple[int, int] | None = None,
    disclosures: Iterable[Disclosure] = (),
) -> bytes:
    """The bundle: single entries, and all from the first of the span up to its end, proved for the last checkpoint.

    Checkpoints come from old to new. Give the sequences of every change of keys too, so that who knows one key of the log
    can follow to the others. Raises InvalidRequestError where there is no checkpoint, or one does not follow another, or
    an entry is not in the last one's tree; InvalidLedgerError where the log is damaged or a content has another digest.
    """
    sizes = [item.checkpoint.size for item in checkpoints]
    if not sizes or sizes != sorted(set(sizes)) or (len(sizes) > 1 and not sizes[0]):
        raise InvalidRequestError("A bundle has a checkpoint, or several that grow from one entry on.")
    tree = log.tiles().tree(sizes[-1])
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "checkpoints": [item.note.to_text() for item in checkpoints],
        "consistency": [_encoded(consistency_proof(tree, *item)) for item in pairwise(sizes)],
        "entries": [_entry(log, tree, item, sizes[-1]) for item in sorted(set(sequences))],
    }
    if span is not None:
        document["range"] = _range(log, tree, span, sizes[-1])
    contents = [_content(item) for item in disclosures]
    if contents:
        document["contents"] = contents
    return canonical_json(document) + b"\n"


def _entry(log: EntrySource, tree: SubtreeHashes, sequence: int, size: int) -> dict[str, Any]:
    proof = inclusion_proof(tree, sequence, size)
    ((_, content),) = log.read_entries(sequence, sequence + 1)
    return {"sequence": sequence, "entry": content.decode("utf-8"), "proof": _encoded(proof)}


def _range(log: EntrySource, tree: SubtreeHashes, span: tuple[int, int], size: int) -> dict[str, Any]:
    first, end = span
    if not 0 <= first < end <= size:
        raise InvalidRequestError(f"A tree of {size} entries has no entries from {first} up to {end}.")
    return {
        "first": first,
        "left": _encoded(tree.subtree(*item) for item in complete_subtrees(0, first)),
        "entries": [content.decode("utf-8") for _, content in log.read_entries(first, end)],
        "right": _encoded(tree.subtree(*item) for item in complete_subtrees(end, size)),
    }


def _content(item: Disclosure) -> dict[str, Any]:
    verify_content(item.digest, item.content, item.salt)
    document: dict[str, Any] = {"sequence": item.sequence, "digest": item.digest}
    try:
        document["text"] = item.content.decode("utf-8")
    except UnicodeDecodeError:
        document["base64"] = base64.b64encode(item.content).decode()
    if item.salt is not None:
        document["salt"] = base64.b64encode(item.salt).decode()
    return document


def _encoded(hashes: Iterable[bytes]) -> list[str]:
    return [base64.b64encode(item).decode() for item in hashes]
