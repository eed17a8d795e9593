"""When something is due: every so long or by a cron expression, a little spread, later and later after failures."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from graph_schema.times import from_micros, to_micros

SECOND = 1_000_000
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"(\d{1,9})\s*([smhdw])", re.ASCII)
_LONGEST = 366 * 86_400
_SPREAD = 0.1
_MOST_SPREAD = 300 * SECOND
_FIRST_PAUSE = 60 * SECOND
_LONGEST_PAUSE = 6 * 3_600 * SECOND
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every ``seconds``, or by ``cron`` in ``zone``; exactly one of the two is there."""

    seconds: int | None = None
    cron: str | None = None
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Raise ValueError for what is never due."""
        if (self.seconds is None) == (self.cron is None):
            raise ValueError("say either every or cron")
        if self.cron is not None:
            self._next_by_cron(0)

    @property
    def text(self) -> str:
        """For people: ``every 15m``, ``0 2 * * * (Europe/Berlin)``."""
        return f"every {duration_text(self.seconds)}" if self.seconds is not None else f"{self.cron} ({self.zone})"

    def first(self, now: int) -> int:
        """When it is due where it never ran, in microseconds: soon, or when the expression says."""
        if self.seconds is None:
            return self._next_by_cron(now)
        return now + _spread(min(self.seconds * SECOND, 10 * SECOND))

    def following(self, began: int, now: int) -> int:
        """When it is due after a run that began then and has just ended. Never in the past."""
        if self.seconds is None:
            return self._next_by_cron(now)
        period = self.seconds * SECOND
        return max(now, began + period + _spread(period))

    def again(self, failures: int, now: int) -> int:
        """When it is tried again after so many failures in a row: a minute, doubled each time, at most six hours."""
        first = _FIRST_PAUSE if self.seconds is None else min(_FIRST_PAUSE, self.seconds * SECOND)
        pause = min(first << min(max(failures, 1) - 1, _MOST_DOUBLINGS), _LONGEST_PAUSE)
        return now + pause + _spread(pause)

    def _next_by_cron(self, now: int) -> int:
        moment = from_micros(now)
        if moment is None or self.cron is None:
            raise ValueError("there is no such time")
        try:
            found: datetime = next(CronSim(self.cron, moment.astimezone(_zone(self.zone))))
        except CronSimError as error:
            raise ValueError(f"{self.cron[:80]!r} is no cron expression: {str(error).lower()}") from None
        except StopIteration:
            raise ValueError(f"{self.cron[:80]!r} never comes") from None
        return to_micros(found)


def read_duration(text: str) -> int:
    """Seconds of a text such as ``90s``, ``15m``, ``6h``, ``1d``, ``2w``. Raises ValueError."""
    found = _DURATION.fullmatch(text.strip())
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= _LONGEST:
        raise ValueError(f"{text[:40]!r} is no duration: write 90s, 15m, 6h, 1d or 2w, at most a year")
    return seconds


def duration_text(seconds: int) -> str:
    """The shortest text that :func:`read_duration` reads as these seconds."""
    unit = next(name for name in ("w", "d", "h", "m", "s") if seconds % _UNITS[name] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


def _spread(period: int) -> int:
    """Up to a tenth more, five minutes at most, so that sources of one file do not all begin together."""
    return int(random.random() * min(period * _SPREAD, _MOST_SPREAD))  # noqa: S311 - it guards nothing


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name[:80]!r} is no time zone: write UTC, Europe/Berlin, …") from None
