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
