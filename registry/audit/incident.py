"""Going on after an incident: the log is put back from where it is published, and an operator says why it had to be.

Nothing that was signed is given up. Entries that the database lost are taken from the folder again; what it has in their
stead is kept aside, under other labels. What is in the graph now is written down as it is, with its digest in the entry: from
there on the graph is compared with that, and what differs from the log before is the incident's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

import structlog
from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.append import append
from registry.audit.beginning import HOLD_CLOCK, read_clock
from registry.audit.inventory import Inventory, Progress, take_inventory
from registry.audit.key_history import follow_keys
from registry.audit.publication import Publication
from registry.audit.record import act_of
from registry.audit.stored_log import AdoptedKey, StoredHead
from registry.errors import InvalidKeyError, InvalidLedgerError, InvalidRequestError, LedgerStorageError
from registry.ledger.act import Act, Action
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.entry import parse_entry
from registry.ledger.frontier import Frontier
from registry.ledger.keys import Signer, VerifierKey
from registry.ledger.merkle import leaf_hash
from registry.ledger.note import SignedNote, sign_note

STATEMENT: Final = "lineage-registry/incident/v1"
_PUT_ASIDE: Final = """
MATCH (e:LedgerEntry) WHERE e.sequence >= $from
REMOVE e:LedgerEntry SET e:LedgerEntryAside, e.incident = $incident
"""
_PUT_JOURNAL_ASIDE: Final = """
MATCH (j:JournalEntry) WHERE j.sequence >= $from
REMOVE j:JournalEntry SET j:JournalEntryAside, j.incident = $incident
"""
_PUT_BACK: Final = """
UNWIND $rows AS row
CREATE (:LedgerEntry {sequence: row[0], content: row[1], time: row[2], action: row[3], subject: row[4]})
"""
_SET_HEAD: Final = """
MERGE (h:LedgerHead {id: 'head'})
SET h.size = $size, h.frontier = $frontier, h.origin = $origin, h.verifiers = $verifiers, h.adopted = $adopted, h.alarm = null,
  h.explained = coalesce(h.explained, 0) + 1
"""
_STEP: Final = 4096
_TRIES: Final = 5
_log = structlog.get_logger("lineage.ledger")


@dataclass(frozen=True, slots=True)
class Incident:
    """What an incident's entry says: the entries from ``kept`` up to ``signed`` are not in what the graph came from."""

    origin: str
    signed: int
    found: int
    kept: int
    inventory: str
    entities: int
    edges: int
    adopted: VerifierKey | None = None

    def to_text(self) -> str:
        """The text that is signed."""
        lines = [
            STATEMENT, self.origin, f"signed {self.signed}", f"found {self.found}", f"kept {self.kept}", self.inventory,
            f"{self.entities} entities", f"{self.edges} edges",
        ]  # fmt: skip
        if self.adopted is not None:
            lines.append(f"adopt {self.adopted.text}")
        return "".join(f"{line}\n" for line in lines)


def parse_incident(statement: str) -> Incident:
    """Read an incident's statement; its signature is not verified. Raises InvalidLedgerError."""
    lines = SignedNote.parse(statement).text.split("\n")
    try:
        adopted = VerifierKey.parse(lines[8].removeprefix("adopt ")) if lines[8] else None
        signed, found, kept = (int(line.split(" ")[1]) for line in lines[2:5])
        entities, edges = (int(line.split(" ")[0]) for line in lines[6:8])
        incident = Incident(lines[1], signed, found, kept, lines[5], entities, edges, adopted)
    except (IndexError, ValueError, InvalidKeyError):
        raise InvalidLedgerError("This is not the statement of an incident.") from None
    if incident.to_text() != SignedNote.parse(statement).text:
        raise InvalidLedgerError("This is not the statement of an incident.")
    return incident


def explain_incident(
    publication: Publication, reason: str, progress: Progress, *, key_lost: bool = False
) -> SignedCheckpoint:
    """Put the log back as it was signed, record why that had to be, and let writing go on; the new checkpoint.

    With ``key_lost`` the key that is here takes over without the old one (one is made where none is); reviewers have to be
    told of it another way. Raises InvalidRequestError where nothing is wrong, InvalidKeyError where the key is not here,
    InvalidLedgerError where the folder itself is damaged, LedgerStorageError.
    """
    head = publication.stored.head()
    signed = _last_signed(publication)
    kept = _common(publication, signed, head)
    shrunk = kept < signed or head.origin is None
    missing = not publication.place.checkpoints.exists()
    if not (shrunk or key_lost or head.alarm or missing or publication.log().frontier().size > head.frontier.size):
        raise InvalidRequestError(
            "There is nothing to explain: the database has everything that was signed.",
            hint="`lineage audit verify --graph` compares the graph with the log.",
        )
    if missing:
        _begin_checkpoints(publication)
    _cut_folder(publication, signed)
    keys = _keys(publication, signed, kept, head)
    key = _signing_key(publication, keys, key_lost=key_lost)
    _go_on(publication, _Case(signed, kept, head, keys, key, reason, key_lost=key_lost), progress)
    publication.begin()
    return publication.publish()


@dataclass(frozen=True, slots=True)
class _Case:
    signed: int
    kept: int
    head: StoredHead
    keys: tuple[AdoptedKey, ...]
    key: Signer
    reason: str
    key_lost: bool

    @property
    def size(self) -> int:
        """How many entries the log has before that of the incident: what was signed, and what the database has beyond."""
        whole = self.kept == self.signed
        return max(self.signed, self.head.frontier.size) if whole else self.signed


