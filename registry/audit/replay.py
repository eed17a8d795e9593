"""Replays the entries of the log: what each says of entities has to begin where the one before ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from graph_schema.times import parse_time
from registry.audit.access_records import is_access
from registry.audit.finding import Found, Problem, Tell
from registry.audit.incident import parse_incident
from registry.audit.inventory import read_inventory
from registry.audit.journal import MEDIA_TYPE, place_of_rest
from registry.audit.key_history import adopted_by_incident
from registry.audit.known import Known
from registry.audit.stored_log import AdoptedKey, Listed
from registry.errors import InvalidKeyError, InvalidLedgerError
from registry.ledger.act import Action, EntityDigests
from registry.ledger.entry import parse_entry
from registry.ledger.keys import VerifierKey
from registry.ledger.note import SignedNote
from registry.ledger.statements import GENESIS, parse_rotation

ERASE: Final = "records.erase"


class Replay:
    """Goes through entries in order, keeping in ``known`` what they say; tells of everything that does not fit.

    ``keys`` is which key signs from which size on, beginning with the one that is trusted.
    """

    def __init__(
        self, known: Known, trusted: Sequence[VerifierKey], inventories: Path, tell: Tell, *, graph: bool
    ) -> None:
        """The first of ``trusted`` is the key that the log began with, the others may take over from a lost one."""
        self._known, self._inventories, self._tell, self._graph = known, inventories, tell, graph
        self._accepted = tuple(trusted)
        self.keys = [AdoptedKey(trusted[0], 0)]
        self.explained = 0
        """How many differences an incident's entry accounts for."""
        self.complete = True
        """Whether everything that entries refer to was there; else what is in the graph and not in the log is not told."""
        self.lost = range(0)
        self._payload: str | None = None

    def take(self, sequence: int, content: bytes, listed: Listed | None = None) -> None:
        """The next entry. ``listed``: what stands beside it in the database, to find it by."""
        document = self._parse(sequence, content)
        if document is None:
            return
        if listed is not None and listed != _listing(document):
            message = f"Entry {sequence} is found in lists by another time, action or actor than it says."
            self._tell(Found(Problem.ENTRY_LISTED_WRONG, message, sequence=sequence))
        action = document["action"]
        if action in (Action.GENESIS, Action.ROTATE_KEY, Action.EXPLAIN_INCIDENT):
            self._special(sequence, document)
        if not self._graph:
            return
        if action == ERASE:
            self._known.erase(document["target"])
        for change in document.get("changes", ()):
            self._change(sequence, change)
        self._expect(sequence, document)

    def _parse(self, sequence: int, content: bytes) -> dict[str, Any] | None:
        """Quickly where nothing hangs on the entry's form; strictly where it is not as it should be."""
        try:
            document = orjson.loads(content)
            if document["sequence"] == sequence and isinstance(document["action"], str):
                return dict(document)
            parse_entry(content)
            message = f"Entry {sequence} says that it is entry {document['sequence']}."
        except (InvalidLedgerError, orjson.JSONDecodeError, KeyError, TypeError) as error:
            message = f"Entry {sequence} is no entry: {error}."
        self._tell(Found(Problem.ENTRY_MALFORMED, message, sequence=sequence))
        return None

    def _change(self, sequence: int, change: Mapping[str, Any]) -> None:
        target, before, after = change["target"], _digests(change.get("before")), _digests(change.get("after"))
        place = place_of_rest(target)
        if place is not None:
            self._leave_rest(sequence, place, before, after)
            return
        access = is_access(target)
        last = self._known.access(target) if access else self._known.last(target)
        said = last.digests if last else None
        if said != before and not (last is None and not self.complete):
            self._tell(Found(Problem.CHAIN_BROKEN, _broken(sequence, target, said, before, last), target, sequence))
        put = self._known.put_access if access else self._known.put
        put(target, after, sequence)

    def _leave_rest(self, sequence: int, place: int, before: EntityDigests | None, after: EntityDigests | None) -> None:
        if before is None or after is None:
            message = f"Entry {sequence} does not say what it left of the records of entry {place}."
            self._tell(Found(Problem.ENTRY_MALFORMED, message, sequence=sequence))
        elif not self._known.leave_rest(place, before.state, after.state, sequence):
            message = f"The records of entry {place} were changed in the journal before entry {sequence} took some out."
            self._tell(Found(Problem.JOURNAL_CHANGED, message, sequence=place))

    def _expect(self, sequence: int, document: Mapping[str, Any]) -> None:
        payload = document.get("payload")
        if payload is None or payload["media_type"] != MEDIA_TYPE:
            return
        if payload["digest"] != self._payload:
            self._known.expect_payload(sequence, payload["digest"], _time(document))
        self._payload = payload["digest"]
        if "event" in document:
            self._known.expect_event(document["event"], sequence)

    def _special(self, sequence: int, document: Mapping[str, Any]) -> None:
        statement = document.get("statement", "")
        try:
            if document["action"] == Action.ROTATE_KEY:
                self._rotate(sequence, document["target"], statement)
            elif document["action"] == Action.GENESIS:
                self._begin(sequence, statement)
            else:
                self._incident(sequence, statement)
        except (InvalidLedgerError, InvalidKeyError) as error:
            self._tell(Found(Problem.SIGNATURE_WRONG, f"Entry {sequence}: {error.message}", sequence=sequence))

    def _rotate(self, sequence: int, origin: str, statement: str) -> None:
        rotation = parse_rotation(statement, origin)
        if rotation.retired != self.keys[-1].key:
            raise InvalidLedgerError("it retires a key that was not the log's")
        self.keys.append(AdoptedKey(rotation.adopted, sequence + 1))

    def _begin(self, sequence: int, statement: str) -> None:
        note = SignedNote.parse(statement)
        lines = note.text.split("\n")
        if lines[0] != GENESIS or len(lines) < 5:
            raise InvalidLedgerError("this is not the statement of how a log began")
        note.verify([self.keys[-1].key])
        self._take_inventory(sequence, lines[2], anew=False)

    def _incident(self, sequence: int, statement: str) -> None:
        told, note = parse_incident(statement), SignedNote.parse(statement)
        adopted = adopted_by_incident(statement)
        note.verify([self.keys[-1].key] if adopted is None else [adopted])
        if adopted is not None and adopted not in self._accepted:
            message = f"Entry {sequence} replaced a lost key by {adopted.text}, which only that key vouches for."
            self._tell(Found(Problem.KEY_REPLACED, message, sequence=sequence))
        if adopted is not None:
            self.keys.append(AdoptedKey(adopted, sequence + 1))
        self._take_inventory(sequence, told.inventory, anew=True)
        self.lost = range(told.kept, told.signed)

    def _take_inventory(self, sequence: int, digest: str, *, anew: bool) -> None:
        if not self._graph:
            return
        before = self._known.count()
        try:
            self._known.put_all(read_inventory(self._inventories, digest), sequence, anew=anew)
            self.complete = True
        except InvalidLedgerError as error:
            self.complete = False
            message = f"Entry {sequence} refers to an inventory of the graph. {error.message}"
            self._tell(Found(Problem.INVENTORY_MISSING, message, digest, sequence))
        self.explained += abs(self._known.count() - before) if sequence else 0


def _listing(document: Mapping[str, Any]) -> Listed:
    return Listed(_time(document), document["action"], document.get("actor", {}).get("subject"))


def _time(document: Mapping[str, Any]) -> int | None:
    try:
        return parse_time(document["time"])
    except (ValueError, KeyError, TypeError):
        return None


def _digests(value: Mapping[str, str] | None) -> EntityDigests | None:
    return None if value is None else EntityDigests(value["state"], value["edges"])


def _broken(sequence: int, target: str, said: EntityDigests | None, before: EntityDigests | None, last: Any) -> str:
    if last is None:
        return f"Entry {sequence} changes {target}, of which the log never said that it is there."
    if said is None or before is None:
        return f"Entry {sequence} and entry {last.sequence} disagree whether {target} was there."
    what = " and ".join(
        name
        for name, one, two in (("state", said.state, before.state), ("edges", said.edges, before.edges))
        if one != two
    )
    return (
        f"Between entry {last.sequence} and entry {sequence} the {what} of {target} changed behind the registry: "
        "the later entry began with something else than the earlier one left."
    )
