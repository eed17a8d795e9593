"""`lineage import`: send a file of records or what a capture reads, see it go, learn what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from registry.capture.registered import offers
from registry.cli import options
from registry.cli.capturing import read_options
from registry.cli.client import Client, ConnectionLostError
from registry.cli.following import INTERRUPTED, Import, follow_source, read_seconds
from registry.cli.names import check_time
from registry.cli.putting_away import PuttingAway
from registry.cli.reached import From
from registry.cli.source_file import Form, SourceFile, open_source
from registry.cli.terminal import literal, notices, output, print_json
from registry.errors import InvalidRecordError, InvalidRequestError, RegistryError, TooLargeError
from registry.settings import load_settings

_LARGEST_BATCH = 256 * 1024 * 1024
_DIGEST_DIGITS = 32
"""128 bits keep two files apart and leave a name that a person can read."""
_EXAMPLES = """
**Examples**

- `lineage import records.ndjson` sends one record a line; the same file again changes nothing
- `lineage import records.ndjson.gz --mode per-item` keeps the good records and lists the bad
- `my-exporter | lineage import -` reads a pipe
- `lineage import batch.json` sends `{"records": [...]}`, all of it or nothing
- `lineage import mlflow sqlite:///mlflow.db` reads a source by its capture; `lineage captures` lists them
- `lineage import mlflow http://127.0.0.1:5000 --dry-run` reads and checks everything, and sends nothing
- `lineage import mlflow http://127.0.0.1:5000 --follow --every 30s` goes on with what comes
"""


class Mode(StrEnum):
    """What a bad record does to the good ones beside it."""

    ATOMIC = "atomic"
    PER_ITEM = "per-item"


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(name="import", epilog=_EXAMPLES, rich_help_panel="Record")(import_records)


def import_records(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|SOURCE",
            help="NDJSON (one record a line) or a JSON body, plain or gzip; - reads standard input. Or, with WHERE, "
            "the name of a capture.",
            show_default=False,
        ),
    ],
    where: Annotated[
        str | None,
        typer.Argument(metavar="WHERE", help="What the capture reads: a file, a folder, a URL.", show_default=False),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="KEY=VALUE", help="For the capture; may be repeated.", show_default=False
        ),
    ] = None,
    event_id: Annotated[
        str | None,
        typer.Option("--event-id", help="Name of the import of a file. Default: derived from the file's content."),
    ] = None,
    mode: Annotated[
        Mode, typer.Option("--mode", help="atomic: a bad record stops its step; per-item: good records are kept.")
    ] = Mode.ATOMIC,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read a source and check it, and send nothing.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read all of a source, and not only what came since the last import.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="TIME", help="Read what came since a time.", show_default=False, callback=_check_since
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on importing what comes, until interrupted.")] = False,
    every: Annotated[
        str | None, typer.Option("--every", metavar="30s", help="With --follow, how often to look.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Record entities and edges from a file, or from a source that a capture reads (mlflow, …).

    Running it again is safe: what is there is not written twice. Of a source that can tell what is new (mlflow), the
    second import reads that alone.
    """
    if where is None:
        if option or dry_run or full or since or follow or every:
            raise typer.BadParameter(
                "--option, --dry-run, --full, --since, --follow and --every go with a capture: "
                "lineage import SOURCE WHERE."
            )
        _import_file(source, event_id, mode, as_json=as_json)
        return
    if event_id is not None:
        raise typer.BadParameter("--event-id names the import of a file; captures name their events.")
    if full and since:
        raise typer.BadParameter("--full reads everything, --since a part: choose one.")
    _check_following(follow=follow, every=every, dry_run=dry_run)
    # Checking records takes a moment to load: only where it is needed.
    from registry.cli.errand import import_source

    run = partial(
        import_source, source, where, read_options(option or []), keep_good=mode is Mode.PER_ITEM, dry_run=dry_run
    )
    if follow:
        _follow(run, From(full, since), every, as_json=as_json)
    else:
        _import_source(run(begin=From(full, since)), as_json=as_json)


def _check_since(value: str | None) -> str | None:
    return value if value is None else check_time(value)


def _check_following(*, follow: bool, every: str | None, dry_run: bool) -> None:
    if every is not None and not follow:
        raise typer.BadParameter("--every goes with --follow.")
    if follow and dry_run:
        raise typer.BadParameter("--follow records what comes: it does not go with --dry-run.")


