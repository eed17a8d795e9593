"""Answers made by hand, with names from anywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import strategies as st

from lineage_client import (
    AttributeDifference,
    Completeness,
    DiffCounts,
    DiffSide,
    Edge,
    EdgeDifference,
    Impact,
    ImpactItem,
    Lineage,
    LineageDiff,
    Node,
    NodeDifference,
    Owner,
    RunComparison,
    Step,
)
from lineage_client.answers.differences import Difference
from lineage_client.answers.impact import EvaluationImpact
from lineage_client.answers.standing import Environment, EnvironmentGroup, KindGroup, OwnerGroup, OwnerToTell, Standing

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</title></svg><svg onload=alert(1)>",
    "]]><!--",
    "&lt;b&gt;",
    "\x1b[31mred\x07",
    "\u202eeman",
    "a\nb\tc\rd",
    "\ud800 lone",
    "\ufffe\x00",
    "酒" * 40,
    "🧑‍🔬 e\u0301",
)
names = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=60))


def node(name: str, *, kind: str = "DatasetVersion", depth: int = 1, possible: bool = False) -> Node:
    """A node whose every text is ``name``."""
    return Node(
        urn=f"urn:lineage:{kind}:{name}:{name}:1",
        kind=kind,
        namespace=name,
        name=name,
        version="1",
        label=f"{name} v1",
        depth=depth,
        certainty="possible" if possible else "certain",
        title=name,
        true_to=datetime(2026, 5, 4, 12, tzinfo=UTC) if possible else None,
    )


def edge(downstream: Node, upstream: Node, text: str = "train") -> Edge:
    """An edge whose every text is ``text``."""
    return Edge(
        downstream.urn, upstream.urn, "USED", "data", role=text, evidence=text, confidence=0.5, producer=text,
        recorded_from=datetime(2026, 5, 4, 12, tzinfo=UTC),
    )  # fmt: skip


def chain(*called: str) -> Lineage:
    """Each made from the one before; the first is the start."""
    nodes = [node(name, depth=place, possible=place % 2 == 1) for place, name in enumerate(called)]
    edges = [edge(down, up, up.name) for up, down in pairwise(nodes)]
    completeness = Completeness(
        complete=True, nodes=len(nodes) - 1, edges=len(edges), by_kind={"DatasetVersion": len(nodes) - 1}
    )
    return Lineage((nodes[0],), "downstream", tuple(nodes[1:]), tuple(edges), completeness)


def touched(*called: str) -> Impact:
    """An impact of the first on each of the others, by one step."""
    start, *others = [node(name, depth=min(place, 1)) for place, name in enumerate(called)]
    owner = Owner(called[0], called[0], called[0])
    place = Environment(None, called[0], called[0])
    standing = Standing(live=True, criticality=called[0], stage=called[0], environments=(place,))
    items = tuple(
        ImpactItem(other, 1, "certain", (Step(edge(other, start, other.name), other),), (owner,), other.name, standing)
        for other in others
    )
    return Impact(
        (start,),
        len(items),
        items,
        (KindGroup(called[0], len(items), len(items), 0),),
        (OwnerGroup(owner, len(items), len(items), 0), OwnerGroup(None, 1, 1, 0)),
        (EnvironmentGroup(place, len(items), len(items), 0), EnvironmentGroup(None, 1, 0, 1)),
        (OwnerToTell(owner, (owner,), len(items), 0),),
        (EvaluationImpact(start, called[0], called[0], "certain"),),
        Completeness(complete=False, reasons=("size", called[0]), nodes=len(items)),
    )


def compared(*called: str, complete: bool = True) -> LineageDiff:
    """The first has changed; the others go round: one was added, one removed, one took another's place."""
    first, *others = [node(name, depth=min(place, 1)) for place, name in enumerate(called)]
    told = (
        AttributeDifference(called[0], "changed", called[0], {called[0]: [1, None]}),
        AttributeDifference("title", "added", None, called[0]),
        AttributeDifference("rows", "removed", 7, None),
    )
    nodes, edges = [NodeDifference("changed", first, first, told, sure=True, sentence=f"{called[0]}: changed.")], []
    for place, other in enumerate(others):
        change, sides = _CHANGES[place % 3]
        before, after = (other if side else None for side in sides)
        link = edge(other, first, other.name)
        nodes.append(NodeDifference(change, before, after, (), sure=complete, sentence=f"{other.name}: {change}."))
        older_link, newer_link = (link if side else None for side in sides)
        edges.append(
            EdgeDifference(change, older_link, newer_link, told, sure=complete, sentence=f"{other.name}: linked.")
        )
    seen = Completeness(complete=complete, reasons=() if complete else ("size", called[0]), nodes=len(others))
    older, newer = (
        DiffSide(first.urn, as_of, datetime(2026, 5, 6, tzinfo=UTC), there=there, start=(first,), completeness=side)
        for as_of, there, side in (
            (datetime(2026, 5, 4, 12, tzinfo=UTC), False, seen),
            (None, True, Completeness(complete=True)),
        )
    )
    run = RunComparison(first, first, told, f"{called[0]} made both.")
    counts = DiffCounts(1, 1, 1, 1, 5)
    return LineageDiff(
        "upstream", older, newer, complete, seen.reasons, tuple(nodes), tuple(edges), (run,), counts, counts,
        f"{called[0]}: 1 added.",
    )  # fmt: skip


_CHANGES: tuple[tuple[Difference, tuple[bool, bool]], ...] = (
    ("added", (False, True)),
    ("removed", (True, False)),
    ("replaced", (True, True)),
)
