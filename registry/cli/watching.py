"""`lineage watch`: say so whenever the impact of something changes, for as long as somebody listens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.client import Client, ConnectionLostError
from registry.cli.failures import remember_json
from registry.cli.names import check_time, expand_name
from registry.cli.terminal import notices, output, print_json_line
from registry.errors import (
    DatabaseUnavailableError,
    NotRunningError,
    OverloadedError,
    QueryTimeoutError,
    TooManyWatchersError,
)
from registry.settings import load_settings

_PATH = "/api/v1/impact/changes"
_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 30.0
_PASSING = (NotRunningError, QueryTimeoutError, DatabaseUnavailableError, OverloadedError, TooManyWatchersError)
"""What a server that is watched may answer for a while, for example while it starts again."""
_INTERRUPTED = 130
_EXAMPLES = """
**Examples**

- `lineage watch DatasetVersion:demo:wine:v3` says whenever something begins or ends to depend on v3
- `lineage watch Dataset:demo:wine -k Deployment --once && ./notify` waits for the next change of deployments
- `lineage watch Model:demo:churn --since 2026-05-04 --json` starts with what changed since, one JSON document a line
"""


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Ask")(watch)


def _check_since(value: str | None) -> str | None:
    return value if value is None or "/" in value else check_time(value)


def watch(
    name: options.Name,
    kind: options.Kinds = None,
    depth: options.Depth = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Begin with what changed since: a time, or the id of an event.",
            callback=_check_since,
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End after the first change.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON document a line instead.", callback=remember_json, is_eager=True),
    ] = False,
) -> None:
    """Say whenever the impact of something changes, until interrupted.

    What happens while the connection is lost is told when it is back.
    """
    from registry.cli.drawing.watching import draw_event

    parameters: dict[str, str | list[str]] = {"urn": expand_name(name), "kinds": kind or []}
    parameters |= {"software": str(software).lower(), "possible": str(not no_possible).lower()}
    parameters |= {"depth": str(depth)} if depth is not None else {}
    try:
        with Client.from_settings(load_settings()) as client:
            for event in _events(client, parameters, since):
                if as_json:
                    print_json_line(event)
                else:
                    output().print(draw_event(event), soft_wrap=True)
                if once and event["event"] == "change":
                    return
    except KeyboardInterrupt:
        raise typer.Exit(_INTERRUPTED) from None


def _events(client: Client, parameters: dict[str, str | list[str]], since: str | None) -> Iterator[dict[str, Any]]:
    """Every piece of news, over as many connections as it takes. Raises what the first connection raises."""
    after, wait = since, _WAIT_SECONDS
    digest = None
    connected = lost = False
    while True:
        try:
            for event in client.events(_PATH, parameters, after=after):
                if lost:
                    notices().print("Connected again.", style="dim")
                connected, lost, wait, after = True, False, _WAIT_SECONDS, event.id or after
                if not event.data:
                    continue
                told = {"event": event.event, "id": event.id} | json.loads(event.data)
                if told["event"] == "change" or told["digest"] != digest:
                    yield told  # and not that the set is what it was, which a new connection begins with
                digest = told["digest"]
            why = f"The server at {client.url} ended the connection."
        except (ConnectionLostError, *_PASSING) as error:
            if not connected:
                raise
            why = error.message
        if not lost:
            notices().print(f"{why} Trying again.", style="yellow", soft_wrap=True)
        lost = True
        time.sleep(wait)
        wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
