"""Denied attempts, readings of sensitive fields and exports: noted at no cost to whoever is served, recorded in groups.

What the same actor does to the same target in one interval is one entry with a count. Both the groups of one actor and
all groups of an interval are bounded; what is beyond is counted in one group for the actor, or for everybody, so that a
flood costs the log a fixed number of entries, and hides nothing that others do. Sensitive values that were shown are the
exception: each thing is named, and beyond a bound nothing more is shown. Noted in memory: what was
not recorded yet when a process dies is lost.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Final

from graph_schema.times import now_micros
from registry.audit.metrics import GROUPED
from registry.audit.record import act_of
from registry.errors import InvalidLedgerError, TooManyReadingsError
from registry.ledger.act import Act, Action, Effect, Occurrences
from registry.permission.cause import NO_POLICY, Cause
from registry.permission.principal import Method, Principal

INTERVAL_SECONDS: Final = 10.0
"""How long what is the same is gathered; the first of an interval is recorded at its end."""
MOST_GROUPS: Final = 256
"""Groups of one interval, over all actors."""
MOST_OF_ONE: Final = 32
"""Groups of one actor in one interval."""
MOST_SHOWN: Final = 4_096
"""Things whose sensitive values one actor is shown in one interval. Each is named in the log; further ones are refused."""
MANY: Final = "*"
"""The target of a group that gathers what was beyond the bounds."""
_LONGEST: Final = 512
_EVERYBODY: Final = Principal("several", Method.PROCESS)


@dataclass(frozen=True, slots=True)
class _Key:
    subject: str
    method: str
    issuer: str | None
    action: str
    target: str
    effect: Effect
    rule: str


@dataclass(slots=True)
class _Group:
    cause: Cause
    first: int
    last: int
    count: int = 1


class Observed:
    """What was noted and is not recorded yet. Safe to use from several threads; noting never blocks for long."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._lock = threading.Lock()
        self._groups: dict[_Key, _Group] = {}
        self._of: Counter[tuple[str, str | None]] = Counter()
        self._shown: Counter[tuple[str, str | None]] = Counter()
        self._since = time.monotonic()

    def observe(self, cause: Cause, action: str, target: str, effect: Effect) -> None:
        """Note that something happened, just now. Texts may be anything; what the log would not take is cut or replaced.

        Raises TooManyReadingsError, with nothing noted, where it is one thing too many whose sensitive values are shown.
        """
        self._note(cause, action, target, effect, most_shown=MOST_SHOWN)

    def _note(self, cause: Cause, action: str, target: str, effect: Effect, *, most_shown: float) -> None:
        GROUPED.labels(action).inc()
        now = now_micros()
        who = cause.principal
        key = _Key(
            _clean(who.subject), who.method.value, who.issuer, action, _clean(target), effect, _clean(cause.rule)
        )
        with self._lock:
            found = self._groups.get(key)
            shown = action == Action.READ_SENSITIVE and effect == Effect.ALLOW
            if found is None and not shown:
                key, cause = self._bounded(key, cause)
                found = self._groups.get(key)
            if found is None:
                self._count(key, self._shown if shown else self._of, most_shown if shown else inf)
                self._groups[key] = _Group(cause, now, now)
            else:
                found.count += 1
                found.first, found.last = min(found.first, now), max(found.last, now)

    def take(self, *, everything: bool = False) -> list[Act]:
        """What is to be recorded now: nothing before the interval is over, unless ``everything`` is asked for."""
        with self._lock:
            if not self._groups or not (everything or time.monotonic() - self._since >= self._interval):
                return []
            groups, self._groups = self._groups, {}
            self._of.clear()
            self._shown.clear()
            self._since = time.monotonic()
        return list(_acts(groups))

    def give_back(self, acts: list[Act]) -> None:
        """Count anew what could not be recorded, within the same bounds; single times are then those of the acts."""
        for act in acts:
            principal = Principal(act.actor.subject, Method(act.actor.method), act.actor.issuer)
            cause = Cause(principal, act.decision.rule, act.decision.policy)
            many = act.occurrences
            self._note(cause, act.action, act.target, act.decision.effect, most_shown=inf)
            if many is not None:
                self._add(act, many)

    def _add(self, act: Act, many: Occurrences) -> None:
        with self._lock:
            for key, group in self._groups.items():
                if (key.subject, key.action, key.target) == (act.actor.subject, act.action, act.target):
                    group.count += many.count - 1
                    group.first = min(group.first, many.first)
                    return

    def _count(self, key: _Key, groups: Counter[tuple[str, str | None]], most: float) -> None:
        if groups[key.subject, key.issuer] >= most:
            raise TooManyReadingsError(f"You were shown sensitive values of {most:,} things within ten seconds.")
        groups[key.subject, key.issuer] += 1

    def _bounded(self, key: _Key, cause: Cause) -> tuple[_Key, Cause]:
        """The group that a new thing is counted in: its own, or the actor's, or everybody's."""
        if self._of[key.subject, key.issuer] >= MOST_OF_ONE:
            key = replace(key, target=MANY, rule=MANY)
        if key not in self._groups and self._of.total() >= MOST_GROUPS:
            cause = Cause(_EVERYBODY, MANY, NO_POLICY)
            key = _Key(_EVERYBODY.subject, _EVERYBODY.method.value, None, key.action, MANY, key.effect, MANY)
        return key, cause


def _acts(groups: dict[_Key, _Group]) -> Iterator[Act]:
    for key, group in groups.items():
        many = Occurrences(group.count, group.first, group.last) if group.count > 1 else None
        principal = replace(group.cause.principal, subject=key.subject)
        cause = replace(group.cause, principal=principal, rule=key.rule, reason=None, request=None)
        try:
            yield act_of(key.action, key.target, cause=cause, effect=key.effect, occurrences=many)
        except InvalidLedgerError:  # an issuer or a policy that no log takes; the attempt is told all the same
            yield act_of(
                "access.deny", MANY, cause=Cause(_EVERYBODY, MANY, NO_POLICY), effect=key.effect, occurrences=many
            )


def _clean(text: str) -> str:
    """The text as an entry may have it."""
    kept = "".join(item if item.isprintable() else "\N{REPLACEMENT CHARACTER}" for item in text[:_LONGEST])
    return kept.encode("utf-8", "replace").decode() or MANY


OBSERVED: Final = Observed()
"""What this process has noted. The publishing thread records it."""


def observe(cause: Cause, action: str, target: str, effect: Effect = Effect.DENY) -> None:
    """Note a denied attempt, a reading of a sensitive field or an export, to be recorded within seconds.

    Raises TooManyReadingsError where sensitive values of too many things were shown: those of this one must not be.
    """
    OBSERVED.observe(cause, action, target, effect)
