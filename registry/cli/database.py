"""``lineage db``: the managed local Neo4j and its schema."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli.options import AsJson
from registry.cli.terminal import literal, notices, output, print_json
from registry.errors import AlreadyRunningError, NotRunningError
from registry.settings import Settings, load_settings

if TYPE_CHECKING:
    from registry.graph.database import Database

app = typer.Typer(name="db", help="The managed local Neo4j: start, stop, look, dump, load.", no_args_is_help=True)

_STOP_SECONDS = 60.0


@app.command("start")
def start_command(as_json: AsJson = False) -> None:
    """Start Neo4j in the background; it stays until `lineage db stop`. Fetches it first where it is not there yet."""
    from registry.graph import local

    settings = load_settings()
    if (server := local.running(settings)) is None:
        server = local.start(settings, owner="lineage db start", detached=True, console=notices())
    if as_json:
        print_json({"uri": server.uri, "username": server.username, "pid": server.pid, "line": server.line})
        return
    output().print(
        literal(f"Neo4j {server.line} runs at {server.uri} (process {server.pid}).", "green"), soft_wrap=True
    )
    output().print(f"User {server.username}, password in {server.data_dir / 'password'}.", soft_wrap=True)


@app.command("stop")
def stop_command(
    force: Annotated[bool, typer.Option("--force", help="Stop it although another command uses it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Stop Neo4j. Stopping what is not running is no error."""
    from registry.graph import local

    settings = load_settings()
    record = local.holder(settings)
    if record and "keeper" in record and not record.get("detached") and not force:
        raise AlreadyRunningError(
            f"Neo4j belongs to `{record.get('owner')}` (process {record.get('pid')}), which still uses it.",
            hint="Stop that (`lineage down`, or Ctrl-C where it runs), or take Neo4j away from it with --force.",
            pid=record.get("pid"),
        )
    stopped = local.stop(settings, timeout=_STOP_SECONDS)
    if as_json:
        print_json({"stopped": stopped})
    else:
        output().print("Neo4j is stopped." if stopped else "Neo4j was not running.")


@app.command("status")
def status_command(as_json: AsJson = False) -> None:
    """Show whether Neo4j runs, for whom and since when, where it listens, and where its data lies."""
    from registry.graph.local.status import read_status

    facts = read_status(load_settings()).as_json()
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        if value is not None:
            output().print(
                literal(f"{name.replace('_', ' '):<16}", "bold"), literal(_readable(name, value)), soft_wrap=True
            )


@app.command("logs")
def logs_command(
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Show so many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on showing what is written. Ctrl-C ends.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the detailed log.")] = False,
) -> None:
    """Show the log of Neo4j."""
    from registry.graph.local.layout import Layout

    layout = Layout.of(load_settings())
    path = layout.debug_log if debug else layout.log
    if not path.exists() and not follow:
        raise NotRunningError(
            f"There is no log yet: {path}.", hint="Start Neo4j with `lineage db start` or `lineage up`."
        )
    position = _print_tail(path, lines)
    with suppress(KeyboardInterrupt):  # how one ends it
        while follow:
            time.sleep(0.3)
            position = _print_new(path, position)


@app.command("dump")
def dump_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, whole or not at all.")],
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the stopped database into a file."""
    from registry.graph import local

    target = local.dump(load_settings(), file, force=force, console=notices())
    size = target.stat().st_size
    if as_json:
        print_json({"file": str(target), "bytes": size})
    else:
        output().print(literal(f"Wrote {target} ({_size(size)})."), soft_wrap=True)


@app.command("load")
def load_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `lineage db dump` has written.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the database that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the content of a dump the content of the stopped database."""
    from registry.graph import local

    local.load(load_settings(), file, overwrite=overwrite, console=notices())
    if as_json:
        print_json({"loaded": str(file)})
    else:
        output().print(
            literal(f"Loaded {file}. Bring its schema to this version with `lineage db migrate`."), soft_wrap=True
        )


@app.command("verify")
def verify_command(as_json: AsJson = False) -> None:
    """Hash every downloaded jar again and fetch anew what is wrong or missing."""
    from registry.graph.local.jars import repair_jars

    found = repair_jars(load_settings(), notices())
    if as_json:
        print_json({"repaired": found})
        return
    for coordinate in found:
        output().print(literal(f"Fetched again: {coordinate}"), soft_wrap=True)
    output().print("Every jar is the one that the lock names.")


@app.command("migrate")
def migrate_command(as_json: AsJson = False) -> None:
    """Bring the database (NEO4J_URI, else the managed one) to the schema of this version."""
    from registry.graph.migrate import migrate

    settings = load_settings()
    with _database(settings) as database:
        applied = migrate(database)
    if as_json:
        print_json({"applied": list(applied)})
    elif applied:
        output().print(literal(f"Applied {', '.join(applied)}."), soft_wrap=True)
    else:
        output().print("The database is up to date.")


def _database(settings: Settings) -> Database:
    """A connection to the database that the settings name; the managed one is started for this command if need be."""
    from registry.graph import local
    from registry.graph.database import Database

    if settings.neo4j_uri is not None:
        return Database.from_settings(settings)
    server = local.running(settings) or local.start(settings, owner="lineage db migrate", console=notices())
    return Database(server.uri, server.username, server.password)


def _print_tail(path: Path, lines: int) -> int:
    """Show the last lines and say where they end, in bytes."""
    if not path.exists():
        return 0
    with path.open("rb") as file:
        for line in deque(file, maxlen=lines):
            _print_line(line)
        return file.tell()


def _print_new(path: Path, position: int) -> int:
    """Show whole lines written since ``position``, from the top where the log began anew."""
    try:
        with path.open("rb") as file:
            file.seek(position if path.stat().st_size >= position else 0)
            for line in file:
                if not line.endswith(b"\n"):
                    return file.tell() - len(line)
                _print_line(line)
            return file.tell()
    except OSError:
        return 0


def _print_line(line: bytes) -> None:
    output().print(literal(line.decode("utf-8", "replace").rstrip("\n")), soft_wrap=True)


def _readable(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _size(value) if name.endswith(("size", "memory")) else str(value)


def _size(count: int) -> str:
    from rich.filesize import decimal

    return decimal(count)
