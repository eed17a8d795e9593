"""Walks through lineage, composed from named parts; every shape that can be asked is enumerable.

A walk has a direction, a set of relations, a depth and a time. Cypher takes none of these as a parameter, so
each is a literal from a closed set; values are parameters. Neo4j plans each shape once, which takes far longer
than a small walk, so there are no more shapes than there have to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from graph_schema.core import Family
from graph_schema.walks import families_for, relations_in
from queries.query import Query, load_part, load_query
from queries.walk.rows import (
    AppearanceParams,
    AppearanceRow,
    BeyondParams,
    BeyondRow,
    EdgeRow,
    PastWalk,
    PresentWalk,
    WalkRow,
    WholesParams,
)

if TYPE_CHECKING:
    from typing import LiteralString

MAX_DEPTH = 32
"""Deepest bounded walk; deeper than that is asked for without a bound."""
_NO_BOUND: LiteralString = "1000000"  # no walk is budgeted for as many nodes; an open bound makes Neo4j warn
_DEPTHS: dict[int, LiteralString] = {depth: cast("Any", str(depth)) for depth in range(1, MAX_DEPTH + 1)}


APPEARANCE = load_query("walk/appearance", AppearanceParams, AppearanceRow)


class Way(StrEnum):
    """Which way a walk goes."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class Moment(StrEnum):
    """Which edges count: the present ones, or those of a time."""

    PRESENT = "present"
    AT_TIME = "at_time"


@dataclass(frozen=True, slots=True)
class WalkShape:
    """One form of the statement. ``depth`` None has no bound. Raises ValueError for a depth outside 1 to 32."""

    way: Way
    software: bool
    depth: int | None
    moment: Moment

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth not in _DEPTHS:
            raise ValueError(f"a depth is 1 to {MAX_DEPTH}, or None")

    @property
    def families(self) -> frozenset[Family]:
        """The families that the relations of this shape were chosen by."""
        return families_for((), software=self.software)


def enumerate_walks() -> Iterator[WalkShape]:
    """Every shape that :func:`walk_query` can be asked for."""
    for way, software, depth, moment in product(Way, (False, True), (None, *_DEPTHS), Moment):
        yield WalkShape(way, software, depth, moment)


@cache
def walk_query(shape: WalkShape) -> Query[Any, WalkRow]:
    """The statement of a shape; its parameters are PresentWalk or PastWalk, by the shape's moment."""
    expand = "expand_all" if shape.depth is None else "expand_starts" if shape.depth == 1 else "expand_inner"
    parts = [load_part(f"walk/{name}") for name in ("start", "reach", expand, "columns")]
    text = _fill("\n".join(part[0] for part in parts), _slots(shape))
    name = f"walk/{shape.way}-{shape.moment}"
    params = PresentWalk if shape.moment is Moment.PRESENT else PastWalk
    return Query(name, text, cast("Any", params), WalkRow, "\n".join(part[1] for part in parts))


@cache
def beyond_query(way: Way, *, software: bool) -> Query[BeyondParams, BeyondRow]:
    """The statement that tells whether anything lies behind the last step of a bounded walk."""
    text, documentation = load_part("walk/beyond")
    shape = WalkShape(way, software, None, Moment.PRESENT)
    return Query(f"walk/beyond-{way}", _fill(text, _slots(shape)), BeyondParams, BeyondRow, documentation)


@cache
def wholes_query() -> Query[WholesParams, EdgeRow]:
    """The statement that leads from slices to what they are slices of."""
    text, documentation = load_part("walk/wholes")
    return Query(
        "walk/wholes", _fill(text, {"window": load_part("walk/window")[0]}), WholesParams, EdgeRow, documentation
    )


def _slots(shape: WalkShape) -> dict[str, LiteralString]:
    downstream = shape.way is Way.DOWNSTREAM
    names: list[LiteralString] = [cast("Any", relation.name) for relation in relations_in(shape.families)]
    slots: dict[str, LiteralString] = {
        "tail": "<-" if downstream else "-",
        "head": "-" if downstream else "->",
        "dependent": "m" if downstream else "n",
        "dependency": "n" if downstream else "m",
        "relations": "|".join(names),
        "depth": _NO_BOUND if shape.depth is None else _DEPTHS[shape.depth],
        "start_there": load_part(f"walk/start_there_{shape.moment}")[0],
        "time": load_part(f"walk/{shape.moment}")[0],
        "window": load_part("walk/window")[0],
    }
    if shape.depth is not None and shape.depth > 1:
        slots["inner_depth"] = _DEPTHS[shape.depth - 1]
    return slots


def _fill(text: LiteralString, slots: dict[str, LiteralString]) -> LiteralString:
    for name, value in slots.items():
        slot: LiteralString = cast("Any", f"%{name}%")
        text = text.replace(slot, value)
    return text
