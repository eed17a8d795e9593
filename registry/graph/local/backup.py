"""Dump and load: the whole store in one file, while the server is stopped."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import InvalidRequestError, LocalServerError
from registry.graph.local import ownership
from registry.graph.local.admin import AdminTool, run_admin
from registry.graph.local.configuration import choose_port, write_configuration
from registry.graph.local.jars import JarCache
from registry.graph.local.java import find_java, write_arguments
from registry.graph.local.layout import Layout, reason_of
from registry.graph.local.lock import read_lock
from registry.graph.local.memory import choose_memory, collector_options
from registry.graph.local.password import set_up_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from registry.settings import Settings

#: The one database of a Community server that holds data.
DATABASE = "neo4j"
_DUMP_NAME = f"{DATABASE}.dump"


def dump(settings: Settings, target: Path, *, force: bool = False, console: Console | None = None) -> Path:
    """Write the stopped database into the file ``target`` and return its absolute path.

    The file appears whole or not at all; an existing one is replaced only with ``force``. Users and the password are
    not part of a dump. Raises AlreadyRunningError (the server runs), InvalidRequestError (the file exists, there is
    nothing to dump), LocalServerError.
    """
    target = target.expanduser().absolute()
    if target.exists() and not force:
        raise InvalidRequestError(f"{target} exists.", hint="Name another file, or replace this one with --force.")
    if target.is_dir() or not target.parent.is_dir():
        raise InvalidRequestError(f"{target} cannot be written: name a file in an existing folder.", hint="")
    layout = Layout.of(settings)
    if not layout.has_store():
        raise InvalidRequestError(
            f"There is nothing to dump: no database of line {layout.line} in {settings.data_dir}.",
            hint="Check LINEAGE_DATA_DIR and LINEAGE_NEO4J_VERSION.",
        )
    with stopped(settings, "lineage db dump", console) as admin, _beside(target) as folder:
        with _status(console, f"Dumping to {target} …"):
            run_admin(admin, ["database", "dump", DATABASE, f"--to-path={folder}"], "The dump failed")
        (folder / _DUMP_NAME).replace(target)
    return target


def load(settings: Settings, source: Path, *, overwrite: bool = False, console: Console | None = None) -> None:
    """Make the content of a dump the content of the stopped database.

    A store that is there is replaced only with ``overwrite``. Works on a data folder that was never started: it is
    set up with a new password. Raises AlreadyRunningError, InvalidRequestError (no such file, a store is there),
    LocalServerError (not a dump, written by a newer version, …).
    """
    source = source.expanduser().absolute()
    if not source.is_file():
        raise InvalidRequestError(f"There is no file {source}.", hint="Name a file that `lineage db dump` has written.")
    layout = Layout.of(settings)
    if layout.has_store() and not overwrite:
        raise InvalidRequestError(
            f"{layout.data} already holds a database.",
            hint="Replace it with --overwrite (dump it first), or choose another LINEAGE_DATA_DIR.",
        )
    with stopped(settings, "lineage db load", console) as admin, _status(console, f"Loading {source} …"):
        set_up_password(layout, admin)
        _build(layout, admin, source, settings)
        if layout.data.exists():
            layout.data.rename(layout.replaced)
        layout.loading.rename(layout.data)  # killed between these two: the next who takes the lock puts it back
        shutil.rmtree(layout.replaced, ignore_errors=True)


def _build(layout: Layout, admin: AdminTool, source: Path, settings: Settings) -> None:
    """Make the new data folder beside the old one: a file that cannot be loaded must not cost the store."""
    shutil.copytree(layout.data, layout.loading, ignore=_without_database)
    write_configuration(layout, choose_port(None), choose_memory(settings)[1], layout.loading)
    arguments = ["database", "load", DATABASE, "--from-stdin", "--overwrite-destination=true"]
    try:
        with source.open("rb") as content:
            run_admin(admin, arguments, f"{source} could not be loaded, nothing was changed", standard_input=content)
    except BaseException:
        shutil.rmtree(layout.loading, ignore_errors=True)
        raise


def _without_database(folder: str, _names: list[str]) -> list[str]:
    return [DATABASE] if Path(folder).name in ("databases", "transactions") else []


@contextmanager
def stopped(settings: Settings, owner: str, console: Console | None) -> Iterator[AdminTool]:
    """Hold the data folder of a stopped server, ready for admin commands."""
    layout = Layout.of(settings)
    layout.prepare()
    java = find_java(settings)
    jars = JarCache(settings).ensure(read_lock(f"neo4j-{layout.line}"), console)
    with ownership.held(layout, owner) as holding:
        try:
            heap, page_cache = choose_memory(settings)
            write_arguments(layout.arguments, jars, [f"-Xmx{heap}", *collector_options(heap)])
            write_configuration(layout, choose_port(None), page_cache)
            yield AdminTool(java, layout.arguments, holding)
        except OSError as error:
            raise LocalServerError(f"The files in {layout.root} could not be used: {reason_of(error)}.") from error


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A folder on the same file system as ``target``, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _status(console: Console | None, text: str) -> Iterator[None]:
    if console is None or not console.is_terminal:
        yield
        return
    with console.status(text):
        yield
