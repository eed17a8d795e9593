"""`up`, `down`, `status`: the API and the Neo4j that belongs to it."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from registry.api.exposure import refuse_clear_text
from registry.cli import options
from registry.cli.client import Client
from registry.cli.server_file import ServerRecord, running_server, server_path
from registry.cli.terminal import literal, notices, output, print_json
from registry.errors import NotRunningError, RegistryError
from registry.settings import Settings, load_settings

_UP_EXAMPLES = """
**Examples**

- `lineage up` serves here until Ctrl-C
- `lineage up --detach` starts it in the background, says where it answers, and returns
- `NEO4J_URI=neo4j://host:7687 NEO4J_PASSWORD_FILE=secret lineage up` uses a Neo4j that runs elsewhere
"""
_DOWN_EXAMPLES = """
**Examples**

- `lineage down` stops what `lineage up` has started on this data folder, and waits; nothing running is no error
"""
_STATUS_EXAMPLES = """
**Examples**

- `lineage status` says what runs, where, since when, on which Neo4j
- `lineage status --json` gives the same to a program; the exit code is 0 only where the server is ready
"""


def register(app: typer.Typer) -> None:
    """Add these commands to the root."""
    panel = "Run"
    app.command(epilog=_UP_EXAMPLES, rich_help_panel=panel)(up)
    app.command(epilog=_DOWN_EXAMPLES, rich_help_panel=panel)(down)
    app.command(epilog=_STATUS_EXAMPLES, rich_help_panel=panel)(status)


def up(
    detach: Annotated[
        bool, typer.Option("--detach", help="Start it in the background and return when it is ready.")
    ] = False,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on. Default: LINEAGE_HOST, else loopback.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", "-p", min=1, max=65535, help="Port to listen on. Default: LINEAGE_PORT, else 8765."),
    ] = None,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, help="With --detach: wait at most so many seconds.")
    ] = 300,
    tell: Annotated[int | None, typer.Option("--tell", hidden=True)] = None,
    log: Annotated[str | None, typer.Option("--log", hidden=True)] = None,
    as_json: options.AsJson = False,
) -> None:
    """Start the API, and a Neo4j of its own unless NEO4J_URI names one."""
    given: dict[str, Any] = {"host": host, "port": port}
    settings = load_settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    refuse_clear_text(settings)  # before anything slow begins
    if detach:
        _up_detached(settings, timeout, as_json=as_json)
    else:
        _up_here(settings, tell, log, as_json=as_json)


def down(
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Wait at most so many seconds.")] = 90,
    force: Annotated[
        bool, typer.Option("--force", help="After that, end it by force; the store recovers by itself.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Stop the server that `lineage up` has started on this data folder."""
    settings = load_settings()
    record = running_server(settings)
    if record is not None:
        from registry.cli.background import stop_server

        stop_server(record, settings, notices(), seconds=timeout, force=force)
    if as_json:
        print_json({"stopped": record is not None, "pid": record.pid if record else None})
    elif record is None:
        output().print(f"No server runs on {server_path(settings).parent}.")
    else:
        output().print(literal(f"Stopped the server at {record.url} (process {record.pid}).", "green"))


def status(as_json: options.AsJson = False) -> None:
    """Show what runs, where it answers and on which Neo4j.

    The exit code is 1 unless the server is ready.
    """
    from registry.cli.drawing.server import draw_status

    settings = load_settings()
    facts = _facts(settings)
    if as_json:
        print_json(facts)
    else:
        output().print(draw_status(facts))
    if not facts["ready"]:
        raise typer.Exit(1)


def _up_here(settings: Settings, tell: int | None, log: str | None, *, as_json: bool) -> None:
    from registry.cli import foreground

    def ready(url: str, token: str | None) -> None:
        foreground.tell(tell, {"ready": url, "token": token})
        if tell is None:
            _announce({"url": url, "stop": "Ctrl-C"}, token, as_json=as_json)

    with suppress(KeyboardInterrupt), foreground.telling_errors(tell):  # Ctrl-C is how one stops it
        foreground.run_server(settings, notices(), ready, log)
    if tell is None:
        notices().print("Stopped.")


def _up_detached(settings: Settings, seconds: float, *, as_json: bool) -> None:
    from registry.cli.background import start_in_background

    record, token = start_in_background(settings, notices(), seconds)
    facts = {"url": record.url, "pid": record.pid, "log": record.log, "stop": "lineage down"}
    _announce(facts, token, as_json=as_json)


def _announce(facts: dict[str, Any], token: str | None, *, as_json: bool) -> None:
    """Say where the server is; the administrator's token only where it was just made, and never again."""
    from registry.cli.drawing.server import draw_ready

    answer = {"url": facts["url"], "graphql": f"{facts['url']}/graphql"} | facts
    if token is not None:
        # Behind `#`, what a browser keeps to itself: the server's log and proxies never see it.
        answer |= {"administrator_token": token, "sign_in": f"{facts['url']}/sign-in#token={token}"}
    if as_json:
        print_json(answer)
    else:
        output().print(draw_ready(answer))


def _facts(settings: Settings) -> dict[str, Any]:
    elsewhere = settings.url is not None
    record = None if elsewhere else running_server(settings)
    facts: dict[str, Any] = {"running": record is not None, "ready": False, "url": None, "graphql": None}
    facts |= _process(record) | {"problem": None, "sources": None}
    try:
        with Client.from_settings(settings) as client:
            facts["ready"], answer, _ = client.readiness()
            facts |= {"running": True, "url": client.url, "graphql": f"{client.url}/graphql"}
            facts["problem"] = None if facts["ready"] else answer.get("detail", "It does not say why.")
            if facts["ready"]:
                facts["sources"] = _sources(client)
    except NotRunningError as error:
        facts["problem"] = error.message if record is None else "It is starting or stopping: nothing answers yet."
    except RegistryError as error:
        facts["problem"] = error.message
    if elsewhere:
        return facts | {"data_dir": None, "managed_neo4j": None}
    return facts | {"data_dir": str(settings.data_dir), "managed_neo4j": _managed(settings)}


def _sources(client: Client) -> dict[str, Any]:
    from registry.cli.service_checks import ailing, read_sources_of

    found = read_sources_of(client)
    return {"scheduled": len(found), "ailing": ailing(found)}


def _process(record: ServerRecord | None) -> dict[str, Any]:
    if record is None:
        return {"pid": None, "started_at": None, "neo4j": None, "log": None}
    return {"pid": record.pid, "started_at": record.started_at, "neo4j": record.neo4j, "log": record.log}


def _managed(settings: Settings) -> dict[str, Any] | None:
    if settings.neo4j_uri is not None:
        return None
    from registry.graph.local.status import read_status

    return read_status(settings).as_json()
