"""Comparing two answers: what comes out leads from the one to the other, to nothing from itself, and back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.urn import parse_urn
from registry.lineage.answer import Certainty, Completeness, Direction, Edge, LineageAnswer, Node, Reason
from registry.lineage.diff.answer import AttributeDifference, Difference, EdgeDifference, NodeDifference
from registry.lineage.diff.comparison import Compared, States, compare_answers
from registry.lineage.diff.differences import compare, flatten
from registry.lineage.diff.matching import match
from registry.lineage.state import EntityState

URNS = tuple(
    f"urn:lineage:{name}"
    for name in (
        "ModelVersion:t:m:6", "ModelVersion:t:m:7", "ModelVersion:t:m:*", "DatasetVersion:t:a:v1",
        "DatasetVersion:t:a:v2", "DatasetVersion:t:a:v10", "DatasetVersion:u:a:v1", "Dataset:t:a", "Run:t:r1",
        "Run:t:r2", "Run:t:r3", "Deployment:t:d",
    )
)  # fmt: skip
COMPLETE = Completeness(True, (), 0, 0, 0)
CUT = Completeness(False, (Reason.SIZE,), 0, 0, 0)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(("x", "y"))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(("p", "q")), inner, max_size=2)
    ),
    max_leaves=5,
)


@st.composite
def nodes(draw: st.DrawFn, urn: str, *, start: bool) -> Node:
    name = parse_urn(urn)
    return Node(
        urn, name.kind, name.namespace, name.name, name.version, name.version_unknown, draw(st.booleans()),
        draw(st.sampled_from((None, "T"))), draw(st.sampled_from((None, 5))), 0 if start else draw(st.integers(1, 3)),
        draw(st.sampled_from(Certainty)),
        None if start else draw(st.sampled_from((Direction.UPSTREAM, Direction.DOWNSTREAM))),
    )  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> LineageAnswer:
    urns = draw(st.lists(st.sampled_from(URNS), min_size=1, max_size=9, unique=True))
    first = draw(st.integers(1, min(2, len(urns))))
    start = tuple(draw(nodes(urn, start=True)) for urn in urns[:first])
    others = tuple(draw(nodes(urn, start=False)) for urn in urns[first:])
    edges = {}
    for _ in range(draw(st.integers(0, 10))):
        relation, key = draw(st.sampled_from((("USED", "role=train"), ("USED", "role=input"), ("GENERATED_BY", ""))))
        ends = draw(st.sampled_from(urns)), draw(st.sampled_from(urns))
        edges[(*ends, relation, key)] = Edge(
            *ends, relation, "data", key.partition("=")[2] or None, draw(st.sampled_from(("observed", "declared"))),
            draw(st.sampled_from((None, 0.5))), "exact", "e", "p", draw(st.sampled_from((1, 2))), None, 1, key,
        )  # fmt: skip
    return LineageAnswer(start, Direction.BOTH, others, tuple(edges.values()), draw(st.sampled_from((COMPLETE, CUT))))


@st.composite
def states(draw: st.DrawFn, answer: LineageAnswer) -> States:
    found = {}
    for node in (*answer.start, *answer.nodes):
        attributes = draw(st.dictionaries(st.sampled_from(("rows", "parameters", "title")), _JSON, max_size=3))
        found[node.urn] = EntityState(
            node.urn, node.kind, node.namespace, node.name, node.version, node.version_unknown, node.placeholder,
            attributes, 0, None, 1, None, None, None, None,
        )  # fmt: skip
    return found


def _compared(before: LineageAnswer, after: LineageAnswer, older: States, newer: States) -> Compared:
    return compare_answers(before, after, match(before, after), older, newer)


def _nodes(answer: LineageAnswer) -> Counter[Node]:
    return Counter((*answer.start, *answer.nodes))


def _said(edge: Edge) -> Edge:
    """What an edge says, without when and by which event that was recorded."""
    return edge._replace(event_id=None, producer=None, recorded_from=0)


def _applied(differences: Any, to: Counter[Any]) -> Counter[Any]:
    """The other answer: what has no difference stays as it is."""
    found = Counter(to)
    for item in differences:
        if item.before is not None:
            assert found[item.before] > 0
            found[item.before] -= 1
    found.update(item.after for item in differences if item.after is not None)
    return +found


@settings(max_examples=50)
@given(st.data())
def test_the_differences_lead_from_one_answer_to_the_other(data: st.DataObject) -> None:
    before, after = data.draw(answers()), data.draw(answers())
    older, newer = data.draw(states(before)), data.draw(states(after))
    found = _compared(before, after, older, newer)
    # A title is an attribute of the state: here the two are drawn apart.
    plain = Counter(node._replace(title=None) for node in _applied(found.nodes, _nodes(before)).elements())
    assert plain == Counter(node._replace(title=None) for node in _nodes(after).elements())
    assert _applied(found.edges, Counter(before.edges)) == Counter(after.edges)
    _attributes_fit(found, older, newer)
    for counts, whole in ((found.node_counts, _nodes(before)), (found.edge_counts, Counter(before.edges))):
        assert counts.unchanged + counts.removed + counts.changed + counts.replaced == whole.total()


def _attributes_fit(found: Compared, older: States, newer: States) -> None:
    for item in found.nodes:
        if item.before is None or item.after is None:
            assert item.attributes == ()
            continue
        if item.change is Difference.REPLACED and (item.before.placeholder or item.after.placeholder):
            continue
        old, new = (
            flatten(states[node.urn].attributes) for states, node in ((older, item.before), (newer, item.after))
        )
        told = [one for one in item.attributes if one.name in {*old, *new}]
        for one in told:
            if one.change is not Difference.ADDED:
                assert old.pop(one.name) == one.before
            if one.change is not Difference.REMOVED:
                old[one.name] = one.after
        assert old == new


@settings(max_examples=50)
@given(st.data())
def test_nothing_differs_from_itself(data: st.DataObject) -> None:
    answer = data.draw(answers())
    known = data.draw(states(answer))
    found = _compared(answer, answer, known, known)
    assert (found.nodes, found.edges) == ((), ())
    assert found.node_counts.unchanged == len(answer.start) + len(answer.nodes)


@settings(max_examples=50)
@given(st.data())
def test_the_other_way_round_is_the_mirror(data: st.DataObject) -> None:
    before, after = data.draw(answers()), data.draw(answers())
    older, newer = data.draw(states(before)), data.draw(states(after))
    there, back = _compared(before, after, older, newer), _compared(after, before, newer, older)
    for one, other in ((there.nodes, back.nodes), (there.edges, back.edges)):
        assert Counter(map(_mirrored, one)) == Counter(map(_plain, other))


_BACK = {
    Difference.ADDED: Difference.REMOVED, Difference.REMOVED: Difference.ADDED,
    Difference.CHANGED: Difference.CHANGED, Difference.REPLACED: Difference.REPLACED,
}  # fmt: skip


def _mirrored(item: NodeDifference | EdgeDifference) -> tuple[object, ...]:
    attributes = {repr((one.name, _BACK[one.change], one.after, one.before)) for one in item.attributes}
    return _BACK[item.change], item.after, item.before, item.sure, frozenset(attributes)


def _plain(item: NodeDifference | EdgeDifference) -> tuple[object, ...]:
    attributes = {repr((one.name, one.change, one.before, one.after)) for one in item.attributes}
    return item.change, item.before, item.after, item.sure, frozenset(attributes)


@settings(max_examples=50)
@given(st.data())
def test_every_difference_is_one_sentence(data: st.DataObject) -> None:
    before, after = data.draw(answers()), data.draw(answers())
    found = _compared(before, after, data.draw(states(before)), data.draw(states(after)))
    told: list[NodeDifference | EdgeDifference] = [*found.nodes, *found.edges]
    for item in told:
        assert item.sentence.endswith(".")
        assert "None" not in item.sentence
    for change in found.nodes:
        shown = change.after or change.before
        assert shown is not None
        assert shown.label in change.sentence


def _answer(*urns: str, edges: tuple[tuple[str, str, str], ...] = (), complete: bool = True) -> LineageAnswer:
    made = [
        Node(
            urn, (name := parse_urn(urn)).kind, name.namespace, name.name, name.version, name.version_unknown, False,
            None, None, depth, Certainty.CERTAIN, Direction.UPSTREAM if depth else None,
        )
        for depth, urn in enumerate(urns)
    ]  # fmt: skip
    linked = tuple(Edge(*ends, "data", None, "observed", None, "exact", "e", "p", 1, None, 1) for ends in edges)
    return LineageAnswer(tuple(made[:1]), Direction.UPSTREAM, tuple(made[1:]), linked, COMPLETE if complete else CUT)


M6, M7, A1, A2, A10, R1, R2 = (URNS[number] for number in (0, 1, 3, 4, 5, 8, 9))


def test_an_upgraded_input_is_one_change_and_so_is_the_run_that_read_it() -> None:
    before = _answer(M6, R1, A2, edges=((M6, R1, "GENERATED_BY"), (R1, A2, "USED")))
    after = _answer(M7, R2, A10, edges=((M7, R2, "GENERATED_BY"), (R2, A10, "USED")))
    found = _compared(before, after, {}, {})
    assert [(item.change, item.sentence) for item in found.nodes] == [
        (Difference.REPLACED, "m v7, compared with m v6: nothing else differs."),
        (Difference.REPLACED, "run r2 took the place of run r1."),
        (Difference.REPLACED, "a v10 took the place of a v2."),
    ]
    assert [item.sentence for item in found.edges] == [
        "m v7 was made by run r2, as m v6 did run r1.", "run r2 read a v10, as run r1 did a v2.",
    ]  # fmt: skip


def test_versions_are_paired_from_the_newest() -> None:
    found = _compared(_answer(M6, A1, A2), _answer(M6, A10), {}, {})
    assert {(item.before and item.before.urn, item.after and item.after.urn) for item in found.nodes} == {
        (A2, A10), (A1, None),
    }  # fmt: skip


def test_what_may_be_behind_a_cut_is_not_called_gone() -> None:
    found = _compared(_answer(M6, A1), _answer(M6, complete=False), {}, {})
    (item,) = found.nodes
    assert (item.change, item.sure, item.sentence) == (
        Difference.REMOVED, False, "a v1 may be gone: the newer side is not complete.",
    )  # fmt: skip
    (item,) = _compared(_answer(M6, A1), _answer(M6), {}, {}).nodes
    assert (item.sure, item.sentence) == (True, "a v1 is gone, 1 step upstream.")


def test_an_edge_with_another_role_is_the_same_edge() -> None:
    before, after = _answer(M6, A1, edges=((M6, A1, "USED"),)), _answer(M6, A1, edges=((M6, A1, "USED"),))
    after = replace(after, edges=(after.edges[0]._replace(role="train", key="role=train", confidence=0.5),))
    (item,) = _compared(before, after, {}, {}).edges
    assert item.change is Difference.CHANGED
    assert {one.name for one in item.attributes} == {"role", "key", "confidence"}


def test_json_is_compared_part_by_part() -> None:
    old = flatten({"parameters": {"rate": 0.1, "net": {"depth": 3}, "layers": [1, 2]}, "seed": 1})
    new = flatten({"parameters": {"rate": 0.2, "net": {"depth": 3, "wide": True}, "layers": [1]}})
    assert compare(old, new) == (
        AttributeDifference("parameters.layers", Difference.CHANGED, [1, 2], [1]),
        AttributeDifference("parameters.rate", Difference.CHANGED, 0.1, 0.2),
        AttributeDifference("seed", Difference.REMOVED, 1, None),
        AttributeDifference("parameters.net.wide", Difference.ADDED, None, True),
    )
    assert compare({"a": True}, {"a": 1}) != ()
    assert compare({"a": 1}, {"a": 1.0}) == ()
