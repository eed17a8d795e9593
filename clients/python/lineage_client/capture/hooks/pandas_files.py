"""What pandas reads and writes."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any

from lineage_client.capture.hooks.wrapping import Note, wrap
from lineage_client.capture.profiles import note_frame
from lineage_client.capture.running import Run

_READS = {
    "read_csv": "filepath_or_buffer", "read_table": "filepath_or_buffer", "read_fwf": "filepath_or_buffer",
    "read_parquet": "path", "read_feather": "path", "read_orc": "path", "read_json": "path_or_buf",
    "read_excel": "io", "read_hdf": "path_or_buf", "read_pickle": "filepath_or_buffer", "read_xml": "path_or_buffer",
    "read_stata": "filepath_or_buffer", "read_sas": "filepath_or_buffer", "read_spss": "path",
}  # fmt: skip
_WRITES = {
    "to_csv": "path_or_buf", "to_parquet": "path", "to_feather": "path", "to_orc": "path", "to_json": "path_or_buf",
    "to_excel": "excel_writer", "to_hdf": "path_or_buf", "to_pickle": "path", "to_xml": "path_or_buffer",
    "to_stata": "path",
}  # fmt: skip


def hook(pandas: ModuleType) -> None:
    """Wrap the readers and writers of pandas, and its questions to databases."""
    for name, argument in _READS.items():
        wrap(pandas, name, after=_read(argument))
    for owner in (pandas.DataFrame, pandas.Series):
        for name, argument in _WRITES.items():
            wrap(owner, name, before=_before_write(argument), after=_written(argument))
    for name in ("read_sql", "read_sql_query"):
        wrap(pandas, name, after=_asked)


def place_of(value: Any) -> str | None:
    """The path or URI of what may also be a buffer or a connection."""
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        return text if isinstance(text, str) and "\n" not in text[:1] and len(text) < 4096 else None
    return None


def _read(argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], frame: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None and not place.lstrip().startswith(("{", "[", "<")):
            run.note_read(place, "DatasetVersion")
            note_frame(run, place, frame, whole=_is_whole(given))

    return note


def _is_whole(given: dict[str, Any]) -> bool:
    """Whether a call reads all rows and columns, so that what came of it is the file."""
    return all(given.get(name) is None for name in ("nrows", "usecols", "columns", "skiprows", "filters", "chunksize"))


def _before_write(argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], _: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None and given.get("mode", "w") == "w":
            run.note_write(place, "DatasetVersion")
        elif place is not None:
            run.note_update(place)

    return note


def _written(argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], _: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None and given.get("mode", "w") == "w":
            note_frame(run, place, given["self"], whole=given.get("columns") is None, written=True)

    return note


def _asked(run: Run, given: dict[str, Any], _: Any) -> None:
    if isinstance(given.get("sql"), str):
        run.sql(given["sql"])
