"""`lineage audit verify`: here, beside the database and the ledger's folder, or by the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from registry.cli.client import Client
from registry.cli.drawing.audit import draw_found, draw_report
from registry.cli.ledger_place import opened_ledger
from registry.cli.terminal import notices, output, print_json
from registry.errors import InvalidRequestError, RegistryError
from registry.ledger.checkpoint import SignedCheckpoint
from registry.ledger.keys import VerifierKey
from registry.settings import load_settings

_KEPT: Final = 1000
"""Findings that `--json` lists; all are counted."""
Show = Callable[[str, int, int], None]


def verify_here(*, graph: bool, since: bytes, keys: list[str], as_json: bool) -> bool:
    """Verify with the database and the folder; whether everything holds. Raises RegistryError where it cannot be told."""
    from registry.audit.verification import verify

    found = _Findings(as_json=as_json)
    head = SignedCheckpoint.parse(since) if since else None
    trusted = [key for text in keys for key in _keys(text)]
    with opened_ledger() as (publication, _), _bars() as show:
        report = verify(
            publication, lambda item: found.add(item.as_json()), show, graph=graph, since=head, trusted=trusted
        )
    return found.finish(report.as_json())


def verify_there(*, graph: bool, since: bytes, as_json: bool) -> bool:
    """Have the server verify; whether everything holds."""
    found = _Findings(as_json=as_json)
    result: dict[str, Any] | None = None
    with Client.from_settings(load_settings()) as client, _bars() as show:
        for line in client.lines("/api/v1/audit/verifications", {"graph": graph}, since):
            item = orjson.loads(line)
            if "progress" in item:
                show(item["progress"]["what"], item["progress"]["done"], item["progress"]["total"])
            elif "found" in item:
                found.add(item["found"])
            else:
                result = item
    return found.finish(_result(result))


def _result(item: Mapping[str, Any] | None) -> dict[str, Any]:
    from registry.cli.client import error_from

    if item is None:
        raise RegistryError("The server broke off.", hint="Its log says why.")
    if "error" in item:
        raise error_from(item["error"])
    return dict(item["result"])


class _Findings:
    """Shows what is found as it comes, and keeps some for JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._kept: list[dict[str, Any]] = []

    def add(self, item: dict[str, Any]) -> None:
        if len(self._kept) < _KEPT:
            self._kept.append(item)
        if not self._as_json:
            output().print(draw_found(item), soft_wrap=True)

    def finish(self, report: dict[str, Any]) -> bool:
        if self._as_json:
            print_json(report | {"findings": self._kept})
        else:
            output().print(draw_report(report))
        return bool(report["verified"])


@contextmanager
def _bars() -> Iterator[Show]:
    """Progress bars on a terminal: one for each thing that is gone through."""
    console = notices()
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what.capitalize(), total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield show


def _keys(text: str) -> list[VerifierKey]:
    """A key, or those of a file of one key a line."""
    path = Path(text)
    if not path.is_file():
        return [VerifierKey.parse(text)]
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"{path} cannot be read: {type(error).__name__}.") from None
    return [VerifierKey.parse(line) for line in lines if line.strip()]