def _follow(run: Import, begin: From, every: str | None, *, as_json: bool) -> None:
    try:
        follow_source(run, begin, read_seconds(every), as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _import_source(answer: dict[str, Any], *, as_json: bool) -> None:
    from registry.cli.drawing.capturing import draw_capture

    if as_json:
        print_json(answer)
    else:
        output().print(draw_capture(answer))
    if not answer["ok"]:
        raise typer.Exit(1)


def _import_file(file: str, event_id: str | None, mode: Mode, *, as_json: bool) -> None:
    from registry.cli.drawing.importing import draw_import

    _refuse_lone_capture(file)
    with Client.from_settings(load_settings()) as client:
        client.readiness()  # before reading a long file: is anybody there?
        with open_source(file) as source:
            answer = _send(client, source, event_id, mode)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_import(answer, source.title))
    if answer.get("failed"):
        raise typer.Exit(1)


def _refuse_lone_capture(file: str) -> None:
    if file in offers() and not Path(file).exists():
        raise InvalidRequestError(
            f"There is no file {file}; it is the name of a capture.",
            hint=f"Say what it should read: lineage import {file} WHERE.",
        )


def _send(client: Client, source: SourceFile, event_id: str | None, mode: Mode) -> dict[str, Any]:
    """Send the file under the event id given, else its own, else one that follows from its content."""
    away = PuttingAway.of_file(client, source.title)
    answer = _sent(client, source, event_id, mode, away)
    if Path(source.title).is_file():  # else nobody knows that it is the same again
        away.settle()
    return answer


def _sent(client: Client, source: SourceFile, event_id: str | None, mode: Mode, away: PuttingAway) -> dict[str, Any]:
    derived = f"import-{source.digest[:_DIGEST_DIGITS]}"
    parameters: dict[str, Any] = {"mode": mode.value} | away.parameters
    try:
        if source.form is Form.BATCH:
            parameters |= {"event_id": event_id} if event_id else {}
            body = _batch(source, event_id or derived)
            with _progress(source) as advance:
                advance(source.size)
                return client.send_batch(body, parameters)
        parameters["event_id"] = event_id or derived
        with _progress(source) as advance:
            return client.send_stream(_counted(source, advance), parameters)
    except InvalidRecordError as error:
        raise _explained(error, source) from error
    except ConnectionLostError as error:
        error.hint = _resume_hint(source)
        raise
    except KeyboardInterrupt:
        notices().print(literal(f"Interrupted. {_resume_hint(source)}", "yellow"), soft_wrap=True)
        raise


def _batch(source: SourceFile, event_id: str) -> bytes:
    """The body with an event id in it: its own where it has one."""
    if source.size > _LARGEST_BATCH:
        raise TooLargeError(
            f"{source.title} is too large to be sent as one JSON body.",
            hint="Write one record a line (NDJSON): a stream may be as long as you like.",
        )
    try:
        body = json.loads(b"".join(source.chunks()))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"{source.title} is not valid JSON: {error}.", hint="Nothing was sent.") from error
    if not isinstance(body, dict) or "records" not in body:
        raise InvalidRequestError(
            f'{source.title} is neither NDJSON nor a JSON object with "records".',
            hint="Write one record a line; a name that ends in .ndjson says so.",
        )
    body.setdefault("event_id", event_id)
    return json.dumps(body).encode()


def _explained(error: InvalidRecordError, source: SourceFile) -> RegistryError:
    """The error with its table on standard error, and how to go on."""
    through = error.details.get("committed_through_line")
    if source.form is Form.LINES and through:
        error.hint = (
            f"Lines 1 to {through} are recorded. Correct the lines above and import the whole file again: what is"
            " recorded already stays as it is. Or keep the good lines with --mode per-item."
        )
    elif source.form is Form.LINES:
        error.hint = "Nothing was recorded. Correct the lines above, or keep the good ones with --mode per-item."
    else:
        error.hint = "Nothing was recorded. Correct the records above (they count from 1), or use --mode per-item."
    return error


def _resume_hint(source: SourceFile) -> str:
    return (
        f"Run the same command again when `lineage status` is good: {source.title} goes on where it stopped, and what"
        " is recorded already is not written twice."
    )


def _counted(source: SourceFile, advance: Any) -> Iterator[bytes]:
    for chunk in source.chunks():
        yield chunk
        advance(len(chunk))


@contextmanager
def _progress(source: SourceFile) -> Iterator[Any]:
    """A bar over the bytes sent; after the last one it says that the server is finishing."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    console = notices()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Importing", total=source.size)

        def advance(count: int) -> None:
            progress.advance(task, count)
            if progress.tasks[0].finished:
                progress.update(task, description="Recording the rest")

        yield advance
