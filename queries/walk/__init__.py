"""Walks through lineage, composed from named parts; every shape that can be asked is enumerable.

A walk has a direction, a set of relations and a depth, is narrowed or not, and gives names, entities or edges too.
Cypher takes none of these as a parameter, so each is a literal from a closed set; values are parameters. Neo4j
plans each shape once, which takes far longer than a small walk, so there are no more shapes than there have to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from graph_schema.core import Family
from graph_schema.walks import families_for, relations_in
from queries.query import Query, Sight, load_part, load_query
from queries.walk.rows import (
    AliasRow,
    AnyIdentityParams,
    AppearanceParams,
    AppearanceRow,
    ClockParams,
    ClockRow,
    ColumnsRow,
    EdgeRow,
    EdgesWalk,
    EvidenceRow,
    IdentityParams,
    JoinParams,
    LaterParams,
    LinksRow,
    NamesRow,
    NarrowEdgesWalk,
    NarrowNodesWalk,
    NarrowStreamWalk,
    NodesRow,
    NodesWalk,
    StreamRow,
    StreamWalk,
    TraitsParams,
    TraitsRow,
    UrnRow,
    UrnsRow,
)

if TYPE_CHECKING:
    from typing import LiteralString

MAX_DEPTH = 32
"""Deepest bounded walk; deeper than that is asked for without a bound."""
_NO_BOUND: LiteralString = "1000000"  # no walk is budgeted for as many nodes; an open bound makes Neo4j warn
_DEPTHS: dict[int, LiteralString] = {depth: cast("Any", str(depth)) for depth in range(2, MAX_DEPTH + 2)}

APPEARANCE = load_query("walk/appearance", AppearanceParams, AppearanceRow)
CLOCK = load_query("walk/clock", ClockParams, ClockRow, Sight.EVERYBODY)
RECORDED_LATER = load_query("walk/recorded_later", LaterParams, UrnsRow)


class Way(StrEnum):
    """Which way a walk goes."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class Detail(StrEnum):
    """What a walk gives, with the name of its columns: from names alone to all that is known of every edge."""

    STREAM = "stream"
    NAMES = "names"
    NODES = "nodes"
    COLUMNS = "columns"
    LINKS = "links"
    EVIDENCE = "evidence"

    @property
    def edges(self) -> bool:
        """Whether the edges are given too."""
        return self in _EDGES


_ROWS: dict[Detail, type[Any]] = {
    Detail.STREAM: StreamRow,
    Detail.NAMES: NamesRow,
    Detail.NODES: NodesRow,
    Detail.COLUMNS: ColumnsRow,
    Detail.LINKS: LinksRow,
    Detail.EVIDENCE: EvidenceRow,
}
_PARTS: dict[Detail, tuple[str, ...]] = {
    Detail.STREAM: ("nodes_stream",),
    Detail.NAMES: ("nodes_brief",),
    Detail.NODES: ("nodes_whole", "written"),
    Detail.COLUMNS: ("edges", "nodes_brief", "edges_columns"),
    Detail.LINKS: ("edges", "nodes_whole", "written"),
    Detail.EVIDENCE: ("edges", "nodes_whole", "written"),
}
_IN_MEMORY = frozenset({Detail.LINKS, Detail.EVIDENCE})
"""What is read to be searched in memory, where it has to be known what leads to something hidden."""
_EDGES: dict[Detail, str] = {
    Detail.COLUMNS: "walk/edges_brief",
    Detail.LINKS: "walk/edges_brief",
    Detail.EVIDENCE: "walk/edges_whole",
}


@dataclass(frozen=True, slots=True)
class WalkShape:
    """One form of the statement. ``depth`` None has no bound. Raises ValueError for a depth outside 2 to 33.

    It is one more than is asked for, so that whether something lies behind is seen. ``narrow`` takes the
    parameters that say which edges to follow. ``now`` asks about now, and tests no beginning; ``alone`` is for
    what can only be one start: wide walks are a third faster for both, small ones are not.
    """

    way: Way
    software: bool
    depth: int | None
    detail: Detail = Detail.EVIDENCE
    narrow: bool = False
    now: bool = False
    alone: bool = False

    def __post_init__(self) -> None:
        if (self.now or self.alone) and (self.narrow or self.depth is not None):
            raise ValueError("only walks without a bound have forms of their own for now and for one start")
        if self.depth is not None and self.depth not in _DEPTHS:
            raise ValueError(f"a depth is 2 to {MAX_DEPTH + 1}, or None")

    @property
    def families(self) -> frozenset[Family]:
        """The families that the relations of this shape were chosen by."""
        return families_for((), software=self.software)

    @property
    def params(self) -> type[NodesWalk]:
        """The class of its parameters."""
        if self.detail is Detail.STREAM:
            return NarrowStreamWalk if self.narrow else StreamWalk
        if self.detail.edges:
            return NarrowEdgesWalk if self.narrow else EdgesWalk
        return NarrowNodesWalk if self.narrow else NodesWalk


