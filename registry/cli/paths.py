"""Asking how two entities hang together: `paths`."""

from __future__ import annotations

from typing import Annotated

import typer

from registry.cli import documents, options
from registry.cli.client import Client
from registry.cli.names import expand_name
from registry.cli.terminal import output, print_json
from registry.settings import load_settings

_EXAMPLES = """
**Examples**

- `lineage paths DatasetVersion:demo:wine:v3 Deployment:demo:churn-live` says how one leads to the other
- `lineage paths Model:demo:churn Dataset:demo:wine` finds the ways between any of their versions
- `lineage paths Dataset:demo:wine Model:demo:churn -n 200 --json` gives up to 200 of them to a program
"""


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Ask")(paths)


def paths(
    from_: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="The URN, or its short form Kind:namespace:name[:version].", show_default=False
        ),
    ],
    to: Annotated[str, typer.Argument(metavar="TO", help="The other entity.", show_default=False)],
    most: Annotated[int, typer.Option("--most", "-n", min=1, max=1_000, help="Show at most this many.")] = 20,
    max_length: Annotated[
        int | None, typer.Option("--max-length", "-l", min=1, help="Only paths of at most this many steps.")
    ] = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    same_as: Annotated[
        float,
        typer.Option(
            "--same-as", min=0, max=1, help="Take two names for one thing from this confidence on that they are."
        ),
    ] = 0.9,
    trusted: options.Trusted = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Show the ways between two things, whichever is upstream of the other, with the evidence for each step."""
    from registry.cli.drawing.paths import draw_paths

    ends = expand_name(from_), expand_name(to)
    variables = {
        "from": ends[0],
        "to": ends[1],
        "most": most,
        "maxLength": max_length,
        "software": software,
        "possible": not no_possible,
        "sameAs": same_as,
        "trusted": trusted,
        "asOf": as_of,
        "knownAt": known_at,
    }
    with Client.from_settings(load_settings()) as client:
        answer = client.ask(documents.PATHS, variables)["paths"]
    if as_json:
        print_json(answer)
    else:
        output().print(draw_paths(answer, *ends))