def _last_signed(publication: Publication) -> int:
    """The size of the last checkpoint: of the file, or of the folder where the file is gone."""
    if publication.place.checkpoints.exists():
        origin = _origin(publication)
        latest = publication.checkpoints_of(origin).latest()
    else:
        latest = publication.log().checkpoint()
        if latest is not None:
            latest.note.verify(publication.place.verifiers())
    return latest.checkpoint.size if latest else 0


def _origin(publication: Publication) -> str:
    """The name of the log: of the database, or of the folder where that knows nothing of it."""
    stored = publication.stored.head().origin
    if stored is not None:
        return stored
    shown = publication.log().checkpoint()
    if shown is None:
        raise InvalidRequestError("Neither the database nor the ledger's folder says which ledger this is.")
    return shown.checkpoint.origin


def _common(publication: Publication, signed: int, head: StoredHead) -> int:
    """With how many entries what was signed and what is in the database begin alike."""
    most = min(signed, head.frontier.size)
    kept = publication.log().read_entries(0, most)
    for first in range(0, most, _STEP):
        for sequence, content in enumerate(publication.stored.entries(first, min(most, first + _STEP)), first):
            if next(kept)[1] != content:
                return sequence
    return min(most, publication.stored.count())


def _begin_checkpoints(publication: Publication) -> None:
    """A new file of checkpoints, from the one in the folder on."""
    shown = publication.log().checkpoint()
    store = publication.checkpoints_of(_origin(publication))
    store.create()
    if shown is not None:
        store.advance(shown.checkpoint, (), (), 0, shown.note.signatures)


def _keys(publication: Publication, signed: int, kept: int, head: StoredHead) -> tuple[AdoptedKey, ...]:
    """The keys of the log, by the log itself as it will be: older databases know fewer of them."""
    entries = publication.log().read_entries(0, signed)
    beyond = publication.stored.numbered(signed, head.frontier.size) if kept == signed else iter(())
    return follow_keys(publication.place.verifiers()[0], chain(entries, beyond))


def _signing_key(publication: Publication, keys: tuple[AdoptedKey, ...], *, key_lost: bool) -> Signer:
    if not key_lost:
        found = publication.place.signer(keys[-1].key)
        if found is None:
            raise InvalidKeyError("The key that signs the ledger is not here.", hint="Put it back, or say --key-lost.")
        return found
    known, place = {item.key for item in keys}, publication.place
    fresh = [key for key in (*place.signing_keys(), *place.next_keys()) if key.verifier not in known]
    return fresh[-1] if fresh else place.make_key(_origin(publication))


def _cut_folder(publication: Publication, signed: int) -> None:
    """Leave in the folder what was signed, and nothing that was taken up from the database beyond it."""
    if publication.log().frontier().size > signed:
        publication.place.rewrite(publication.log().read_entries(0, signed))


def _go_on(publication: Publication, case: _Case, progress: Progress) -> None:
    for _ in range(_TRIES):
        clock = read_clock(publication.database)
        found = take_inventory(publication.database, publication.place.inventory, progress)
        act, verifiers, adopted = _act(publication, case, found)

        def work(tx: ManagedTransaction, clock: int = clock, act: Act = act, keys: Any = (verifiers, adopted)) -> bool:
            if tx.run(HOLD_CLOCK).single(strict=True)[0] != clock:
                return False
            _put_back(tx, publication, case, keys)
            append(tx, (act,), now_micros())
            return True

        if publication.database.write(work)[0]:
            return
    raise LedgerStorageError("The incident cannot be recorded while others write.", hint="Stop the servers first.")


def _put_back(tx: ManagedTransaction, publication: Publication, case: _Case, keys: tuple[list[str], list[int]]) -> None:
    if case.kept < case.signed:
        for text in (_PUT_ASIDE, _PUT_JOURNAL_ASIDE):
            tx.run(text, {"from": case.kept, "incident": case.signed}).consume()
        rows = []
        for row in _rows(publication, case.kept, case.signed):
            rows.append(row)
            if len(rows) == _STEP:
                tx.run(_PUT_BACK, rows=rows).consume()
                rows = []
        tx.run(_PUT_BACK, rows=rows).consume()
    frontier = _frontier(publication, case)
    tx.run(
        _SET_HEAD, size=frontier.size, frontier=frontier.to_bytes().hex(), origin=_origin(publication),
        verifiers=keys[0], adopted=keys[1],
    ).consume()  # fmt: skip


def _frontier(publication: Publication, case: _Case) -> Frontier:
    leaves = (leaf_hash(content) for _, content in publication.log().read_entries(0, case.signed))
    frontier = Frontier().append(leaves)
    if case.size > case.signed:
        frontier = frontier.append(map(leaf_hash, publication.stored.entries(case.signed, case.size)))
    return frontier


def _rows(publication: Publication, first: int, end: int) -> Iterator[list[Any]]:
    for sequence, content in publication.log().read_entries(first, end):
        entry = parse_entry(content)
        yield [sequence, content, entry.time, str(entry.act.action), entry.act.actor.subject]


def _act(publication: Publication, case: _Case, found: Inventory) -> tuple[Act, list[str], list[int]]:
    origin = _origin(publication)
    verifiers, adopted = [item.key.text for item in case.keys], [item.size for item in case.keys]
    taken = case.key.verifier if case.key_lost else None
    if taken is not None:
        verifiers.append(taken.text)
        adopted.append(case.size + 1)
    incident = Incident(
        origin, case.signed, case.head.frontier.size, case.kept, found.digest, found.entities, found.edges, taken
    )
    statement = sign_note(incident.to_text(), [case.key], 0).to_text()
    _log.warning("incident", signed=case.signed, found=case.head.frontier.size, kept=case.kept)
    return act_of(Action.EXPLAIN_INCIDENT, origin, reason=case.reason, statement=statement), verifiers, adopted
