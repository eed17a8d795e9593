"""What pyarrow reads and writes without pandas or polars."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from lineage_client.capture.hooks.pandas_files import place_of
from lineage_client.capture.hooks.wrapping import Note, wrap
from lineage_client.capture.running import Run

_READS = {
    "pyarrow.parquet": {"read_table": "source"},
    "pyarrow.csv": {"read_csv": "input_file", "open_csv": "input_file"},
    "pyarrow.json": {"read_json": "input_file"},
    "pyarrow.feather": {"read_table": "source", "read_feather": "source"},
    "pyarrow.orc": {"read_table": "source"},
}
_WRITES = {
    "pyarrow.parquet": {"write_table": "where"},
    "pyarrow.csv": {"write_csv": "output_file"},
    "pyarrow.feather": {"write_feather": "dest"},
    "pyarrow.orc": {"write_table": "where"},
}
MODULES = tuple(_READS)


def hook(module: ModuleType) -> None:
    """Wrap the readers and writers of one of pyarrow's modules."""
    for name, argument in _READS.get(module.__name__, {}).items():
        wrap(module, name, after=_read(argument))
    for name, argument in _WRITES.get(module.__name__, {}).items():
        wrap(module, name, before=_write(argument))


def _read(argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], _: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None:
            run.note_read(place, "DatasetVersion")

    return note


def _write(argument: str) -> Note:
    def note(run: Run, given: dict[str, Any], _: Any) -> None:
        place = place_of(given.get(argument))
        if place is not None:
            run.note_write(place, "DatasetVersion")

    return note
