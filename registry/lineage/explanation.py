"""A path in words: one sentence that a non-specialist reads, the same every time.

"fraud-model v7 was trained by run 812 on orders v3 (observed), and serves checkout since 4 May 2026."
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph_schema.times import from_micros
from registry.lineage.answer import Certainty, Edge, Node, PathStep

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
}
_MADE = {"FeatureMaterialization": "computed", "FeatureVersion": "computed", "InferenceBatch": "predicted"}
_EVIDENCE = ("inferred", "declared", "observed")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment of the model version that a sentence is about."""

    label: str
    since: int | None


def explain(start: Node, path: Sequence[PathStep], deployments: Sequence[Deployed] = ()) -> str:
    """Say why the end of a downstream path is touched by its start."""
    item = path[-1].node
    clauses = _clauses([start, *(step.node for step in path)], [step.edge for step in path])
    shown = clauses if len(clauses) <= _MOST_CLAUSES else clauses[: _MOST_CLAUSES - 1]
    sentence = ", which ".join(shown)
    if len(shown) < len(clauses):
        sentence += f", which goes back to {_called(start)} over {len(path)} steps"
    if item.certainty is Certainty.POSSIBLE:
        sentence = f"{_called(item)} may be affected: it {sentence}"
    else:
        sentence = f"{_called(item)} {sentence}"
    return f"{sentence}{_serving(deployments)}."


def date(micros: int) -> str:
    """A day as people write it: 4 May 2026, in UTC."""
    moment = from_micros(micros)
    return "" if moment is None else f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _clauses(nodes: Sequence[Node], edges: Sequence[Edge]) -> list[str]:
    """From the end of the path back to its start; a run between two things makes one clause of two edges."""
    clauses = []
    place = len(edges)
    while place > 0:
        edge = edges[place - 1]
        run = place > 1 and edge.relation == "GENERATED_BY" and edges[place - 2].relation == "USED"
        if run:
            clauses.append(_made_by_run(nodes[place], nodes[place - 1], nodes[place - 2], edge, edges[place - 2]))
        else:
            clauses.append(_phrase(nodes[place], nodes[place - 1], edge))
        place -= 2 if run else 1
    return clauses


def _made_by_run(made: Node, run: Node, read: Node, generated: Edge, used: Edge) -> str:
    if used.role == "train":
        verb, link = "trained", "on"
    else:
        verb, link = _MADE.get(made.kind, "made"), "from"
    return f"was {verb} by {_called(run)} {link} {_called(read)}{_known_by(generated, used)}"


def _phrase(below: Node, above: Node, edge: Edge) -> str:
    if edge.downstream != below.urn:  # from a slice to the whole, against the stored direction
        return f"has the slice {_called(above)}"
    phrase = _PHRASES.get(edge.relation, edge.relation.lower().replace("_", " "))
    if edge.relation == "DERIVED_FROM":
        phrase = _DERIVED.get(_in_key(edge, "relation"), phrase)
    elif edge.relation == "USED" and edge.role == "train":
        phrase = "trained on"
    if edge.relation == "MAY_BE":
        return f"{phrase} {_called(above)}"
    since = f" since {date(edge.true_from)}" if edge.relation == "DEPLOYS" and edge.true_from is not None else ""
    return f"{phrase} {_called(above)}{since}{_known_by(edge)}"


def _called(node: Node) -> str:
    return node.label if node.kind != "Run" or node.label.lower().startswith("run") else f"run {node.label}"


def _known_by(*edges: Edge) -> str:
    known = [edge.evidence for edge in edges if edge.evidence in _EVIDENCE]
    return f" ({min(known, key=_EVIDENCE.index)})" if known else ""


def _in_key(edge: Edge, name: str) -> str:
    for pair in edge.key.split("|"):
        if pair.startswith(f"{name}="):
            return pair.removeprefix(f"{name}=")
    return ""


def _serving(deployments: Sequence[Deployed]) -> str:
    if not deployments:
        return ""
    shown = [
        item.label if item.since is None else f"{item.label} since {date(item.since)}"
        for item in deployments[:_MOST_DEPLOYMENTS]
    ]
    more = len(deployments) - len(shown)
    if more:
        shown.append(f"{more} more")
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f", and serves {listed}"
