"""Entries: an act with its place and time, as one canonical JSON document (RFC 8785), which is what a leaf hashes.

Version 1. What is absent is left out, never null; times are RFC 3339 in UTC with six decimals. Reading is strict: what
writing would not have written is refused, and so is every version that this release does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from registry.errors import InvalidLedgerError
from registry.ledger.act import (
    Act,
    Actor,
    Change,
    Decision,
    Effect,
    EntityDigests,
    Occurrences,
    Payload,
)
from registry.ledger.canonical import canonical_json, parse_canonical

VERSION: Final = 1
MAX_ENTRY_SIZE: Final = 60 * 1024
"""Longest entry in bytes. The format of entry bundles allows 65,535."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_OPTIONAL_TEXTS = ("event", "request", "reason", "statement")
_REQUIRED = frozenset({"version", "sequence", "time", "actor", "action", "target", "decision"})
_OPTIONAL = frozenset({*_OPTIONAL_TEXTS, "changes", "payload", "occurrences"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An act at its place in the log: ``sequence`` counts from 0 and is the index of the leaf; ``time`` in microseconds."""

    sequence: int
    time: int
    act: Act

    def to_bytes(self) -> bytes:
        """The canonical document. Raises InvalidLedgerError where it would be longer than ``MAX_ENTRY_SIZE``."""
        content = canonical_json(_entry_document(self))
        if len(content) > MAX_ENTRY_SIZE:
            raise InvalidLedgerError(f"The entry has {len(content):,} bytes; {MAX_ENTRY_SIZE:,} are the most.")
        return content


def parse_entry(content: bytes) -> Entry:
    """Read an entry. Raises InvalidLedgerError for anything that :meth:`Entry.to_bytes` would not have written."""
    if len(content) > MAX_ENTRY_SIZE:
        raise InvalidLedgerError(f"An entry has at most {MAX_ENTRY_SIZE:,} bytes.")
    document = _object(parse_canonical(content), "entry")
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise InvalidLedgerError(f"This release reads entries of version {VERSION}, not {str(version)[:20]!r}.")
    _check_keys(document, _REQUIRED, _OPTIONAL, "entry")
    sequence = document["sequence"]
    if type(sequence) is not int or sequence < 0:
        raise InvalidLedgerError("The sequence of an entry is a whole number from 0.")
    return Entry(sequence, _parse_time(document["time"]), _parse_act(document))


def _entry_document(entry: Entry) -> dict[str, Any]:
    act = entry.act
    document: dict[str, Any] = {
        "version": VERSION,
        "sequence": entry.sequence,
        "time": _time_text(entry.time),
        "actor": _present(subject=act.actor.subject, method=act.actor.method, issuer=act.actor.issuer),
        "action": str(act.action),
        "target": act.target,
        "decision": {"effect": act.decision.effect.value, "rule": act.decision.rule, "policy": act.decision.policy},
    }
    document |= _present(event=act.event, request=act.request, reason=act.reason, statement=act.statement)
    if act.changes:
        document["changes"] = [_change_document(item) for item in act.changes]
    if act.payload is not None:
        document["payload"] = {
            "digest": act.payload.digest,
            "size": act.payload.size,
            "media_type": act.payload.media_type,
        }
    if act.occurrences is not None:
        document["occurrences"] = {
            "count": act.occurrences.count,
            "first": _time_text(act.occurrences.first),
            "last": _time_text(act.occurrences.last),
        }
    return document


def _change_document(change: Change) -> dict[str, Any]:
    document: dict[str, Any] = {"target": change.target}
    for name, digests in (("before", change.before), ("after", change.after)):
        if digests is not None:
            document[name] = {"state": digests.state, "edges": digests.edges}
    return document


def _present(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _time_text(micros: int) -> str:
    try:
        moment = _EPOCH + micros * _MICROSECOND
    except (OverflowError, TypeError):
        raise InvalidLedgerError("The time of an entry is between the years 1 and 9999.") from None
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _parse_time(text: Any) -> int:
    if isinstance(text, str) and _TIME.fullmatch(text):
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:
            pass  # a month 13: told below, as any other text that is no time
    raise InvalidLedgerError("A time in an entry reads like 2026-05-04T12:00:00.000000Z.")


def _parse_act(document: dict[str, Any]) -> Act:
    changes = document.get("changes", ())
    if changes != () and not (isinstance(changes, list) and changes):
        raise InvalidLedgerError("The changes of an entry are a list, left out where there are none.")
    payload, occurrences = document.get("payload"), document.get("occurrences")
    if any(document.get(name, "") is None for name in _OPTIONAL):
        raise InvalidLedgerError("What an entry does not have is left out, not null.")
    return Act(
        actor=_parse_actor(document["actor"]),
        action=document["action"],
        target=document["target"],
        decision=_parse_decision(document["decision"]),
        changes=tuple(map(_parse_change, changes)),
        payload=None if payload is None else _parse_payload(payload),
        occurrences=None if occurrences is None else _parse_occurrences(occurrences),
        **{name: document.get(name) for name in _OPTIONAL_TEXTS},
    )


def _parse_actor(value: Any) -> Actor:
    fields = _fields(value, "actor", {"subject", "method"}, {"issuer"})
    if fields.get("issuer", "") is None:
        raise InvalidLedgerError("What an entry does not have is left out, not null.")
    return Actor(fields["subject"], fields["method"], fields.get("issuer"))


def _parse_decision(value: Any) -> Decision:
    fields = _fields(value, "decision", {"effect", "rule", "policy"})
    if fields["effect"] not in (Effect.ALLOW.value, Effect.DENY.value):
        raise InvalidLedgerError("The effect of a decision is allow or deny.")
    return Decision(Effect(fields["effect"]), fields["rule"], fields["policy"])


def _parse_change(value: Any) -> Change:
    fields = _fields(value, "change", {"target"}, {"before", "after"})
    before, after = (_parse_digests(fields[name]) if name in fields else None for name in ("before", "after"))
    return Change(fields["target"], before, after)


def _parse_digests(value: Any) -> EntityDigests:
    fields = _fields(value, "digests of an entity", {"state", "edges"})
    return EntityDigests(fields["state"], fields["edges"])


def _parse_payload(value: Any) -> Payload:
    fields = _fields(value, "payload", {"digest", "size", "media_type"})
    return Payload(fields["digest"], fields["size"], fields["media_type"])


def _parse_occurrences(value: Any) -> Occurrences:
    fields = _fields(value, "occurrences", {"count", "first", "last"})
    return Occurrences(fields["count"], _parse_time(fields["first"]), _parse_time(fields["last"]))


def _fields(value: Any, name: str, required: set[str], optional: set[str] | None = None) -> dict[str, Any]:
    fields = _object(value, name)
    _check_keys(fields, frozenset(required), frozenset(optional or ()), name)
    return fields


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidLedgerError(f"The {name} is not a JSON object.")
    return value


def _check_keys(fields: dict[str, Any], required: frozenset[str], optional: frozenset[str], name: str) -> None:
    missing, unknown = required - fields.keys(), fields.keys() - required - optional
    if missing or unknown:
        what = f"lacks {sorted(missing)[0]}" if missing else f"has the unknown field {sorted(unknown)[0][:40]!r}"
        raise InvalidLedgerError(f"The {name} {what}.")
