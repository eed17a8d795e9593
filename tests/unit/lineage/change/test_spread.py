"""What lies behind inherits the weakest link on its best path: against a search that knows nothing of the other."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from registry.lineage.answer import Edge
from registry.lineage.change.spread import STRENGTH, Spread
from registry.lineage.change.use import EdgeName, edge_name
from registry.lineage.change.verdict import Verdict

_NAMES = [f"n{number}" for number in range(7)]
_START = "n0"


def _edge(downstream: str, upstream: str, key: str, *, possible: bool) -> Edge:
    return Edge(
        downstream=downstream, upstream=upstream, relation="MAY_BE" if possible else "USED",
        family="possible" if possible else "data", role=None, evidence=None, confidence=None, version_is="exact",
        event_id=None, producer=None, true_from=None, true_to=None, recorded_from=0, key=key,
    )  # fmt: skip


_EDGES = st.lists(
    st.builds(
        lambda down, up, key, possible: _edge(down, up, key, possible=possible and up != _START),
        st.sampled_from(_NAMES), st.sampled_from(_NAMES), st.sampled_from("ab"), st.booleans(),
    ),
    max_size=14,
    unique_by=edge_name,
)  # fmt: skip
_VERDICT = st.sampled_from(list(Verdict))


def _best(edges: list[Edge], judged: dict[EdgeName, Verdict], most: int) -> dict[str, tuple[int, int]]:
    """Strength and then length of the best walk to each name, by trying every walk length in turn."""
    best: dict[str, tuple[int, int]] = {}
    ends = {_START: STRENGTH[Verdict.CERTAIN]}
    for length in range(1, most + 1):
        ahead: dict[str, int] = {}
        for edge in edges:
            if edge.upstream in ends:
                default = Verdict.POSSIBLE if edge.family == "possible" else Verdict.CERTAIN
                strength = min(ends[edge.upstream], STRENGTH[judged.get(edge_name(edge), default)])
                ahead[edge.downstream] = max(ahead.get(edge.downstream, -1), strength)
        for name, strength in ahead.items():
            if name not in best or strength > best[name][0]:
                best[name] = (strength, length)
        ends = ahead
    return best


@given(_EDGES, st.data(), st.one_of(st.none(), st.integers(1, 4)))
def test_the_best_path_is_found(edges: list[Edge], data: st.DataObject, depth: int | None) -> None:
    out = [edge for edge in edges if edge.upstream == _START]
    judged = {edge_name(edge): data.draw(_VERDICT) for edge in out}
    spread = Spread([_START], frozenset({_START}), edges, judged, [], depth)
    expected = _best(edges, judged, depth or len(_NAMES) * len(STRENGTH))
    found = {
        name: (STRENGTH[reached.verdict], len(reached.path)) for name, reached in spread.reached.items() if reached.path
    }
    assert found == {name: best for name, best in expected.items() if name != _START}
    for name, reached in spread.reached.items():
        steps = [_START, *(urn for urn, _ in reached.path)]
        assert steps[-1] == name or name in (_START, "")
        for (near, far), (_, edge) in zip(pairwise(steps), reached.path, strict=True):
            assert (edge.upstream, edge.downstream) == (near, far)


def test_another_name_is_no_step() -> None:
    same = _edge("twin", "user", "", possible=False)._replace(relation="SAME_AS", family="identity")
    edges = [_edge("user", _START, "", possible=False), same, _edge("behind", "twin", "", possible=False)]
    spread = Spread([_START], frozenset({_START}), edges, {}, [], 2)
    assert {"user", "twin", "behind"} < spread.reached.keys()
    assert {"user", "twin"} == Spread([_START], frozenset({_START}), edges, {}, [], 1).reached.keys() - {_START, ""}


@given(_EDGES, _VERDICT)
def test_who_uses_something_that_stays_is_judged_beside(edges: list[Edge], verdict: Verdict) -> None:
    beside = _edge("user", "sibling", "", possible=False)
    spread = Spread([_START], frozenset({_START}), edges, {}, [(beside, verdict)], None)
    assert spread.reached["user"].verdict is verdict
    assert [edge for _, edge in spread.reached["user"].path] == [beside]