def enumerate_walks() -> Iterator[WalkShape]:
    """Every shape that :func:`walk_query` can be asked for."""
    no_yes = (False, True)
    for way, software, depth, detail, narrow in product(Way, no_yes, (None, *_DEPTHS), Detail, no_yes):
        yield WalkShape(way, software, depth, detail, narrow)
    for way, software, detail, (now, alone) in product(
        Way, no_yes, Detail, ((True, False), (False, True), (True, True))
    ):
        yield WalkShape(way, software, None, detail, False, now, alone)


@cache
def walk_query(shape: WalkShape) -> Query[Any, Any]:
    """The statement of a shape; its parameters are of ``shape.params``, its row is that of its detail."""
    reach = "reach_alone" if shape.alone else "reach"
    names = ("snapshot", "start", reach, "known", *_PARTS[shape.detail])
    parts = [load_part(f"walk/{name}") for name in names]
    blind = "walk/blind" if shape.detail in _IN_MEMORY else "walk/blind_at_all"
    slots = {
        "blind": _restricted("\n" + load_part(blind)[0]),
        "shown": load_part("walk/shown")[0],
        "met": load_part("walk/met")[0],
        "ends": load_part("walk/blind_ends")[0],
        "lacks": load_part("walk/blind_lacks")[0],
    } | _slots(shape)
    if shape.detail.edges:
        slots = {"edges": load_part(_EDGES[shape.detail])[0]} | slots
    if shape.detail is Detail.STREAM:
        slots = {"specials": load_part("walk/specials")[0]} | slots
    if "written" in names:
        parts.append((_returned(_ROWS[shape.detail]), ""))
    text = _fill("\n".join(part[0] for part in parts), slots)
    traits = {"narrow": shape.narrow, "now": shape.now, "alone": shape.alone}
    name = "-".join((f"walk/{shape.way}-{shape.detail}", *(trait for trait, has in traits.items() if has)))
    return Query(name, text, shape.params, _ROWS[shape.detail], "\n".join(part[1] for part in parts if part[1]))


def _returned(row: type[Any]) -> LiteralString:
    names: list[LiteralString] = [cast("Any", item.name) for item in fields(row) if not item.kw_only]
    returned = ", ".join("size(starts) AS starts" if name == "starts" else name for name in names)
    return f"RETURN {returned}{_restricted(', blind')}"


def _restricted(text: LiteralString) -> LiteralString:
    """A slot for restricted readers alone."""
    return f"%seen<{text}>%"


def _fill(text: LiteralString, slots: dict[str, LiteralString]) -> LiteralString:
    for name, value in slots.items():
        slot: LiteralString = cast("Any", f"%{name}%")
        text = text.replace(slot, value)
    return text


@cache
def _join_query(
    name: str,
    params: type[Any],
    joined: LiteralString,
    relation: LiteralString = "type(r)",
    family: LiteralString = "r.family",
    key: LiteralString = "coalesce(r.key, '')",
) -> Any:
    text, documentation = load_part(f"walk/{name}")
    slots: dict[str, LiteralString] = {
        "joined": joined,
        "edge_row": load_part("walk/edge_row")[0],
        "relation": relation,
        "family": family,
        "key": key,
        "window": f"{load_part('walk/window')[0]} AND {load_part('walk/trusted')[0]}",
        "known_at": "$known_at",
    }
    return Query(f"walk/{name}", _fill(text, slots), params, EdgeRow, documentation)


def _blind_query(name: str, params: type[Any], hidden: LiteralString, asked: LiteralString) -> Query[Any, UrnRow]:
    """Which of the asked are joined to something hidden: the same statement, turned round."""
    text, documentation = load_part(f"walk/{name}")
    slots: dict[str, LiteralString] = {
        "joined": hidden,
        "edge_row": f"RETURN DISTINCT {asked} AS urn ORDER BY urn LIMIT $limit",
        "window": f"{load_part('walk/window')[0]} AND {load_part('walk/trusted')[0]}",
        "known_at": "$known_at",
    }
    said = f"{documentation}\nOf that, where it leads to something hidden."
    return Query(f"walk/{name}_hidden", _fill(text, slots), params, UrnRow, said, Sight.RESTRICTED_ONLY)


_TRUSTED = load_part("walk/trusted")[0]
_THROUGH: tuple[LiteralString, LiteralString, LiteralString] = ("'FIELD_OF'", "'possible'", "'schema=' + schema.urn")

