"""Parameters and rows of the questions that impact asks. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EvaluationsParams:
    """Data by name; the rest says which edges count."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int
    channels: list[str] | None = None


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """An evaluation (or a run that evaluated), the data it was measured on, and the model where one is recorded."""

    data: str
    model: str | None
    urn: str
    kind: str
    namespace: str
    name: str
    placeholder: bool
    title: str | None
    true_to: int | None


@dataclass(frozen=True, slots=True)
class StandingParams:
    """``urns`` are what is affected, and its assets; ``serving`` those that something may serve or rely on.

    ``limit`` bounds each list of pairs; the rest says which edges and states count.
    """

    urns: list[str]
    serving: list[str]
    true_by: int
    true_after: int
    known_at: int
    open: int
    limit: int


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Columns in four groups, in one record; missing text is '', a load that nobody recorded -1.

    ``served`` by ``deployment`` with a ``share`` of its traffic ``since`` a time; ``placed`` (deployments) in an
    ``environment``; ``relied`` on by a ``system``; and of each ``urn`` among these how it is.
    """

    served: list[str]
    deployment: list[str]
    share: list[float]
    since: list[int]
    placed: list[str]
    environment: list[str]
    relied: list[str]
    system: list[str]
    urn: list[str]
    name: list[str]
    lifecycle: list[str]
    criticality: list[str]
    stage: list[str]
    requests_per_second: list[float]
    traffic_share: list[float]
    true_to: list[int]


@dataclass(frozen=True, slots=True)
class TeamsParams:
    """Agents by name; the rest says which edges count."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int


@dataclass(frozen=True, slots=True)
class TeamsRow:
    """Each ``member`` with a team's ``urn`` and ``name``, as columns."""

    member: list[str]
    urn: list[str]
    name: list[str]
