"""`lineage quarantine`: what could not come in, and why; send it again or drop it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.client import Client
from registry.cli.drawing.quarantine import draw_entries, draw_entry, draw_failures
from registry.cli.failures import ReportingGroup
from registry.cli.terminal import output, print_json
from registry.errors import (
    EventConflictError,
    InvalidEventError,
    InvalidRecordError,
    InvalidRequestError,
    PermissionDeniedError,
    SandboxBoundaryError,
)
from registry.settings import load_settings

_PATH = "/api/v1/quarantine"
_PAGE = 500
_STAYS = (
    EventConflictError,
    InvalidEventError,
    InvalidRecordError,
    InvalidRequestError,
    PermissionDeniedError,
    SandboxBoundaryError,
)
"""Why an entry stays while others go."""
_EXAMPLES = """
**Examples**

- `lineage quarantine list` says what could not be taken, and why
- `lineage quarantine show ID --content > event.json` writes it out as it came
- `lineage quarantine retry --all` sends everything again, for example after a rule was changed
- `lineage quarantine drop ID` forgets it
"""

app = typer.Typer(
    name="quarantine",
    cls=ReportingGroup,
    help="What could not come in, and why: list it, send it again, drop it.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Ids, or their beginnings.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="All that is in the quarantine.")]


@app.command("list")
def list_entries(
    source: Annotated[str | None, typer.Option("--source", help="Only what came this way.", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only with this reason.", show_default=False)] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=_PAGE, help="At most this many.")] = 100,
    as_json: options.AsJson = False,
) -> None:
    """List what could not be taken, the newest first."""
    with _client() as client:
        answer = _listed(client, limit, source=source, reason=reason)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_entries(answer))


@app.command()
def show(
    entry_id: Annotated[str, typer.Argument(metavar="ID", help="Id, or its beginning.", show_default=False)],
    content: Annotated[bool, typer.Option("--content", help="Print only what came, as it came.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Show one entry: why it could not be taken, and what came."""
    with _client() as client:
        (name,) = _ids(client, [entry_id], everything=False)
        entry = client.request("GET", f"{_PATH}/{name}")
    if content:
        typer.echo(entry["content"])
    elif as_json:
        print_json(entry)
    else:
        output().print(draw_entry(entry))


@app.command()
def retry(ids: Ids = None, everything: Everything = False, as_json: options.AsJson = False) -> None:
    """Send entries again; what is taken leaves the quarantine. Ends with 1 where something still cannot be."""
    results: list[dict[str, Any]] = []
    with _client() as client:
        for name in _ids(client, ids, everything=everything):
            try:
                results.append({"id": name, "taken": True} | client.request("POST", f"{_PATH}/{name}/retry"))
            except _STAYS as error:
                failure = {"reason": error.code, "message": error.message, "hint": error.hint}
                results.append({"id": name, "taken": False} | failure)
    failed = [item for item in results if not item["taken"]]
    if as_json:
        print_json({"results": results, "taken": len(results) - len(failed), "failed": len(failed)})
    else:
        output().print(draw_failures(failed))
        output().print(f"{len(results) - len(failed)} of {len(results)} taken.")
    if failed:
        raise typer.Exit(1)


@app.command()
def drop(ids: Ids = None, everything: Everything = False, as_json: options.AsJson = False) -> None:
    """Forget entries for good."""
    with _client() as client:
        names = _ids(client, ids, everything=everything)
        for name in names:
            client.request("DELETE", f"{_PATH}/{name}")
    if as_json:
        print_json({"dropped": names})
    else:
        output().print(f"{len(names)} dropped.")


def _client() -> Client:
    return Client.from_settings(load_settings())


def _listed(client: Client, limit: int, offset: int = 0, **chosen: str | None) -> dict[str, Any]:
    given = {name: value for name, value in chosen.items() if value is not None}
    return client.request("GET", _PATH, params={"limit": limit, "offset": offset, **given})


def _ids(client: Client, given: list[str] | None, *, everything: bool) -> list[str]:
    """The whole ids. Raises typer.BadParameter where nothing, or more than one thing, is meant."""
    if everything == bool(given):
        raise typer.BadParameter("Name entries, or say --all.", param_hint="ID")
    known: list[str] = []
    while True:
        page = _listed(client, _PAGE, offset=len(known))
        known += [item["id"] for item in page["entries"]]
        if page["complete"] or not page["entries"]:
            break
    return known if everything else [_whole(text, known) for text in given or ()]


def _whole(text: str, known: list[str]) -> str:
    found = [item for item in known if item.startswith(text)]
    if len(found) != 1:
        many = f"{len(found)} entries begin with {text[:40]!r}" if found else f"nothing begins with {text[:40]!r}"
        raise typer.BadParameter(f"In the quarantine, {many}.", param_hint="ID")
    return found[0]