_COLUMN_USED: LiteralString = (
    "AND EXISTS { MATCH (below)<-[r:DERIVED_FROM|COMPUTED_FROM]-(%seen<user>%) WHERE %window%%seen:user% }"
)
_COLUMN_HIDDEN: LiteralString = (
    "AND EXISTS { MATCH (below)<-[r:DERIVED_FROM|COMPUTED_FROM]-(user:Entity) WHERE %window%"
    " AND (%hidden:user% OR user.scope IN $seen AND (%hidden:below% OR %hidden:schema%)) }"
)

WHOLES: Query[JoinParams, EdgeRow] = _join_query("wholes", JoinParams, "%seen:above%")
IDENTITIES: Query[IdentityParams, EdgeRow] = _join_query("identities", IdentityParams, "%seen:n%%seen:m%")
ANY_IDENTITY: Query[AnyIdentityParams, EdgeRow] = _join_query("any_identity", AnyIdentityParams, "")
VERSIONS_OF_FIELDS: Query[JoinParams, EdgeRow] = _join_query(
    "versions_of_fields", JoinParams, "%seen:schema%%seen:above%", *_THROUGH
)
FIELDS_OF_VERSIONS: Query[JoinParams, EdgeRow] = _join_query(
    "fields_of_versions", JoinParams, f"{_COLUMN_USED}%seen:below%%seen:schema%", *_THROUGH
)
HIDDEN_BEHIND: dict[str, Query[Any, UrnRow]] = {
    WHOLES.name: _blind_query("wholes", JoinParams, " AND %hidden:above%", "below.urn"),
    IDENTITIES.name: _blind_query(
        "identities",
        IdentityParams,
        "%seen:n% AND %hidden:m%",
        "CASE WHEN below.scope IN $seen THEN below.urn ELSE above.urn END",
    ),
    VERSIONS_OF_FIELDS.name: _blind_query(
        "versions_of_fields", JoinParams, " AND (%hidden:schema% OR %hidden:above%)", "below.urn"
    ),
    FIELDS_OF_VERSIONS.name: _blind_query("fields_of_versions", JoinParams, _COLUMN_HIDDEN, "above.urn"),
}
"""Which of the asked a joining statement leads from to something hidden; with the same parameters."""
TRAITS = Query(
    "walk/traits",
    _fill(load_part("walk/traits")[0], {"window": load_part("walk/window")[0], "known_at": "$known_at"}),
    TraitsParams,
    TraitsRow,
    load_part("walk/traits")[1],
)
ALIASES = Query(
    "walk/aliases",
    _fill(load_part("walk/aliases")[0], {"window": load_part("walk/window")[0], "known_at": "$known_at"}),
    TraitsParams,
    AliasRow,
    load_part("walk/aliases")[1],
)
ALIASES_HIDDEN = Query(
    "walk/aliases_hidden",
    _fill(load_part("walk/aliases_hidden")[0], {"window": load_part("walk/window")[0], "known_at": "$known_at"}),
    TraitsParams,
    UrnRow,
    load_part("walk/aliases_hidden")[1],
    Sight.RESTRICTED_ONLY,
)
QUERIES: tuple[Query[Any, Any], ...] = (
    ALIASES, ALIASES_HIDDEN, ANY_IDENTITY, APPEARANCE, CLOCK, RECORDED_LATER, TRAITS, WHOLES, IDENTITIES, VERSIONS_OF_FIELDS, FIELDS_OF_VERSIONS,
    *HIDDEN_BEHIND.values(),
)  # fmt: skip
"""The statements beside the walks themselves."""


def _slots(shape: WalkShape) -> dict[str, LiteralString]:
    downstream = shape.way is Way.DOWNSTREAM
    names: list[LiteralString] = [cast("Any", relation.name) for relation in relations_in(shape.families)]
    return {
        "follow": "\n" + load_part("walk/follow")[0].replace("%trusted%", _TRUSTED) if shape.narrow else "",
        "within": "\n" + load_part("walk/within")[0] if shape.narrow else "",
        "enter": "\n" + load_part("walk/within_or_start")[0] if shape.narrow else "",
        "tail": "<-" if downstream else "-",
        "head": "-" if downstream else "->",
        "far": "startNode" if downstream else "endNode",
        "near": "endNode" if downstream else "startNode",
        "dependent": "m" if downstream else "n",
        "dependency": "n" if downstream else "m",
        "relations": "|".join(names),
        "depth": _NO_BOUND if shape.depth is None else _DEPTHS[shape.depth],
        "counts": load_part("walk/window_now" if shape.now else "walk/window")[0],
        "window": load_part("walk/window")[0],
        "known_at": "known_at",
    }
