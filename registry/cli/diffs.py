"""Asking what changed: `diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from registry.cli import documents, options
from registry.cli.client import Client
from registry.cli.names import check_time, expand_name
from registry.cli.terminal import output, print_json
from registry.settings import load_settings

_EXAMPLES = """
**Examples**

- `lineage diff ModelVersion:demo:churn:4 ModelVersion:demo:churn:5` says what went into v5 that did not go into v4
- `lineage diff ModelVersion:demo:churn:5 --from-time 2026-05-04` says what changed upstream of it since then
- `lineage diff ModelVersion:demo:churn:5 --from-known-at 2026-05-04` says what was recorded or corrected since then
- `lineage diff Dataset:demo:wine --downstream --from-time 2026-05-04 --to-time 2026-06-01` compares who used it
- `lineage diff Model:demo:churn --versions champion --from-time 2026-05-04` compares the champion of then and of now
"""


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Ask")(diff)


def _time(name: str, text: str) -> object:
    return typer.Option(name, metavar="TIME", help=text, callback=check_time)


def diff(
    name: options.Name,
    to: Annotated[
        str | None,
        typer.Argument(metavar="URN2", help="What to compare it with; itself, if left out.", show_default=False),
    ] = None,
    from_time: Annotated[
        str | None, _time("--from-time", "The older side as it was true then: 2026-05-04 or 2026-05-04T12:00:00Z.")
    ] = None,
    to_time: Annotated[str | None, _time("--to-time", "The newer side as it was true then. Default: now.")] = None,
    from_known_at: Annotated[
        str | None, _time("--from-known-at", "The older side as it had been recorded by then.")
    ] = None,
    to_known_at: Annotated[
        str | None, _time("--to-known-at", "The newer side as it had been recorded by then. Default: everything.")
    ] = None,
    downstream: Annotated[
        bool, typer.Option("--downstream", help="Compare what was made from it, not what it was made from.")
    ] = False,
    versions: Annotated[
        str | None,
        typer.Option("--versions", help="Of an asset: all, latest, one version, an alias, a range as >=2,<3."),
    ] = None,
    depth: options.Depth = None,
    kind: options.Kinds = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    limit: options.Limit = 1000,
    as_json: options.AsJson = False,
) -> None:
    """Say what changed in the lineage of something between two times, or between two versions."""
    from registry.cli.drawing.diff import draw_diff

    variables = {
        "urn": expand_name(name),
        "to": None if to is None else expand_name(to),
        "direction": "DOWNSTREAM" if downstream else "UPSTREAM",
        "fromTime": from_time,
        "toTime": to_time,
        "fromKnownAt": from_known_at,
        "toKnownAt": to_known_at,
        "versions": versions,
        "depth": depth,
        "kinds": kind or None,
        "software": software,
        "possible": not no_possible,
        "limit": limit,
    }
    with Client.from_settings(load_settings()) as client:
        answer = client.ask(documents.DIFF, variables)["lineageDiff"]
    if as_json:
        print_json(answer)
    else:
        output().print(draw_diff(answer))
