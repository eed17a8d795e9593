"""What an entry says: who did what to what, why, by whose leave, and what it changed, in digests.

Every value is checked when it is made, so an act that exists can be written. Texts are kept as they are given: name
people by an identifier that may stay, never by their data, and put data behind a digest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from registry.errors import InvalidLedgerError
from registry.ledger.content import check_digest

MAX_CHANGES: Final = 64
"""Changes in one act. A greater batch is written as several entries with the same event."""

MAX_OCCURRENCES: Final = 2**53 - 1

_ACTION = re.compile(r"[a-z][a-z0-9-]{0,31}(\.[a-z][a-z0-9-]{0,31}){1,3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Action(StrEnum):
    """The actions that the product itself records. Others of the same form (``area.verb``) are allowed."""

    WRITE = "records.write"
    EXPORT = "records.export"
    READ_SENSITIVE = "records.read-sensitive"
    ADMINISTER = "server.administer"
    GENESIS = "ledger.genesis"
    ROTATE_KEY = "ledger.rotate-key"
    EXPLAIN_INCIDENT = "ledger.explain-incident"


class Effect(StrEnum):
    """What was decided."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: the subject as its issuer names it, and how it proved who it is."""

    subject: str
    method: str
    issuer: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.subject, "subject", 512)
        _check_text(self.method, "method", 64)
        _check_optional(self.issuer, "issuer", 512)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by which rule, under the policy with this digest."""

    effect: Effect
    rule: str
    policy: str

    def __post_init__(self) -> None:
        _check_text(self.rule, "rule", 256)
        check_digest(self.policy)


@dataclass(frozen=True, slots=True)
class EntityDigests:
    """An entity at a moment: the digests of its state and of its edges (:mod:`registry.ledger.content`)."""

    state: str
    edges: str

    def __post_init__(self) -> None:
        check_digest(self.state)
        check_digest(self.edges)


@dataclass(frozen=True, slots=True)
class Change:
    """An entity before and after; None where it was not there before, or is not there after."""

    target: str
    before: EntityDigests | None
    after: EntityDigests | None

    def __post_init__(self) -> None:
        _check_text(self.target, "target of a change", 2048)
        if self.before == self.after:
            raise InvalidLedgerError("A change leaves something else than was there before.")


@dataclass(frozen=True, slots=True)
class Payload:
    """What was sent, or handed out: its digest, its size in bytes and its media type."""

    digest: str
    size: int
    media_type: str

    def __post_init__(self) -> None:
        check_digest(self.digest)
        _check_count(self.size, "size of a payload", 0)
        _check_text(self.media_type, "media type", 128)


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often the same happened, where several are recorded as one: denied attempts, readings. Times in microseconds."""

    count: int
    first: int
    last: int

    def __post_init__(self) -> None:
        _check_count(self.count, "count of occurrences", 2)
        if self.first > self.last:
            raise InvalidLedgerError("The first occurrence is not after the last.")


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be recorded. Raises InvalidLedgerError where a part is empty, too long or not in its form."""

    actor: Actor
    action: str
    target: str
    decision: Decision
    event: str | None = None
    request: str | None = None
    reason: str | None = None
    changes: tuple[Change, ...] = ()
    payload: Payload | None = None
    occurrences: Occurrences | None = None
    statement: str | None = None
    """A signed note (:mod:`registry.ledger.note`) that is part of the record: a genesis, a rotation of keys."""

    def __post_init__(self) -> None:
        _check_action(self.action)
        _check_text(self.target, "target", 2048)
        _check_optional(self.event, "event", 512)
        _check_optional(self.request, "request", 128)
        _check_optional(self.reason, "reason", 4096, lines=True)
        _check_optional(self.statement, "statement", 16_384, lines=True)
        if len(self.changes) > MAX_CHANGES:
            raise InvalidLedgerError(f"An act has at most {MAX_CHANGES} changes; write the rest as further acts.")
        if len({item.target for item in self.changes}) != len(self.changes):
            raise InvalidLedgerError("An act changes each entity once.")


def _check_action(value: object) -> None:
    if not isinstance(value, str) or _ACTION.fullmatch(value) is None:
        raise InvalidLedgerError("An action reads like records.write.")


def _check_text(value: object, name: str, longest: int, *, lines: bool = False) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise InvalidLedgerError(f"The {name} of an entry is a text of 1 to {longest} characters.")
    if (_CONTROL_BUT_LINES if lines else _CONTROL).search(value) or any("\ud800" <= item <= "\udfff" for item in value):
        raise InvalidLedgerError(f"The {name} of an entry has control characters or half characters.")


def _check_optional(value: object, name: str, longest: int, *, lines: bool = False) -> None:
    if value is not None:
        _check_text(value, name, longest, lines=lines)


def _check_count(value: object, name: str, least: int) -> None:
    if type(value) is not int or not least <= value <= MAX_OCCURRENCES:
        raise InvalidLedgerError(f"The {name} is a whole number of at least {least}.")
