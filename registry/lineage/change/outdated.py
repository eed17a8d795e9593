"""Evaluations whose results no longer hold: on data that change, or of models that do."""

from __future__ import annotations

from collections.abc import Mapping

from queries.change.rows import ModelEvaluationRow
from queries.impact.rows import EvaluationRow
from registry.lineage.answer import Certainty, Edge, Node
from registry.lineage.change.affected import Affected
from registry.lineage.change.answer import Outdated
from registry.lineage.change.judging import Judge
from registry.lineage.change.record import Record
from registry.lineage.change.spread import STRENGTH
from registry.lineage.change.use import Use
from registry.lineage.change.verdict import Verdict
from registry.lineage.stored import closed

_MEASURED_ON = frozenset({"DatasetVersion", "DataSlice", "FeatureMaterialization", "TelemetryBatch", "InferenceBatch"})


def find_outdated(
    record: Record, judge: Judge, affected: Mapping[str, Affected], changed: Mapping[str, Node]
) -> tuple[Outdated, ...]:
    """The evaluations to repeat, the surest first; each once, for its strongest reason."""
    affected = {urn: item for urn, item in affected.items() if item.verdict is not Verdict.SAFE}
    nodes = {urn: item.node for urn, item in affected.items()} | dict(changed)
    found: dict[str, Outdated] = {}
    for row in record.evaluations_on(urn for urn, node in nodes.items() if node.kind in _MEASURED_ON):
        _keep(found, _outdated(row, row.model, row.data, affected.get(row.data), nodes[row.data], judge, "measured on"))
    for about in record.evaluations_of(urn for urn, node in nodes.items() if node.kind == "ModelVersion"):
        item, node = affected.get(about.model), nodes[about.model]
        _keep(found, _outdated(about, about.model, None, item, node, judge, "a result of"))
    return tuple(sorted(found.values(), key=lambda item: (-STRENGTH[item.verdict], item.evaluation.urn)))


def _keep(found: dict[str, Outdated], item: Outdated) -> None:
    known = found.get(item.evaluation.urn)
    if item.verdict is not Verdict.SAFE and (known is None or STRENGTH[known.verdict] < STRENGTH[item.verdict]):
        found[item.evaluation.urn] = item


def _outdated(
    row: EvaluationRow | ModelEvaluationRow,
    model: str | None,
    data: str | None,
    item: Affected | None,
    about: Node,
    judge: Judge,
    link: str,
) -> Outdated:
    if item is not None:
        verdict, reason = item.verdict, f"{row.title or row.name} is {link} {about.label}: {item.reason}"
    else:
        # What changes itself: its evaluations used it exactly, as a consumer does.
        judgement = judge.judgement(Use(_edge(row.urn, about.urn), _node(row, 1, Certainty.CERTAIN)))
        verdict, reason = judgement.rule.verdict, judgement.reason
    certainty = Certainty.CERTAIN if verdict is Verdict.CERTAIN else Certainty.POSSIBLE
    return Outdated(_node(row, about.depth + 1, certainty), model, data, verdict, reason)


def _edge(evaluation: str, about: str) -> Edge:
    return Edge(
        downstream=evaluation, upstream=about, relation="EVALUATED_ON", family="evaluation", role=None, evidence=None,
        confidence=None, version_is="exact", event_id=None, producer=None, true_from=None, true_to=None,
        recorded_from=0,
    )  # fmt: skip


def _node(row: EvaluationRow | ModelEvaluationRow, depth: int, certainty: Certainty) -> Node:
    return Node(
        urn=row.urn, kind=row.kind, namespace=row.namespace, name=row.name, version=None, version_unknown=False,
        placeholder=row.placeholder, title=row.title, true_to=None if row.true_to is None else closed(row.true_to),
        depth=depth, certainty=certainty,
    )  # fmt: skip
