"""The general witness: Python itself says which files are opened, renamed, and which databases connected to.

It sees what goes through Python's own ``open``; libraries that open files in native code are seen by their hooks. The
hook cannot be taken out again, so it costs as little as can be while no run is under way.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import PurePath

from lineage_client.capture.active import any_run, current_run
from lineage_client.capture.commands import files_named
from lineage_client.capture.files import ARCHIVES, COMPRESSED, MODELS, TABLES, TEXTS, is_data
from lineage_client.capture.later import Ours, is_ours
from lineage_client.capture.naming import local_path
from lineage_client.capture.quiet import quietly

_ENDS = tuple(TABLES | MODELS | TEXTS | COMPRESSED | ARCHIVES)
_WRITING = os.O_WRONLY | os.O_RDWR
_SYSTEM = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/usr/lib/")
_installed = False


def install() -> None:
    """Begin to listen; once is enough."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_heard)


def _heard(event: str, arguments: tuple[object, ...]) -> None:
    """What Python tells of itself, thousands of times: most of it is over after the first line."""
    if event not in _EVENTS or not any_run() or is_ours():
        return
    with quietly("a file could not be noted"), Ours():
        _EVENTS[event](*arguments)


def _opened(path: object, mode: object = None, flags: object = 0, *_: object) -> None:
    if not isinstance(path, (str, bytes, os.PathLike)):
        return  # a descriptor
    text = os.fsdecode(path)
    run = current_run()
    if run is None or not text.lower().endswith(_ENDS) or not is_data(text) or _is_librarys(text):
        return
    wanted = flags if isinstance(flags, int) else 0
    if _must_fail(text, mode, wanted):
        return
    if isinstance(mode, str):
        reads, writes = "r" in mode or "+" in mode, any(letter in mode for letter in "wax+")
        updates = "+" in mode or "a" in mode
    else:
        writes = bool(wanted & _WRITING)
        reads, updates = not wanted & os.O_WRONLY, bool(wanted & os.O_RDWR) or bool(wanted & os.O_APPEND)
    if updates and not wanted & os.O_TRUNC:
        run.note_update(text)
    elif writes:
        run.note_write(text)
    elif reads:
        run.note_read(text)


def _must_fail(path: str, mode: object, wanted: int) -> bool:
    """Whether what is about to be opened cannot be, or is a folder: Python tells of it before it tries."""
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)  # noqa: PTH116 - thousands of times
    except FileNotFoundError:
        return False  # to be made; of what is to be read, the run sees that it is not there
    except (OSError, ValueError):
        return True
    makes = "x" in mode if isinstance(mode, str) else bool(wanted & os.O_EXCL)
    writes = any(letter in mode for letter in "wa+") if isinstance(mode, str) else bool(wanted & _WRITING)
    return is_folder or makes or not os.access(path, os.W_OK if writes else os.R_OK)


def _renamed(source: object, target: object, *_: object) -> None:
    run = current_run()
    if run is None or not all(isinstance(item, (str, bytes, os.PathLike)) for item in (source, target)):
        return
    if os.path.lexists(source):  # type: ignore[arg-type]
        run.note_rename(os.fsdecode(source), os.fsdecode(target))  # type: ignore[arg-type]


def _removed(path: object, folder: object = -1, *_: object) -> None:
    """What is named within an open folder goes with that folder, which was told of before."""
    run = current_run()
    if run is not None and folder in (-1, None) and isinstance(path, (str, bytes, os.PathLike)):
        run.note_removal(os.fsdecode(path))


def _connected(database: object, *_: object) -> None:
    run = current_run()
    if run is None or not isinstance(database, (str, bytes, os.PathLike)):
        return
    name = os.fsdecode(database)
    path = name.removeprefix("file:").partition("?")[0] if name.startswith("file:") else name
    if path and path != ":memory:" and "mode=memory" not in name:
        run.note_update(path)


@lru_cache(maxsize=4096)
def _is_librarys(path: str) -> bool:
    """Whether a file belongs to the system, or is a text that a library brings for itself."""
    place = local_path(path) or path
    if place.startswith(_SYSTEM):
        return True
    library = place.startswith(tuple(_PREFIXES)) and ("site-packages" in place or "/lib/python" in place)
    return library and PurePath(place).suffix.lower() not in TABLES | (COMPRESSED - ARCHIVES)


def _started(_: object, command: object = None, folder: object = None, *__: object) -> None:
    _named(command, folder)


def _shell(command: object, *_: object) -> None:
    _named(command, None)


def _named(command: object, folder: object) -> None:
    run = current_run()
    if run is not None:
        for path in files_named(command, folder):
            if not _is_librarys(path):
                run.note_named(path)


_PREFIXES = {sys.prefix, sys.base_prefix, sys.exec_prefix}
_EVENTS: dict[str, Callable[..., None]] = {
    "open": _opened, "os.rename": _renamed, "os.remove": _removed, "shutil.rmtree": _removed,
    "sqlite3.connect": _connected, "subprocess.Popen": _started,
    "os.system": _shell, "os.posix_spawn": _started,
}  # fmt: skip
