"""What pandas reads and writes."""

from __future__ import annotations

import inspect
import os
from types import ModuleType
from typing import Any

from lineage_client.capture.column_steps import following
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
_SHAPING = (
    "nrows", "usecols", "columns", "skiprows", "skipfooter", "filters", "chunksize", "iterator", "index_col", "names",
    "header", "sheet_name", "where", "start", "stop",
)  # fmt: skip
"""Arguments of readers by which the result is not the file: fewer rows or columns, or other names for them."""
_WITHOUT_COUNT = frozenset({"to_parquet", "to_feather", "to_orc"})
"""Writers that, if not told otherwise, write an index that only counts the rows as no column."""


def hook(pandas: ModuleType) -> None:
    """Wrap the readers and writers of pandas, and its questions to databases."""
    for name, argument in _READS.items():
        if hasattr(pandas, name):
            wrap(pandas, name, after=_read(argument, _defaults(getattr(pandas, name))))
    for owner in (pandas.DataFrame, pandas.Series):
        for name, argument in _WRITES.items():
            wrap(owner, name, before=_before_write(argument), after=_written(name, argument))
    for name in ("read_sql", "read_sql_query"):
        wrap(pandas, name, after=_asked)
    following.library_loaded(pandas)


def place_of(value: Any, *, home: bool = True) -> str | None:
    """The path or URI of what may also be a buffer or a connection; ``home`` says that ``~`` stands for the home."""
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        if isinstance(text, str) and "\n" not in text[:1] and len(text) < 4096:
            return os.path.expanduser(text) if home else text  # noqa: PTH111 - may be a URI
    return None


def _read(argument: str, usual: dict[str, Any]) -> Note:
    def note(run: Run, given: dict[str, Any], frame: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None and not place.lstrip().startswith(("{", "[", "<")):
            run.note_read(place, "DatasetVersion")
            note_frame(run, place, frame, whole=_is_whole(given, usual))
            _columns_came_in(run, place, frame, given, usual)

    return note


def _is_whole(given: dict[str, Any], usual: dict[str, Any]) -> bool:
    """Whether a call reads all rows and columns under their own names, so that what came of it is the file."""
    given = {**given, **given.get("kwds", {}), **given.get("kwargs", {})}
    return all(given.get(name) is usual.get(name) for name in _SHAPING)


def _defaults(function: Any) -> dict[str, Any]:
    """What the arguments of a reader that shape its result are when nobody gives them."""
    parameters = inspect.signature(function).parameters
    return {name: parameters[name].default for name in _SHAPING if name in parameters}


def _before_write(argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], _: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None and given.get("mode", "w") == "w":
            run.note_write(place, "DatasetVersion")
        elif place is not None:
            run.note_update(place)

    return note


def _written(name: str, argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], _: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None and given.get("mode", "w") == "w":
            note_frame(run, place, given["self"], whole=_is_written_whole(name, given), written=True)
        if place is not None:
            _columns_go_out(run, place, name, given)

    return note


def _columns_came_in(run: Run, place: str, frame: Any, given: dict[str, Any], usual: dict[str, Any]) -> None:
    """Say which columns of the file a frame has, where they have the file's names; of pieces, as each is read."""
    names, header = given.get("names"), given.get("header")
    if names is not None and header is not usual.get("header") and header is not None:
        return  # the file has other names for them
    if isinstance(frame, dict):  # sheets
        for sheet in frame.values():
            following.came_in(run, place, sheet)
    elif hasattr(frame, "get_chunk"):
        following.pieces_come_in(place, frame)
    elif hasattr(frame, "columns"):
        following.came_in(run, place, frame)


def _columns_go_out(run: Run, place: str, name: str, given: dict[str, Any]) -> None:
    header, labels = given.get("header", True), given.get("columns")
    if header not in (True, False) or not (labels is None or isinstance(labels, (list, tuple))):
        return  # by other names than the frame's
    index = given.get("index", given.get("write_index"))
    if name in _WITHOUT_COUNT:
        index = index is not False
    following.go_out(
        run, place, following.frame_columns(given["self"], labels, index=bool(index) and name != "to_json")
    )


def _is_written_whole(name: str, given: dict[str, Any]) -> bool:
    """Whether the columns of a file are those of the frame that was written to it, without its index."""
    if given.get("columns") is not None or given.get("header", True) is not True:
        return False
    index = given.get("index", given.get("write_index"))
    if index is None and name in _WITHOUT_COUNT:
        return type(given["self"].index).__name__ == "RangeIndex"
    return index is False


def _asked(run: Run, given: dict[str, Any], _: Any) -> None:
    if isinstance(given.get("sql"), str):
        run.sql(given["sql"])
