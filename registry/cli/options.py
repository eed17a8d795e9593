"""Options and arguments that several commands share, written once."""

from __future__ import annotations

from typing import Annotated

import typer

from registry.cli.failures import remember_json
from registry.cli.names import check_kinds, check_time, complete_kind

Name = Annotated[
    str,
    typer.Argument(metavar="URN", help="The URN, or its short form Kind:namespace:name[:version].", show_default=False),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead.", callback=remember_json, is_eager=True)
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        "-k",
        metavar="KIND",
        help="Report only this kind; may be repeated.",
        callback=check_kinds,
        autocompletion=complete_kind,
        show_default=False,
    ),
]
Depth = Annotated[
    int | None, typer.Option("--depth", "-d", min=1, help="Follow at most this many edges. Default: all.")
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="Report at most this many.")]
Software = Annotated[bool, typer.Option("--software", help="Follow libraries, containers and environments too.")]
Trusted = Annotated[bool, typer.Option("--trusted", help="Only what came by a channel that the server trusts.")]
NoPossible = Annotated[
    bool, typer.Option("--no-possible", help="Leave out what is only possibly connected (a version that is not known).")
]
Why = Annotated[bool, typer.Option("--why", help="Show the path to each item, with the evidence for each edge.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="As it was true then: 2026-05-04 or 2026-05-04T12:00:00Z.", callback=check_time
    ),
]
KnownAt = Annotated[
    str | None,
    typer.Option("--known-at", metavar="TIME", help="As it had been recorded by then.", callback=check_time),
]
