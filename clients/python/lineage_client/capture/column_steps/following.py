"""The steps of all libraries, from the first run's begin to the last one's end; and where columns come in and go out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lineage_client.capture.active import current_run
from lineage_client.capture.column_steps.patching import patch
from lineage_client.capture.column_steps.traces import (
    MOST_SOURCES,
    PLAN,
    Origin,
    Trace,
    is_frame,
    origin_of,
    read_from,
    session,
    set_origin,
)
from lineage_client.capture.later import Ours
from lineage_client.capture.naming import is_uri, place_key
from lineage_client.capture.quiet import log, quietly

if TYPE_CHECKING:
    from lineage_client.capture.running import Run

Written = Iterator[tuple[str, Trace | None]]


def follow_from_now_on() -> None:
    """Follow the steps of runs that begin from now on."""
    session.wanted = True


def begin() -> bool:
    """A run begins: follow the libraries that are loaded. Whether :func:`follow_from_now_on` asked for it."""
    if not session.wanted:
        return False
    if session.enter():
        for name in _FOLLOWED:
            if (module := sys.modules.get(name)) is not None:
                library_loaded(module)
    return True


def end() -> None:
    """A run is over. With the last one all that is known is forgotten, and the libraries are as they were."""
    with quietly("libraries could not be left as they were"):
        session.leave()


def library_loaded(module: ModuleType) -> None:
    """A library is there, maybe only now; nothing, where no run is under way."""
    if session.number and module.__name__ in _FOLLOWED:
        with quietly(f"the columns of {module.__name__} cannot be followed"), Ours():
            _FOLLOWED[module.__name__](module)


def leave_to_compilers(_: ModuleType) -> None:
    """A compiler loads that takes the functions of numpy as they are: nothing is followed until the next session."""
    session.end()


def came_in(run: Run, place: str, frame: Any) -> None:
    """A frame of pandas holds columns of a file under their own names."""
    if not session.number:
        return
    key, labels = place_key(place), list(frame.columns)
    index = [name for name in getattr(getattr(frame, "index", None), "names", ()) if name is not None]
    run.columns_read.setdefault(key, set()).update(map(str, [*labels, *index]))
    set_origin(frame, Origin(session.number, read_from(key, labels), frame.columns, None, read_from(key, index)))


def pieces_come_in(place: str, reader: Any) -> None:
    """The same for each piece that a reader of pandas gives."""
    if session.number:
        reader.__dict__["_lineage_place"] = (session.number, place)
        patch(type(reader), "get_chunk", after=_piece_came_in)


def _piece_came_in(frame: Any, _: None, reader: Any, *__: Any, **___: Any) -> None:
    number, place = reader.__dict__.get("_lineage_place", (0, ""))
    run = current_run()
    if number == session.number and run is not None:
        came_in(run, place, frame)


def polars_came_in(run: Run, places: list[str], frame: Any) -> None:
    """A frame or query of polars holds columns of files. Only files of this machine are asked for their columns."""
    if not session.number or any(is_uri(place) for place in places):
        return
    keys = [place_key(place) for place in places]
    try:
        with Ours():
            schema = frame.collect_schema()
            empty = None if hasattr(frame, "height") else type(frame)(schema=schema)
    except Exception as error:  # noqa: BLE001 - whatever keeps a query from its files, the user will hear it
        log.debug("the columns of a query are not known: %s", type(error).__name__)
        return
    names = list(schema.names())
    for key in keys:
        run.columns_read.setdefault(key, set()).update(names)
    traces = {name: Trace(frozenset((key, name) for key in keys[:MOST_SOURCES]), PLAN) for name in names}
    set_origin(frame, Origin(session.number, traces, empty))


def polars_go_out(run: Run, place: str, frame: Any) -> None:
    """A frame or query of polars was written."""
    if session.number or session.gave_up:
        origin = origin_of(frame)
        known = origin.columns if origin is not None else {}
        names = list(frame.columns) if hasattr(frame, "height") else list(known)
        go_out(run, place, iter([(str(name), known.get(name)) for name in names]))


def go_out(run: Run, place: str, columns: Written) -> None:
    """A file was written whose columns come from these; None where that is not known."""
    if session.number or session.gave_up:
        run.note_columns(place, dict(columns))


def frame_columns(frame: Any, labels: Any = None, *, index: bool = False) -> Written:
    """The columns of a frame or series of pandas as a file has them, each with its trace."""
    from lineage_client.capture.column_steps.pandas_frames import settled

    if index:
        known = origin_of(frame)
        for name in frame.index.names:
            if name is not None:
                yield str(name), known.index.get(name) if known is not None else None
    if not is_frame(frame):
        alone = origin_of(frame)
        yield str(0 if frame.name is None else frame.name), alone.values if alone is not None else None
        return
    origin = settled(frame)
    unique = frame.columns.is_unique
    for label in frame.columns if labels is None else labels:
        if not isinstance(label, tuple):
            yield str(label), origin.columns.get(label) if origin is not None and unique else None


def _pandas(module: ModuleType) -> None:
    from lineage_client.capture.column_steps import (
        pandas_assignments,
        pandas_frames,
        pandas_groups,
        pandas_joins,
        pandas_shapes,
    )

    for steps in (pandas_frames, pandas_assignments, pandas_joins, pandas_groups, pandas_shapes):
        steps.follow(module)
    _numpy(sys.modules["numpy"])


def _polars(module: ModuleType) -> None:
    from lineage_client.capture.column_steps import polars_frames

    polars_frames.follow(module)


def _numpy(module: ModuleType) -> None:
    from lineage_client.capture.column_steps import arrays

    arrays.follow(module)


_FOLLOWED: dict[str, Callable[[ModuleType], None]] = {"pandas": _pandas, "polars": _polars, "numpy": _numpy}
