"""`lineage export`: a subgraph as a file that other tools read."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from registry.cli import options
from registry.cli.client import Client, Download
from registry.cli.names import expand_name
from registry.cli.terminal import literal, notices
from registry.errors import ConfigurationError, InvalidRequestError
from registry.export.formats import FORMATS, Format, named
from registry.settings import load_settings

_PATH = "/api/v1/export"
_STANDARD_OUTPUT = "-"
_EXAMPLES = """
**Examples**

- `lineage export ModelVersion:demo:churn:4 --output churn.cdx.json` writes a bill of materials with a model card
- `lineage export Deployment:demo:churn-live --format mermaid` draws what it was made from
- `lineage export Dataset:demo:wine --direction downstream --format parquet --output wine.parquet.zip` for DuckDB
- `lineage export --namespace demo --output demo.parquet.zip` takes everything of a namespace, without a walk
- `lineage export ModelVersion:demo:churn:4 --format prov-json --known-at 2026-05-04 --complete` refuses a part
"""


class Direction(StrEnum):
    """Which way the walk goes."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Ask")(export)


def _complete_format(incomplete: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(incomplete.lower())]


def export(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="URN...",
            help="Where to start: URNs, or their short form Kind:namespace:name[:version].",
            show_default=False,
        ),
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", help="No walk: everything of this namespace.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="No walk: everything that is recorded.")] = False,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            help=f"One of {', '.join(FORMATS)}. Default: what the name of the file says.",
            autocompletion=_complete_format,
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file to write; - is standard output.")
    ] = _STANDARD_OUTPUT,
    direction: Annotated[Direction, typer.Option("--direction", help="Which way to walk.")] = Direction.UPSTREAM,
    depth: options.Depth = None,
    kind: options.Kinds = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    surroundings: Annotated[
        bool | None,
        typer.Option(
            "--surroundings/--walk-only",
            help="With assets, owners, columns, evaluations and software, or the walk alone. Default: as the format wants.",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Export at most this many.")] = 10_000,
    complete: Annotated[bool, typer.Option("--complete", help="Write all of it or nothing.")] = False,
    trusted: options.Trusted = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
) -> None:
    """Write lineage in a format that other tools read.

    What is not complete says so, in the file and here.
    """
    chosen = _format(format_, output)
    _check_output(output, chosen, force=force)
    parameters: dict[str, Any] = {
        "urn": [expand_name(name) for name in names or ()] or None,
        "namespace": namespace,
        "everything": everything or None,
        "format": chosen.name,
        "direction": direction.value,
        "depth": depth,
        "kinds": kind or None,
        "software": software,
        "possible": not no_possible,
        "surroundings": surroundings,
        "limit": limit,
        "complete": complete,
        "as_of": as_of,
        "known_at": known_at,
        "trusted": trusted or None,
    }
    given = {name: value for name, value in parameters.items() if value is not None}
    with Client.from_settings(load_settings()) as client, _bar() as progress:
        task = progress.add_task(f"Exporting {chosen.name}", total=None)
        with client.download(_PATH, given) as answer:
            progress.update(task, total=answer.size)
            size = _write(output, _counted(answer, progress, task), force=force)
    _tell(answer, output, size)


def _format(name: str | None, output: str) -> Format:
    if name is not None:
        return named(name)
    for endings in (_suffix, _last_suffix):
        found = [item for item in FORMATS.values() if output.lower().endswith(endings(item))]
        if len(found) == 1:
            return found[0]
    raise InvalidRequestError(
        "Which format?",
        hint=f"Say --format with one of {', '.join(FORMATS)}, or name the file by its format: x.cdx.json.",
    )


def _whole_suffix(item: Format) -> str:
    return item.suffix


def _suffix(item: Format) -> str:
    return item.suffix


def _last_suffix(item: Format) -> str:
    return f".{item.suffix.rpartition('.')[2]}"


def _check_output(output: str, chosen: Format, *, force: bool) -> None:
    """Raise before anything is asked for that could not be written."""
    if output == _STANDARD_OUTPUT:
        if chosen.name == "parquet" and sys.stdout.isatty():
            raise InvalidRequestError("A terminal cannot show a ZIP.", hint="Say --output FILE.")
        return
    path = Path(output)
    if path.is_dir():
        raise ConfigurationError(f"{output} is a folder.", hint="Say --output with the name of a file in it.")
    if path.exists() and not force:
        raise ConfigurationError(f"{output} is there already; nothing was written.", hint="Say --force to replace it.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"There is no folder {path.parent}.", hint="Make it first.")


def _write(output: str, chunks: Iterable[bytes], *, force: bool) -> int:
    """Write all of it or, where that fails, leave the file as it was; the size in bytes."""
    if output == _STANDARD_OUTPUT:
        size = sum(sys.stdout.buffer.write(chunk) for chunk in chunks)
        sys.stdout.buffer.flush()
        return size
    try:
        return _write_whole(Path(output), chunks, force=force)
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror or error}.") from error


def _write_whole(path: Path, chunks: Iterable[bytes], *, force: bool) -> int:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False) as file:
        draft = Path(file.name)
        try:
            size = sum(file.write(chunk) for chunk in chunks)
            file.close()
            draft.chmod(0o666 & ~_umask())
            if force:
                draft.replace(path)
            else:
                _place(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return size


def _place(draft: Path, path: Path) -> None:
    """Give a draft its name unless somebody made that file meanwhile. Raises FileExistsError."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise
        draft.replace(path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _counted(answer: Download, progress: Progress, task: Any) -> Iterable[bytes]:
    for chunk in answer.chunks:
        yield chunk
        progress.advance(task, len(chunk))


def _bar() -> Progress:
    """A bar that runs while the server is putting the document together, then fills."""
    console = notices()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _tell(answer: Download, output: str, size: int) -> None:
    said = answer.headers
    console = notices()
    if output != _STANDARD_OUTPUT:
        counted = f"{said.get('lineage-nodes', '?')} entities, {said.get('lineage-edges', '?')} edges, {size:,} bytes"
        console.print(literal(f"Wrote {output}: {counted}."), soft_wrap=True)
    if said.get("lineage-complete") != "true":
        reasons = said.get("lineage-reasons") or "not said why"
        console.print(literal(f"Not complete ({reasons}). --complete refuses that.", "yellow"), soft_wrap=True)
    left_out = said.get("lineage-left-out")
    if left_out:
        console.print(literal(f"This format has no place for {left_out.replace('=', ': ')}.", "yellow"), soft_wrap=True)
