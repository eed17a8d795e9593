"""Judges uses of what changes, one by one, by the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph_schema.urn import label, parse_urn
from registry.lineage.answer import Edge, Node
from registry.lineage.change.asked import ChangeKind
from registry.lineage.change.fit import fit
from registry.lineage.change.held import held
from registry.lineage.change.record import Record
from registry.lineage.change.signatures import Signature, read_signature
from registry.lineage.change.subject import Subject
from registry.lineage.change.table import CELLS, SORTS
from registry.lineage.change.use import USE_FAMILIES, EdgeName, Use, edge_name
from registry.lineage.change.verdict import Fit, Held, Rule
from registry.lineage.change.wording import sentence
from registry.lineage.state import EntityState
from registry.lineage.subgraph import FIELD_OF

_BY_SIGNATURE = frozenset({ChangeKind.DROP_COLUMN, ChangeKind.RETYPE_COLUMN, ChangeKind.CHANGE_FEATURE})
_UNTOUCHED = frozenset({Held.PASSES_BY, Held.ELSEWHERE})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was decided about one use, and why in words."""

    use: Use
    held: Held
    rule: Rule
    reason: str


class Judge:
    """Keeps what was decided, by edge. ``nodes`` say what a person calls the entities."""

    def __init__(self, record: Record, subject: Subject, nodes: Mapping[str, Node]) -> None:
        self._record, self._subject, self._nodes = record, subject, nodes
        self._decided: dict[EdgeName, Judgement] = {}

    def judge(self, uses: Iterable[Use]) -> None:
        """Decide about uses, reading what the models say that they went into."""
        items = [use for use in uses if edge_name(use.edge) not in self._decided]
        models = self._models(items) if self._subject.change.kind in _BY_SIGNATURE else {}
        for use in items:
            self._decided[edge_name(use.edge)] = self.judgement(use, models.get(use.user.urn, ()))

    def judge_unread(self, edges: Iterable[Edge]) -> None:
        """Decide about edges of which nothing else was read, by themselves alone."""
        self.judge(
            Use(edge, self._nodes[edge.downstream])
            for edge in edges
            if edge.family in USE_FAMILIES or edge.relation == FIELD_OF
        )

    def judgement(self, use: Use, models: Sequence[Signature] = ()) -> Judgement:
        """Decide about one use, and keep nothing."""
        subject = self._subject
        known = held(use, subject)
        # Who is not reached by the change need not be looked at any closer: every fit has the same rule then.
        found = next(iter(SORTS[subject.change.kind].fits)) if known in _UNTOUCHED else fit(use, known, subject, models)
        rule = self._rule(known, found)
        return Judgement(use, known, rule, sentence(rule, use, known, subject, self.label(use.edge.upstream)))

    def of(self, edge: Edge) -> Judgement:
        """What was decided about an edge. Raises KeyError where nothing was."""
        return self._decided[edge_name(edge)]

    def has(self, edge: Edge) -> bool:
        """Whether an edge was judged."""
        return edge_name(edge) in self._decided

    def label(self, urn: str) -> str:
        """What a person calls an entity."""
        node = self._nodes.get(urn)
        if node is not None:
            return node.label
        name = parse_urn(urn)
        return label(name.name, name.version, version_unknown=name.version_unknown)

    def _rule(self, known: Held, found: Fit) -> Rule:
        return CELLS[self._subject.change.kind][known, found]

    def _models(self, uses: Iterable[Use]) -> dict[str, list[Signature]]:
        """The signatures of the model versions that users are, or that they made."""
        users = {use.user.urn: use.user.kind for use in uses}
        made = self._record.models_made(urn for urn, kind in users.items() if kind == "Run")
        states: dict[str, list[EntityState]] = dict(made)
        for urn, state in self._record.entities(urn for urn, kind in users.items() if kind == "ModelVersion").items():
            states[urn] = [state]
        return {
            urn: [read_signature(state.attributes.get("model_signature")) for state in found]
            for urn, found in states.items()
        }
