"""What a change would do before it is done: who breaks for certain, who may, who is safe and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from lineage_client.answers.answer import Tabular
from lineage_client.answers.columns import NODE, Columns, Recipe, columns_of, through
from lineage_client.answers.graph import Completeness, Json, Node

Verdict: TypeAlias = Literal["certain", "possible", "safe"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A consumer, and what the change does to it.

    ``rule`` is the stable id of the rule that decided, ``reason`` says it in words. ``through`` is the direct consumer
    that passes the change on, None for a direct consumer itself.
    """

    node: Node
    verdict: Verdict
    rule: str
    reason: str
    through: Node | None = None

    @classmethod
    def read(cls, data: Json) -> Judged:
        """The judgement that the server wrote."""
        through_ = data["through"]
        return cls(
            Node.read(data["item"]["node"]),
            _verdict(data["verdict"]),
            data["rule"],
            data["reason"],
            Node.read(through_) if through_ else None,
        )


@dataclass(frozen=True, slots=True)
class Outdated:
    """An evaluation to repeat: of a ``model`` that is affected, or on ``data`` that are (URNs)."""

    evaluation: Node
    model: str | None
    data: str | None
    verdict: Verdict
    reason: str

    @classmethod
    def read(cls, data: Json) -> Outdated:
        """The evaluation that the server wrote."""
        return cls(
            Node.read(data["evaluation"]), data["model"], data["data"], _verdict(data["verdict"]), data["reason"]
        )


_JUDGED: Recipe[Judged] = {
    **through(NODE, lambda judged: judged.node),
    "verdict": ("text", lambda judged: judged.verdict),
    "rule": ("text", lambda judged: judged.rule),
    "reason": ("text", lambda judged: judged.reason),
    "through": ("text", lambda judged: judged.through.urn if judged.through else None),
}
_OUTDATED: Recipe[Outdated] = {
    **through(NODE, lambda outdated: outdated.evaluation),
    "model": ("text", lambda outdated: outdated.model),
    "data": ("text", lambda outdated: outdated.data),
    "verdict": ("text", lambda outdated: outdated.verdict),
    "reason": ("text", lambda outdated: outdated.reason),
}


@dataclass(frozen=True, repr=False)
class Assessment(Tabular):
    """Who breaks for certain, who may and who is safe, in this order.

    ``certain``, ``possible`` and ``safe`` count all that were judged, shown or not. ``changed`` is what changes itself,
    ``models`` those to validate again, ``evaluations`` those whose results no longer hold.
    """

    parts: ClassVar[tuple[str, ...]] = ("items", "models", "evaluations")

    changed: tuple[Node, ...]
    items: tuple[Judged, ...]
    certain: int
    possible: int
    safe: int
    models: tuple[Judged, ...]
    evaluations: tuple[Outdated, ...]
    completeness: Completeness

    @classmethod
    def read(cls, data: Json) -> Assessment:
        """The assessment that the server wrote."""
        return cls(
            tuple(map(Node.read, data["changed"])),
            tuple(map(Judged.read, data["items"])),
            data["certain"],
            data["possible"],
            data["safe"],
            tuple(map(Judged.read, data["models"])),
            tuple(map(Outdated.read, data["evaluations"])),
            Completeness.read(data["completeness"]),
        )

    def _columns(self, part: str) -> Columns:
        if part == "evaluations":
            return columns_of(self.evaluations, _OUTDATED)
        return columns_of(self.models if part == "models" else self.items, _JUDGED)


def _verdict(text: str) -> Verdict:
    found: dict[str, Verdict] = {"certain": "certain", "possible": "possible", "safe": "safe"}
    return found[text.lower()]
