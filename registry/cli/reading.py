"""Asking: `search`, `show`, `upstream`, `downstream`, `impact`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import RenderableType

from registry.cli import documents, options
from registry.cli.client import Client
from registry.cli.names import expand_name
from registry.cli.terminal import output, print_json
from registry.errors import NotFoundError
from registry.settings import load_settings

_SEARCH_EXAMPLES = """
**Examples**

- `lineage search wine` finds everything with a word that begins with wine
- `lineage search --kind Model --owner data` lists the models that team data owns
- `lineage search churn --tag pii --json` gives the same to a program
- `lineage search churn --known-at 2026-05-04` finds what was recorded and called so by then
"""
_SHOW_EXAMPLES = """
**Examples**

- `lineage show Dataset:demo:wine` shows the data set and its versions
- `lineage show DatasetVersion:demo:wine:v3 --history` shows what was recorded before, too
- `lineage show Model:demo:churn --as-of 2026-05-04` shows it as it was then
"""
_UPSTREAM_EXAMPLES = """
**Examples**

- `lineage upstream ModelVersion:demo:churn:4` shows everything that this model was made from
- `lineage upstream Deployment:demo:churn-live --kind DatasetVersion` lists only versions of data
- `lineage upstream ModelVersion:demo:churn:4 --why` adds the evidence for every edge
"""
_DOWNSTREAM_EXAMPLES = """
**Examples**

- `lineage downstream DatasetVersion:demo:wine:v3` shows everything made from that version
- `lineage downstream Dataset:demo:wine` starts at all its versions
- `lineage downstream DatasetVersion:demo:wine:v3 --depth 2` stops after two edges
"""
_IMPACT_EXAMPLES = """
**Examples**

- `lineage impact DatasetVersion:demo:wine:v3` says what a change to v3 touches, and whom to ask
- `lineage impact DatasetVersion:demo:wine:v3 -k ModelVersion -k Deployment` asks for models and deployments only
- `lineage impact LibraryVersion:pypi:numpy:2.1.0 --why` shows the path to each item, with its evidence
"""


_WALK: dict[str, Any] = {"software": False, "possible": True}


def register(app: typer.Typer) -> None:
    """Add these commands to the root."""
    panel = "Ask"
    app.command(epilog=_SEARCH_EXAMPLES, rich_help_panel=panel)(search)
    app.command(epilog=_SHOW_EXAMPLES, rich_help_panel=panel)(show)
    app.command(epilog=_UPSTREAM_EXAMPLES, rich_help_panel=panel)(upstream)
    app.command(epilog=_DOWNSTREAM_EXAMPLES, rich_help_panel=panel)(downstream)
    app.command(epilog=_IMPACT_EXAMPLES, rich_help_panel=panel)(impact)


def search(
    text: Annotated[
        str | None,
        typer.Argument(help="Words to look for in names, titles, descriptions and tags.", show_default=False),
    ] = None,
    kind: options.Kinds = None,
    namespace: Annotated[str | None, typer.Option("--namespace", help="Only in this namespace.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Only what has this tag; may be repeated.", show_default=False)
    ] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Only what this person, team or service owns (name or URN).")
    ] = None,
    lifecycle: Annotated[
        str | None, typer.Option("--lifecycle", help="Only in this state: draft, active, deprecated or archived.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=500, help="Show at most this many.")] = 20,
    after: Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="Go on from here.")] = None,
    trusted: options.Trusted = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Find entities by words, kind, namespace, tag and owner, now or as they were."""
    from registry.cli.drawing.search import draw_search

    variables = {
        "text": text,
        "kinds": kind or None,
        "namespace": namespace,
        "tags": tag or None,
        "owner": owner,
        "lifecycle": lifecycle,
        "first": limit,
        "after": after,
        "trusted": trusted,
        "asOf": as_of,
        "knownAt": known_at,
    }
    with Client.from_settings(load_settings()) as client:
        answer = client.ask(documents.SEARCH, variables)["search"]
    _answer(answer, draw_search, as_json=as_json)


