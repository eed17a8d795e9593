"""Facts about entities, in the form in which tests draw them and compare answers with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graph_schema.times import OPEN

Load = Callable[..., None]


def urn_of(name: str) -> str:
    return f"urn:lineage:{name}"


def kind_of(urn: str) -> str:
    return urn.split(":")[2]


def asset_of(urn: str) -> str | None:
    """The asset that a version belongs to, by its name alone."""
    kind, namespace, name, *version = urn.split(":")[2:]
    if kind == "TelemetrySchema":
        return urn_of(f"TelemetrySource:{namespace}:{name}")
    return urn_of(f"{kind.removesuffix('Version')}:{namespace}:{name}") if version else None


@dataclass(frozen=True)
class Fact:
    """One stored edge. ``said`` are its role, slice, evidence, … as far as it has them."""

    relation: str
    downstream: str
    upstream: str
    key: str
    said: tuple[tuple[str, Any], ...]
    true_from: int = 0
    true_to: int = OPEN
    recorded_from: int = 0
    recorded_to: int = OPEN

    def says(self, name: str) -> Any:
        return dict(self.said).get(name)

    @property
    def family(self) -> str:
        if self.relation == "USED":
            role = self.says("role")
            return {"test": "evaluation", "validate": "evaluation", "context": "context"}.get(role, "data")
        return {
            "GENERATED_BY": "data", "DERIVED_FROM": "data", "COMPUTED_FROM": "data", "USES_FEATURE": "data",
            "DEPLOYS": "serving", "SERVED_BY": "serving", "RELIES_ON": "serving", "DEPENDS_ON": "software",
            "EXECUTED_IN": "software", "MAY_BE": "possible", "SLICE_OF": "part", "SAME_AS": "identity",
            "EVALUATES": "evaluation", "EVALUATED_ON": "evaluation", "OWNED_BY": "responsibility",
        }.get(self.relation, "structure")  # fmt: skip

    @property
    def name(self) -> tuple[str, str, str, str]:
        return self.downstream, self.upstream, self.relation, self.key

    def stored(self) -> dict[str, Any]:
        own = {name: value for name, value in vars(self).items() if name != "said"}
        return own | {name: value for name, value in self.said if value is not None} | {"family": self.family}


@dataclass(frozen=True)
class State:
    """How an entity looks, and since when and until when that is recorded."""

    tags: tuple[str, ...] = ()
    lifecycle: str | None = None
    stage: str | None = None
    title: str | None = None
    placeholder: bool = False
    created_at: int = 0
    true_to: int = OPEN
    recorded_from: int = 0
    recorded_to: int = OPEN

    def stored(self, urn: str) -> dict[str, Any]:
        said = {name: value for name, value in vars(self).items() if value is not None and value is not False}
        return said | {"urn": urn, "tags": list(self.tags)}


@dataclass(frozen=True)
class Graph:
    """Entities with their states, the last of which is the one of now, and edges."""

    states: dict[str, tuple[State, ...]]
    facts: tuple[Fact, ...]

    @property
    def urns(self) -> tuple[str, ...]:
        return tuple(self.states)

    def load(self, load: Load) -> None:
        load(
            [states[-1].stored(urn) for urn, states in self.states.items()],
            [fact.stored() for fact in self.facts],
            [state.stored(urn) for urn, states in self.states.items() for state in states[:-1]],
        )

    def __repr__(self) -> str:
        lines = [f"  {urn[12:]} {_told(states)}" for urn, states in self.states.items()]
        lines += [
            f"  {fact.downstream[12:]} -{fact.relation}-> {fact.upstream[12:]} {fact.key} "
            f"{ {name: value for name, value in fact.said if value is not None} } {_times(fact)}"
            for fact in self.facts
        ]
        return "Graph:\n" + "\n".join(lines)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # or Hypothesis takes a page for each edge


def _told(states: tuple[State, ...]) -> str:
    plain = vars(State())
    return " then ".join(str({k: v for k, v in vars(state).items() if v != plain[k]}) for state in states)


def _times(fact: Fact) -> str:
    names = ("true_from", "true_to", "recorded_from", "recorded_to")
    return " ".join(f"{name}={vars(fact)[name]}" for name in names if vars(fact)[name] not in (0, OPEN))
