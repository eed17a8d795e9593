"""What the events of one run (or of one job or data set, without a run) add up to, in whatever order they arrive.

A fold is plain JSON, so that it can be kept between events. Each facet is a register that its latest event holds
(by time, then by the event's digest); everything else is a minimum, a maximum or a set. So adding is commutative,
associative and idempotent, and a fold is the same for each permutation and duplication of its events.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from registry.capture.openlineage.event import Event, Facets, Mention
from registry.capture.openlineage.lineage_facets import dropped, is_model

Registers = dict[str, list[Any]]
"""Facets by name: [time, digest of the event, the facet as it came]."""

_ENDS = {"COMPLETE": "completed", "FAIL": "failed", "ABORT": "aborted"}
_OF_A_VERSION = ("schema", "subset", "symlinks", "lifecycleStateChange")
"""Facets from which edges of a version follow: each that was said counts, not only the latest."""
_BEGUN = frozenset({"START", "RUNNING"})


@dataclass(frozen=True, slots=True)
class Touched:
    """The parts of a fold that an event spoke of: jobs by name, data sets by namespace and name."""

    jobs: frozenset[tuple[str, str]]
    datasets: frozenset[tuple[str, str]]

    def __or__(self, other: Touched) -> Touched:
        return Touched(self.jobs | other.jobs, self.datasets | other.datasets)


NOTHING_TOUCHED = Touched(frozenset(), frozenset())


class Fold:
    """The sum of some events of one key."""

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        """Start from nothing, or from what :meth:`state` gave."""
        self._state: dict[str, Any] = state or {"last": 0, "run": {}, "jobs": {}, "data": {}}

    @property
    def state(self) -> dict[str, Any]:
        """The fold as JSON."""
        return self._state

    @property
    def last(self) -> int:
        """The time of the latest event, in microseconds."""
        last: int = self._state["last"]
        return last

    @property
    def key(self) -> tuple[str, str, str]:
        """What the events are about, see :attr:`Event.key`."""
        sort, namespace, name = self._state["key"]
        return sort, namespace, name

    def add(self, event: Event) -> Touched:
        """Take in an event of this key; what it spoke of."""
        state = self._state
        state["key"] = list(event.key)
        state["last"] = max(state["last"], event.time)
        _latest(state, "producer", event, event.producer)
        self._add_state(event)
        _register(state["run"], event.run_facets, event)
        if event.job is not None:
            _register(state["jobs"].setdefault(_text(event.job), {}), event.job_facets, event)
        for mention in event.mentions:
            self._add_mention(mention, event)
        jobs = frozenset() if event.job is None else frozenset({event.job})
        return Touched(jobs, frozenset((item.namespace, item.name) for item in event.mentions))

    def _add_state(self, event: Event) -> None:
        state = self._state
        if event.state == "START":
            state["started"] = min(state.get("started", event.time), event.time)
        if event.state in _BEGUN:
            state["begun"] = True
        if event.state in _ENDS:
            _latest(state, "ended", event, _ENDS[event.state])

    def _add_mention(self, mention: Mention, event: Event) -> None:
        data = self._state["data"].setdefault(_text((mention.role, mention.namespace, mention.name)), {"exact": {}})
        version = mention.version
        part = data.setdefault("weak", _part()) if version is None else data["exact"].setdefault(version, _part())
        part["first"] = event.time if part["first"] is None else min(part["first"], event.time)
        part["last"] = max(part["last"], event.time)
        part["told"] = part["told"] or mention.told
        if is_model(mention.facets):
            part["model"] = True
        sort = "dropped" if dropped(mention.facets) else "there"
        part[sort] = True
        if version is None and sort == "there":
            said = {name: facet for name, facet in mention.facets.items() if name in _OF_A_VERSION}
            part["said"][orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()] = said
        _register(part["facets"], mention.facets, event)

    # -- reading

    def producer(self) -> str | None:
        """The producer that spoke last."""
        found: str | None = self._state.get("producer", [0, "", None])[2]
        return found

    def started(self) -> int | None:
        """When the run started, in microseconds, where a START event said so."""
        found: int | None = self._state.get("started")
        return found

    def ended(self) -> tuple[int, str] | None:
        """When the run ended, in microseconds, and how."""
        ended = self._state.get("ended")
        return None if ended is None else (ended[0], ended[2])

    def run_state(self) -> str | None:
        """The state of the run; None where no event says one."""
        ended = self.ended()
        return ended[1] if ended else "running" if self._state.get("begun") else None

    def run_facets(self) -> Registers:
        """The run's facets."""
        found: Registers = self._state["run"]
        return found

    def job_facets(self, job: tuple[str, str]) -> Registers:
        """The facets of a job of the run."""
        found: Registers = self._state["jobs"][_text(job)]
        return found

    def jobs(self) -> list[tuple[str, str]]:
        """The jobs that events name, in order."""
        return sorted((namespace, name) for namespace, name in map(orjson.loads, self._state["jobs"]))

    def parts(self, namespace: str, name: str) -> list[Part]:
        """What the events say of one data set: a part for each role and version, those without a version first."""
        found = []
        for text, data in sorted(self._state["data"].items()):
            role, *place = orjson.loads(text)
            if place == [namespace, name]:
                known = tuple(sorted(data["exact"]))
                if "weak" in data:
                    found.append(Part(role, namespace, name, None, known, data["weak"]))
                found += [Part(role, namespace, name, item, known, data["exact"][item]) for item in known]
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """One data set in one role and version. ``known`` are all the versions that are named in this role."""

    role: str
    namespace: str
    name: str
    version: str | None
    known: tuple[str, ...]
    data: dict[str, Any]

    @property
    def first(self) -> int:
        """The earliest event that says so, in microseconds."""
        first: int = self.data["first"]
        return first

    @property
    def last(self) -> int:
        """The latest event that says so, in microseconds."""
        last: int = self.data["last"]
        return last

    @property
    def told(self) -> bool:
        """Whether an event says it, rather than that it follows from the column lineage of another data set."""
        told: bool = self.data["told"]
        return told

    @property
    def there(self) -> bool:
        """Whether any event names it without saying that it is gone."""
        there: bool = self.data["there"]
        return there

    @property
    def dropped(self) -> bool:
        """Whether any event says that it is gone."""
        found: bool = self.data["dropped"]
        return found

    @property
    def model(self) -> bool:
        """Whether any event says that it is a model."""
        found: bool = self.data.get("model", False)
        return found

    @property
    def said(self) -> list[Facets]:
        """Where no version is named: the different things said of it that a version has edges from."""
        said: dict[str, Facets] = self.data["said"]
        return [said[text] for text in sorted(said)]

    @property
    def registers(self) -> Registers:
        """Its facets."""
        registers: Registers = self.data["facets"]
        return registers