def show(
    name: options.Name,
    history: Annotated[bool, typer.Option("--history", help="Show what was recorded before, too.")] = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one entity: attributes, owners, versions, neighbours, findings."""
    from registry.cli.drawing.entity import draw_entity

    variables = {"urn": expand_name(name), "asOf": as_of, "knownAt": known_at, "history": history}
    with Client.from_settings(load_settings()) as client:
        entity = client.ask(documents.ENTITY, variables)["entity"]
        if entity is None:
            raise _not_found(client, variables)
    _answer(entity, draw_entity, as_json=as_json)


def upstream(
    name: options.Name,
    depth: options.Depth = None,
    kind: options.Kinds = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    limit: options.Limit = 1000,
    trusted: options.Trusted = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    why: options.Why = False,
    as_json: options.AsJson = False,
) -> None:
    """Show what something was made from: everything upstream."""
    question = _walk(name, depth, kind, software, no_possible, limit, as_of, known_at) | {"trusted": trusted}
    _lineage("UPSTREAM", question, why=why, as_json=as_json)


def downstream(
    name: options.Name,
    depth: options.Depth = None,
    kind: options.Kinds = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    limit: options.Limit = 1000,
    trusted: options.Trusted = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    why: options.Why = False,
    as_json: options.AsJson = False,
) -> None:
    """Show what was made from something: everything downstream."""
    question = _walk(name, depth, kind, software, no_possible, limit, as_of, known_at) | {"trusted": trusted}
    _lineage("DOWNSTREAM", question, why=why, as_json=as_json)


def impact(
    name: options.Name,
    depth: options.Depth = None,
    kind: options.Kinds = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    limit: options.Limit = 1000,
    trusted: options.Trusted = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    why: options.Why = False,
    as_json: options.AsJson = False,
) -> None:
    """Say what a change touches: models, deployments and the rest, how surely, why, and who owns them."""
    from registry.cli.drawing.impact import draw_impact

    question = _walk(name, depth, kind, software, no_possible, limit, as_of, known_at)
    question |= {"paths": why or as_json, "trusted": trusted}
    with Client.from_settings(load_settings()) as client:
        answer = client.ask(documents.IMPACT, question)["impact"]
    _answer(answer, lambda value: draw_impact(value, why=why), as_json=as_json)


def _walk(
    name: str,
    depth: int | None,
    kinds: list[str] | None,
    software: bool,
    no_possible: bool,
    limit: int,
    as_of: str | None,
    known_at: str | None,
) -> dict[str, Any]:
    """The variables that every walk has."""
    return {
        "urn": expand_name(name),
        "depth": depth,
        "kinds": kinds or None,
        "software": software,
        "possible": not no_possible,
        "limit": limit,
        "asOf": as_of,
        "knownAt": known_at,
    }


def _lineage(direction: str, question: dict[str, Any], *, why: bool, as_json: bool) -> None:
    from registry.cli.drawing.lineage import draw_lineage

    with Client.from_settings(load_settings()) as client:
        answer = client.ask(documents.LINEAGE, question | {"direction": direction})["lineage"]
    filtered = question["kinds"] is not None
    _answer(answer, lambda value: draw_lineage(value, filtered=filtered, why=why), as_json=as_json)


def _answer(answer: dict[str, Any], draw: Callable[[dict[str, Any]], RenderableType], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        output().print(draw(answer))


def _not_found(client: Client, variables: dict[str, Any]) -> NotFoundError:
    """The error for a name without an answer; where nothing ever had it, the server's own, with the nearest names."""
    times = {name: variables[name] for name in ("asOf", "knownAt")}
    urn = variables["urn"]
    try:
        client.ask(documents.LINEAGE, _WALK | {"urn": urn, "depth": 1, "limit": 1, "direction": "UPSTREAM"})
    except NotFoundError as error:
        return error
    if not any(times.values()):
        return NotFoundError(f"Nothing is recorded as {urn}.")
    return NotFoundError(
        f"Nothing is recorded as {urn} at that time.", hint=f"`lineage show {urn} --history` shows what was, and when."
    )
