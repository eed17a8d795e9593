"""A path in words: one sentence that a non-specialist reads, the same every time.

"fraud-model v7 was trained by run 812 on orders v3 (observed), and serves checkout since 4 May 2026."
"""

from __future__ import annotations

from collections.abc import Sequence

from graph_schema.times import from_micros, now_micros
from registry.lineage.answer import Certainty, Edge, Node, PathStep
from registry.lineage.standing import Deployed

_MOST_CLAUSES = 4
_MOST_DEPLOYMENTS = 3
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DERIVED = {
    "copy": "was copied from",
    "transform": "was made from",
    "finetune": "was fine-tuned from",
    "adapter": "was adapted from",
    "merge": "was merged from",
    "quantized": "was quantized from",
    "distilled": "was distilled from",
}
_PHRASES = {
    "USED": "read",
    "GENERATED_BY": "was made by",
    "DERIVED_FROM": "was made from",
    "COMPUTED_FROM": "is computed from",
    "USES_FEATURE": "uses the feature",
    "DEPLOYS": "serves",
    "SERVED_BY": "is served by",
    "ANSWERED_BY": "was answered by",
    "RELIES_ON": "relies on",
    "DEPENDS_ON": "depends on",
    "EXECUTED_IN": "runs in",
    "MAY_BE": "may be",
    "SLICE_OF": "is a slice of",
    "SAME_AS": "is the same as",
    "FIELD_OF": "is in",
    "HAS_SCHEMA": "has",
}
_AGAINST = {"SLICE_OF": "has the slice", "FIELD_OF": "has", "HAS_SCHEMA": "is in", "SAME_AS": "is the same as"}
"""The other way round: what the downstream end of a stored edge is to the upstream one."""
_MADE = {"FeatureMaterialization": "computed", "FeatureVersion": "computed", "InferenceBatch": "predicted"}
_EVIDENCE = ("inferred", "declared", "observed")


class Explainer:
    """Puts the paths of one answer into words; what paths have in common is said once and kept.

    ``now`` (microseconds since 1970) divides what serves from what is to serve.
    """

    def __init__(self, now: int | None = None) -> None:
        self._now = now_micros() if now is None else now
        self._known: dict[int, tuple[PathStep, str, int]] = {}

    def explain(self, start: Node, path: Sequence[PathStep], deployments: Sequence[Deployed] = ()) -> str:
        """Say why the end of a downstream path is touched by its start."""
        item = path[-1].node
        clauses, whole = self._clauses(start, path)
        sentence = ", which ".join(clauses)
        if not whole:
            sentence += f", which goes back to {_called(start)} over {len(path)} steps"
        if item.certainty is Certainty.POSSIBLE:
            sentence = f"may be affected: it {sentence}"
        return f"{_called(item)} {sentence}{_serving(deployments, self._now)}."

    def _clauses(self, start: Node, path: Sequence[PathStep]) -> tuple[list[str], bool]:
        """From the end of the path back to its start, and whether that is all of it."""
        clauses: list[str] = []
        place = len(path)
        while place > 0:
            if len(clauses) == _MOST_CLAUSES:
                return clauses[:-1], False
            step = path[place - 1]
            known = self._known.get(id(step))
            if known is None:
                # The step is kept with its words, so that nothing else can come to have its identity.
                known = self._known[id(step)] = (step, *_clause(start, path, place, self._now))
            clauses.append(known[1])
            place -= known[2]
        return clauses, True


def date(micros: int) -> str:
    """A day as people write it: 4 May 2026, in UTC."""
    moment = from_micros(micros)
    return "" if moment is None else f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def relation_phrase(edge: Edge) -> str:
    """What the downstream end of an edge is, or did, to the upstream one: ``trained on``, ``was made by``."""
    phrase = _PHRASES.get(edge.relation, edge.relation.lower().replace("_", " "))
    if edge.relation == "DERIVED_FROM":
        return _DERIVED.get(_in_key(edge, "relation"), phrase)
    return "trained on" if edge.relation == "USED" and edge.role == "train" else phrase


def _clause(start: Node, path: Sequence[PathStep], place: int, now: int) -> tuple[str, int]:
    """How the step at ``place`` (from 1) reads, and how many steps that says: a run between two things makes one."""
    here, edge = path[place - 1].node, path[place - 1].edge
    before = path[place - 2].node if place > 1 else start
    if place > 1 and edge.relation == "GENERATED_BY" and path[place - 2].edge.relation == "USED":
        read = path[place - 3].node if place > 2 else start
        return _made_by_run(here, before, read, edge, path[place - 2].edge), 2
    return _phrase(here, before, edge, now), 1


def _made_by_run(made: Node, run: Node, read: Node, generated: Edge, used: Edge) -> str:
    if used.role == "train":
        verb, link = "trained", "on"
    else:
        verb, link = _MADE.get(made.kind, "made"), "from"
    return f"was {verb} by {_called(run)} {link} {_called(read)}{_known_by(generated, used)}"


def _phrase(below: Node, above: Node, edge: Edge, now: int) -> str:
    if edge.downstream != below.urn:  # from a part to the whole, against the stored direction
        return f"{_AGAINST.get(edge.relation, 'goes with')} {_called(above)}{_known_by(edge)}"
    phrase = relation_phrase(edge)
    if edge.relation == "MAY_BE":
        return f"{phrase} {_called(above)}"
    if edge.relation == "DEPLOYS" and edge.true_from is not None:
        return _served(_called(above), edge.true_from, now) + _known_by(edge)
    return f"{phrase} {_called(above)}{_known_by(edge)}"


def _served(what: str, since: int, now: int) -> str:
    return f"serves {what} since {date(since)}" if since <= now else f"is to serve {what} from {date(since)}"


def _called(node: Node) -> str:
    if node.kind == "Field":
        return _column(node)
    return node.label if node.kind != "Run" or node.label.lower().startswith("run") else f"run {node.label}"


def _column(node: Node) -> str:
    """``column amount of orders`` for a column that is named ``orders.amount``, ``orders/amount`` or ``orders#amount``."""
    if node.title:
        return f"column {node.title}"
    at = max(node.name.rfind(mark) for mark in ".#/")
    of, name = node.name[: max(at, 0)], node.name[at + 1 :]
    return f"column {name} of {of}" if of and name else f"column {node.name}"


def _known_by(*edges: Edge) -> str:
    told = {edge.evidence for edge in edges}
    for weakest in _EVIDENCE:
        if weakest in told:
            return f" ({weakest})"
    return ""


def _in_key(edge: Edge, name: str) -> str:
    for pair in edge.key.split("|"):
        if pair.startswith(f"{name}="):
            return pair.removeprefix(f"{name}=")
    return ""


def _serving(deployments: Sequence[Deployed], now: int) -> str:
    serving = [item for item in deployments if item.since is None or item.since <= now]
    planned = [item for item in deployments if item.since is not None and item.since > now]
    return _listed(", and serves", "since", serving) + _listed(", and is to serve", "from", planned)


def _listed(verb: str, word: str, deployments: Sequence[Deployed]) -> str:
    shown = [
        item.label if item.since is None else f"{item.label} {word} {date(item.since)}"
        for item in deployments[:_MOST_DEPLOYMENTS]
    ]
    if not shown:
        return ""
    more = len(deployments) - len(shown)
    if more:
        shown.append(f"{more} more")
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{verb} {listed}"
