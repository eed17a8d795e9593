"""Records: the one form between capture and writing.

A record says something about one entity or one edge. It names things by URN, carries values in the form in
which the graph keeps them, and knows which line of which event said it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from registry.permission.cause import Cause


class Op(StrEnum):
    """What a record does. Nothing is overwritten: what is replaced stays readable for a past time."""

    PUT = "put"  # it is so; attributes not named stay as they are
    AMEND = "amend"  # correct attributes, with a reason; None takes one away
    RETRACT = "retract"  # it was never so
    DELETE = "delete"  # it has ended


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """Orders statements: by event time, then by event id, so that any order of arrival ends the same."""

    time: int
    event_id: str


@dataclass(frozen=True, slots=True)
class Source:
    """Who said it, by which event and channel, and when it happened (``stamp.time``, microseconds)."""

    stamp: Stamp
    producer: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """A statement about one entity. ``attributes`` are in the graph's form."""

    line: int
    op: Op
    urn: str
    kind: str
    namespace: str
    name: str
    version: str | None
    version_unknown: bool
    attributes: dict[str, Any]
    true_from: int | None
    true_to: int | None
    source: Source
    reason: str | None = None

    @property
    def subject(self) -> str:
        """The URN of what it says something of."""
        return self.urn

    @property
    def urns(self) -> tuple[str, ...]:
        """Every entity that it names, its subject first."""
        return (self.urn,)


@dataclass(frozen=True, slots=True)
class EdgeRecord:
    """A statement about one edge, from what depends to what it depends on.

    ``key`` keeps parallel edges of one relation apart; ``attributes`` hold the relation's properties and what
    every edge has, in the graph's form.
    """

    line: int
    op: Op
    relation: str
    downstream: str
    upstream: str
    key: str
    family: str
    attributes: dict[str, Any]
    true_from: int | None
    true_to: int | None
    source: Source
    reason: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes two statements be about the same edge."""
        return self.relation, self.downstream, self.upstream, self.key

    @property
    def subject(self) -> str:
        """The URN of what it says something of: what depends."""
        return self.downstream

    @property
    def urns(self) -> tuple[str, ...]:
        """Every entity that it names, its subject first."""
        return self.downstream, self.upstream


Record = EntityRecord | EdgeRecord


ERASED: Final = "erased"
"""What stands for the digest of an event of which something was erased: it is known by its id alone."""


@dataclass(frozen=True, slots=True)
class EventContent:
    """One event of a batch: its digest names the content, so that the same id with other content is seen."""

    event_id: str
    digest: str
    lines: tuple[int, ...]
    producer: str | None = None


@dataclass(slots=True)
class Batch:
    """Records that are written together or not at all, with the events that they belong to."""

    events: dict[str, EventContent] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    causes: dict[str, Cause] = field(default_factory=dict)
    """Why each event is written, by its id; what is not named is written for the cause of the context."""
    plain_digests: dict[str, str] = field(default_factory=dict)
    """Of events whose ``digest`` hangs on a key, because their content is sensitive: what it is without one."""
    acts: tuple[tuple[str, str], ...] = ()
    """What the ledger records with it besides, for the cause of the context: actions and their targets."""
    permitted: bool = False
    """Whether it was made with a check of those who asked for it (``registry.writer.permits``)."""
    minds_standing: bool = False
    """Whether it was made with the standing statements of what it speaks of in view (``registry.writer.standing``)."""
    sealed: bool = False
    """Whether this registry itself sealed what looks sealed in it, as in the journal: nobody else's word is taken for that."""

    def entities(self) -> Iterator[EntityRecord]:
        """Statements about entities, in order."""
        return (record for record in self.records if isinstance(record, EntityRecord))

    def edges(self) -> Iterator[EdgeRecord]:
        """Statements about edges, in order."""
        return (record for record in self.records if isinstance(record, EdgeRecord))

    def without_lines(self, lines: set[int]) -> Batch:
        """The same batch with the records of some lines left out; the events stay."""
        return replace(self, records=[record for record in self.records if record.line not in lines])

    def preceded_by(self, records: list[Record]) -> Batch:
        """The same batch with records before its own."""
        return replace(self, records=[*records, *self.records])

    def without_events(self, event_ids: set[str]) -> Batch:
        """The same batch with whole events left out."""
        events = {key: event for key, event in self.events.items() if key not in event_ids}
        kept = [record for record in self.records if record.source.stamp.event_id not in event_ids]
        return replace(self, events=events, records=kept)


@dataclass(frozen=True, slots=True)
class RecordError:
    """What is wrong with one record: the line (from 1), a JSON pointer to the field, the rule, and in words."""

    line: int
    field: str
    rule: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The error as it stands in a problem document."""
        return {"line": self.line, "field": self.field, "rule": self.rule, "message": self.message}


class Severity(StrEnum):
    """How bad a finding is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth knowing about what was written; it was kept all the same."""

    rule: str
    severity: Severity
    urn: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The finding as it stands in an answer."""
        return {"rule": self.rule, "severity": self.severity.value, "urn": self.urn, "message": self.message}
