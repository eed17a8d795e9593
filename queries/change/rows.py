"""Parameters and rows of the questions about a change that is thought about. Times are microseconds since 1970.

``true_by``, ``true_after`` and ``known_at`` say which edges count, as in ``queries.entity.rows``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NamedParams:
    """Entities by name."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class UsesParams:
    """Entities by name, and the families of edges that are uses."""

    urns: list[str]
    families: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class UseRow:
    """One edge, what it says of versions and columns, and the entity that it comes from.

    ``takes`` is the constraint of the edge: which versions would do.
    """

    downstream: str
    upstream: str
    relation: str
    family: str
    role: str | None
    evidence: str | None
    confidence: float | None
    version_is: str | None
    event_id: str | None
    producer: str | None
    true_from: int | None
    true_to: int
    recorded_from: int
    key: str
    takes: str | None
    columns: list[str]
    kind: str
    namespace: str
    name: str
    version: str | None
    version_unknown: bool
    placeholder: bool
    title: str | None
    user_true_to: int | None


@dataclass(frozen=True, slots=True)
class PartsParams:
    """Entities by name, the relations that lead to them, and the kinds that these come from."""

    urns: list[str]
    relations: list[str]
    kinds: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class PartRow:
    """What belongs to which."""

    whole: str
    urn: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column of data; ``data`` is the entity that was asked about."""

    data: str
    schema: str
    urn: str
    name: str
    title: str | None


@dataclass(frozen=True, slots=True)
class AliasesParams:
    """One logical asset."""

    asset: str
    true_by: int
    true_after: int
    known_at: int
    limit: int


@dataclass(frozen=True, slots=True)
class AliasRow:
    """The name of an alias and a version that it points to."""

    alias: str
    version: str


@dataclass(frozen=True, slots=True)
class ModelEvaluationRow:
    """An evaluation and the model version that it is about."""

    model: str
    urn: str
    kind: str
    namespace: str
    name: str
    placeholder: bool
    title: str | None
    true_to: int | None