def facets_of(registers: Registers) -> Facets:
    """The facets that registers hold, the deleted ones left out."""
    return {name: held[2] for name, held in sorted(registers.items()) if not held[2].get("_deleted")}


def union(several: Iterable[Registers]) -> Registers:
    """Registers of several parts as one: the latest of each facet."""
    found: Registers = {}
    for registers in several:
        for name, held in registers.items():
            if name not in found or _stamp(held) > _stamp(found[name]):
                found[name] = held
    return found


def _part() -> dict[str, Any]:
    return {"first": None, "last": 0, "told": False, "there": False, "dropped": False, "facets": {}, "said": {}}


def _register(registers: Registers, facets: Facets, event: Event) -> None:
    for name, facet in facets.items():
        held = registers.get(name)
        if held is None or (event.time, event.digest) > _stamp(held):
            registers[name] = [event.time, event.digest, facet]


def _latest(state: dict[str, Any], name: str, event: Event, value: Any) -> None:
    held = state.get(name)
    if value is not None and (held is None or (event.time, event.digest) > _stamp(held)):
        state[name] = [event.time, event.digest, value]


def _stamp(held: list[Any]) -> tuple[int, str]:
    return held[0], held[1]


def _text(parts: tuple[str, ...]) -> str:
    return orjson.dumps(parts).decode()
