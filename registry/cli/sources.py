"""`lineage sources`: what the server reads by itself, what it found, running it now, checking the list."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from registry.cli import options
from registry.cli.client import Client
from registry.cli.failures import ReportingGroup
from registry.cli.terminal import notices, output, print_json
from registry.errors import ConfigurationError, NotFoundError
from registry.settings import load_settings

_PATH = "/api/v1/scheduled-sources"
_POLL_SECONDS = 0.5
_UNFINISHED = ("waiting", "running")
_EXAMPLES = """
**Examples**

- `lineage sources check sources.toml` says what is wrong with a list, and when each source would be due
- `LINEAGE_SOURCES_FILE=sources.toml lineage up --detach` starts a server that reads them by itself
- `lineage sources list` says how the last run of each ended
- `lineage sources show training` shows its runs, and what the last one found
- `lineage sources run training` runs it now and waits; exit code 1 unless all went well
"""

app = typer.Typer(
    name="sources",
    cls=ReportingGroup,
    help="Sources that the server reads by itself: list them, see what was found, run one now, check the list.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the source.", show_default=False)]


@app.command("list")
def list_sources(as_json: options.AsJson = False) -> None:
    """List the scheduled sources, when each is due, and how its last run ended."""
    from registry.cli.drawing.sources import draw_sources

    with _client() as client:
        answer = client.request("GET", _PATH)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_sources(answer["sources"]))


@app.command()
def show(
    name: Name,
    run: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="This run instead of the last.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=50, help="List at most so many runs.")] = 10,
    as_json: options.AsJson = False,
) -> None:
    """Show a source, its last runs, and the report of one of them."""
    from registry.cli.drawing.sources import draw_source

    with _client() as client:
        source = client.request("GET", _of(name))
        runs = client.request("GET", f"{_of(name)}/runs", params={"limit": limit if run is None else 50})["runs"]
        chosen = _chosen(runs, run)
        report = None if chosen is None else client.request("GET", f"{_of(name)}/runs/{chosen}")
    if as_json:
        print_json(source | {"runs": runs, "report": report})
    else:
        output().print(draw_source(source, runs[:limit], report))


@app.command()
def run(
    name: Name,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until it ended, and show what it found.")] = True,
    as_json: options.AsJson = False,
) -> None:
    """Have the server run a source now. The exit code is 1 unless the run succeeded."""
    from registry.cli.drawing.sources import draw_run

    with _client() as client:
        answer = client.submit(f"{_of(name)}/runs", {})
        if wait:
            answer = _ended(client, name, answer["id"])
    if as_json:
        print_json(answer)
    elif wait:
        output().print(draw_run(answer))
    else:
        output().print(f"{name} will run: lineage sources show {name} --run {answer['id'][:12]}", highlight=False)
    if wait and answer["state"] != "succeeded":
        raise typer.Exit(1)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list of sources (TOML).", show_default=False)],
    as_json: options.AsJson = False,
) -> None:
    """Check a list of sources without a server: its form, its captures, and where its secrets are."""
    from registry.cli.drawing.sources import draw_check
    from registry.cli.source_list import check_list

    answer = check_list(file)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_check(answer))
    if not answer["ok"]:
        raise typer.Exit(1)


@app.command()
def forget(name: Name, as_json: options.AsJson = False) -> None:
    """Forget a source that was taken off the list, and what its runs found."""
    with _client() as client:
        answer = client.request("DELETE", _of(name))
    if as_json:
        print_json(answer)
    else:
        output().print(f"{name} is forgotten.", highlight=False)


def _ended(client: Client, name: str, run_id: str) -> dict[str, Any]:
    with notices().status(f"{name} runs"):
        while True:
            found = client.request("GET", f"{_of(name)}/runs/{run_id}")
            if found["state"] not in _UNFINISHED:
                return found
            time.sleep(_POLL_SECONDS)


def _chosen(runs: list[dict[str, Any]], given: str | None) -> str | None:
    """The id of the run to show: the one whose id begins so, else the newest that has ended. Raises NotFoundError."""
    if given is None:
        return next((item["id"] for item in runs if item["state"] not in _UNFINISHED), None)
    found = [str(item["id"]) for item in runs if item["id"].startswith(given)]
    if len(found) != 1:
        raise NotFoundError(
            f"{len(found) or 'No'} runs begin with {given[:40]!r}.", hint="Leave out --run to see them."
        )
    return found[0]


def _of(name: str) -> str:
    if not name or name in (".", ".."):
        raise ConfigurationError(f"{name!r} is no name of a source.", hint="`lineage sources list` shows them.")
    return f"{_PATH}/{quote(name, safe='')}"


def _client() -> Client:
    return Client.from_settings(load_settings())
