"""`lineage import SOURCE WHERE --follow`: import what comes, again and again, also past a server or store that is away."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any, Protocol

import typer

from registry.cli.reached import From
from registry.cli.terminal import literal, notices, output, print_json_line
from registry.errors import RegistryError

INTERRUPTED = 130
_EVERY_SECONDS = 30.0
_LONGEST_WAIT_SECONDS = 300.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m|h|)")
_SHORTEST_SECONDS, _MOST_SECONDS = 0.1, 86_400.0


class Import(Protocol):
    """One import, from where it is told to begin; what became of it, as JSON. Raises RegistryError."""

    def __call__(self, *, begin: From) -> dict[str, Any]:
        """Import."""


def read_seconds(text: str | None) -> float:
    """How often to look: ``30s``, ``5m``, ``1h``; half a minute where nothing is said. Raises typer.BadParameter."""
    if text is None:
        return _EVERY_SECONDS
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not _SHORTEST_SECONDS <= seconds <= _MOST_SECONDS:
        raise typer.BadParameter(f"{text!r} is no time to wait: write 30s, 5m or 1h; at most a day.")
    return seconds


def follow_source(run: Import, begin: From, every: float, *, as_json: bool) -> None:
    """Import until interrupted; each round that brought something, or went wrong, is told on a line.

    The first round's errors end it, as they are most likely wrong usage; those of later ones are told once, and the
    wait doubles until a round works again. Raises RegistryError, KeyboardInterrupt.
    """
    answer = run(begin=begin)
    _tell(answer, as_json=as_json, first=True)
    failed, rejected = 0, answer["rejections"]
    while True:
        time.sleep(every if not failed else min(every * 2**failed, max(every, _LONGEST_WAIT_SECONDS)))
        try:
            answer = run(begin=From())
        except RegistryError as error:
            _tell_failure(error, as_json=as_json, first=not failed)
            failed = min(failed + 1, 12)
            continue
        if failed:
            notices().print("Importing again.", style="dim")
            failed = 0
        # What is rejected is so each time until somebody mends it: said once, it does not hide what is new.
        same = answer["rejections"] == rejected and not answer["sent"]
        if as_json or not answer["rejections"] or not same:
            _tell(answer, as_json=as_json, first=False)
        rejected = answer["rejections"]


def _tell(answer: dict[str, Any], *, as_json: bool, first: bool) -> None:
    if as_json:
        print_json_line({"at": _now(), "event": "import"} | answer)
        return
    counts = [f"{answer[name]:,} {name}" for name in ("created", "changed", "placeholders", "rejected") if answer[name]]
    if counts or first:
        said = f"{answer['read']:,} records of {answer['where']}: {', '.join(counts) or 'nothing new'}"
        output().print(literal(f"{_clock()}  {said}", "" if answer["ok"] else "red"), soft_wrap=True)
    for item in answer["rejections"][:3]:
        notices().print(literal(f"{item['where']}: {item['message']}", "red"), soft_wrap=True)


def _tell_failure(error: RegistryError, *, as_json: bool, first: bool) -> None:
    if as_json:
        print_json_line({"at": _now(), "event": "failed"} | error.as_problem())
    elif first:
        notices().print(literal(f"{_clock()}  {error.message} Trying again.", "yellow"), soft_wrap=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clock() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")
