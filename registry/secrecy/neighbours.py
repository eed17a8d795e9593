"""What is left beside an erased person: those from which edges led there, digested so that no guess finds who it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from neo4j import ManagedTransaction

from registry.audit.stored_graph import StoredEntity, digested
from registry.ledger.act import Change
from registry.ledger.content import new_salt
from registry.secrecy.erasure_statements import GIVE_SALTS


def salt_anew(tx: ManagedTransaction, urn: str, neighbours: Sequence[StoredEntity]) -> list[Change]:
    """Give a new salt to those from which edges led to what is gone; what the ledger says of it.

    With the old one, which nobody has then, the digests in the log of their edges could be compared with guesses.
    """
    pairs = [(item, _anew(item, urn)) for item in neighbours if item.salt is not None and item.urn != urn]
    tx.run(GIVE_SALTS, rows=[[new.urn, new.salt] for _, new in pairs]).consume()
    return [change for old, new in pairs for change in _changes(old, new)]


def _anew(item: StoredEntity, gone: str) -> StoredEntity:
    left = tuple(edge for edge in item.edges if edge.upstream != gone)
    return replace(item, properties=item.properties | {"salt": new_salt()}, edges=left)


def _changes(old: StoredEntity, new: StoredEntity) -> Iterator[Change]:
    """The names of persons hang on the salt too: what had the old one is gone for the ledger, and the new one is there."""
    before, after = dict(digested(old)), dict(digested(new))
    for target in dict.fromkeys([*before, *after]):
        yield Change(target, before.get(target), after.get(target))
