"""What polars reads and writes; all of it in native code, so nothing else sees it."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps import following
from lineage_client.capture.hooks.wrapping import wrap
from lineage_client.capture.naming import is_uri
from lineage_client.capture.profiles import note_frame
from lineage_client.capture.running import Run

_FORMATS = ("csv", "parquet", "ipc", "ndjson", "json", "avro", "excel", "delta", "ods")


def hook(polars: ModuleType) -> None:
    """Wrap the readers, scanners, writers and sinks of polars."""
    for name in (f"{verb}_{form}" for verb in ("read", "scan") for form in _FORMATS):
        wrap(polars, name, after=_read)
    for form in _FORMATS:
        wrap(polars.DataFrame, f"write_{form}", before=_write, after=_written)
        wrap(polars.LazyFrame, f"sink_{form}", before=_write, after=_sunk)
    following.library_loaded(polars)


def _read(run: Run, given: dict[str, Any], frame: Any) -> None:
    places = [place for value in (given.get("source"),) for place in _places(value)]
    for place in places:
        run.note_read(place, "DatasetVersion")
    partial = any(given.get(name) is not None for name in ("columns", "n_rows", "with_columns", "row_index_name"))
    if len(places) == 1 and hasattr(frame, "null_count") and hasattr(frame, "height"):
        note_frame(run, places[0], frame, whole=not partial and not given.get("skip_rows"))
    if places and given.get("has_header", True) and given.get("new_columns") is None:
        following.polars_came_in(run, places, frame)


def _write(run: Run, given: dict[str, Any], _: Any) -> None:
    for place in _places(_target(given)):
        run.note_write(place, "DatasetVersion")


def _written(run: Run, given: dict[str, Any], _: Any) -> None:
    for place in _places(_target(given)):
        note_frame(run, place, given["self"], whole=True, written=True)
    _sunk(run, given, None)


def _sunk(run: Run, given: dict[str, Any], _: Any) -> None:
    for place in _places(_target(given)):
        following.polars_go_out(run, place, given["self"])


def _target(given: dict[str, Any]) -> Any:
    return next((given[name] for name in ("file", "path", "target", "workbook") if given.get(name) is not None), None)


def _places(value: Any) -> Iterator[str]:
    """The paths and URIs that a source stands for: patterns are resolved as they are now."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _places(item)
    elif isinstance(value, (str, os.PathLike)):
        text = os.path.expanduser(os.fspath(value))  # noqa: PTH111 - may be a URI
        pattern: Callable[[str], bool] = glob.has_magic
        if is_uri(text) or not pattern(text) or os.path.exists(text):  # noqa: PTH110
            yield text
        else:
            yield from sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - a pattern of the user's
