"""Parameters and rows of the walks. Times are microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field

from queries.query import for_restricted_alone


@dataclass(frozen=True, kw_only=True)
class NodesWalk:
    """A walk along the edges that were true in a window and recorded by ``known_by``. ``limit`` bounds the nodes.

    ``settled`` and ``in_flight`` say what this process knows of the last writes (registry.graph.snapshot);
    ``present`` asks about now, ``anywhere`` starts also at what is not there, ``versions`` adds those of an asset.
    ``telling`` meets what is hidden beside what is not, in one pass; no row comes where that left out what is not.
    """

    urns: list[str]
    families: list[str]
    limit: int
    start_limit: int
    true_by: int
    true_after: int
    known_by: int
    settled: int
    in_flight: int
    present: bool
    anywhere: bool
    versions: bool
    telling: bool = for_restricted_alone(default=False)


@dataclass(frozen=True, kw_only=True)
class EdgesWalk(NodesWalk):
    """The same, with at most ``edge_limit`` edges between what was reached."""

    edge_limit: int


@dataclass(frozen=True, kw_only=True)
class StreamWalk(NodesWalk):
    """The same, in records of ``chunk`` names."""

    chunk: int


@dataclass(frozen=True, kw_only=True)
class Narrow:
    """Which edges a narrowed walk follows, and to what; null follows all."""

    roles: list[str] | None
    slices: list[str] | None
    evidence: list[str] | None
    min_confidence: float
    channels: list[str] | None
    kinds: list[str] | None
    namespaces: list[str] | None


@dataclass(frozen=True, kw_only=True)
class NarrowNodesWalk(NodesWalk, Narrow):
    """A narrowed walk for entities."""


@dataclass(frozen=True, kw_only=True)
class NarrowStreamWalk(StreamWalk, Narrow):
    """A narrowed walk in records."""


@dataclass(frozen=True, kw_only=True)
class NarrowEdgesWalk(EdgesWalk, Narrow):
    """A narrowed walk for entities and edges."""


@dataclass(frozen=True, slots=True)
class NamesRow:
    """Names with their depth; the first ``starts`` are the starts, then nearest first and by name.

    ``known_at`` is up to when the answer knows; ``identities`` and ``columns_described`` count the edges SAME_AS
    and FIELD_OF of the whole graph. For a restricted reader, ``blind`` are those behind which something is hidden, or
    the first start where it is not asked which.
    """

    known_at: int
    identities: int
    columns_described: int
    starts: int
    urn: list[str]
    depth: list[int]
    blind: list[str] = field(default_factory=list, kw_only=True)


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A part of the names with their depth; ``starts``, ``total`` and ``deepest`` are of all of them.

    ``specials`` counts what needs more than this walk, ``blind`` that behind which a restricted reader is shown nothing.
    """

    known_at: int
    identities: int
    specials: int
    starts: int
    total: int
    deepest: int
    urn: list[str]
    depth: list[int]
    blind: int = field(default=0, kw_only=True)


@dataclass(frozen=True, slots=True)
class NodesRow(NamesRow):
    """Entities as columns. Missing text is ''; ``heard_at`` is since when the shown state is recorded.

    ``written_at`` is a write that began to show meanwhile, so that what it changes may be shown in part; 0 for none.
    """

    kind: list[str]
    namespace: list[str]
    name: list[str]
    version: list[str]
    version_unknown: list[bool]
    placeholder: list[bool]
    title: list[str]
    true_to: list[int]
    heard_at: list[int]
    written_at: int


@dataclass(frozen=True, slots=True)
class ColumnsRow(NamesRow):
    """Names, and what the edges that join them mean."""

    downstream: list[str]
    upstream: list[str]
    relation: list[str]
    family: list[str]


@dataclass(frozen=True, slots=True)
class LinksRow(NodesRow):
    """Entities, and what the edges that join them mean."""

    downstream: list[str]
    upstream: list[str]
    relation: list[str]
    family: list[str]


@dataclass(frozen=True, slots=True)
class EvidenceRow(NodesRow):
    """Entities, and the edges that join them with their evidence. Missing text is '', missing confidence -1.

    ``channels`` is the one that an edge came by, as text, or the list of several.
    """

    downstream: list[str]
    upstream: list[str]
    relation: list[str]
    family: list[str]
    role: list[str]
    evidence: list[str]
    confidence: list[float]
    version_is: list[str]
    event_id: list[str]
    producer: list[str]
    true_from: list[int]
    edge_true_to: list[int]
    recorded_from: list[int]
    key: list[str]
    channels: list[str | list[str]]


@dataclass(frozen=True, slots=True)
class JoinParams:
    """``urns`` are what is asked about; the rest says which edges count."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int
    limit: int
    channels: list[str] | None


@dataclass(frozen=True, slots=True)
class IdentityParams(JoinParams):
    """The same, with the least confidence that makes two names one."""

    least: float


@dataclass(frozen=True, slots=True)
class AnyIdentityParams:
    """Which edges count, and the least confidence that makes two names one."""

    true_by: int
    true_after: int
    known_at: int
    limit: int
    least: float
    channels: list[str] | None


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One edge, its ends named by URN."""

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
    channels: list[str]


@dataclass(frozen=True, slots=True)
class AppearanceParams:
    """Entities by name, as recorded by ``known_at``."""

    urns: list[str]
    known_at: int
    open: int


@dataclass(frozen=True, slots=True)
class LaterParams:
    """Entities by name, and a time of recording."""

    urns: list[str]
    known_at: int


@dataclass(frozen=True, slots=True)
class UrnRow:
    """A name."""

    urn: str


@dataclass(frozen=True, slots=True)
class UrnsRow:
    """Names."""

    urn: list[str]


@dataclass(frozen=True, slots=True)
class AppearanceRow:
    """What may change about how entities look, as columns, in one record."""

    urn: list[str]
    placeholder: list[bool]
    title: list[str]
    true_to: list[int]


@dataclass(frozen=True, slots=True)
class TraitsParams:
    """Entities by name; the rest says which edges and states count."""

    urns: list[str]
    true_by: int
    true_after: int
    known_at: int


@dataclass(frozen=True, slots=True)
class AliasRow:
    """An alias and the version that it points to."""

    alias: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class TraitsRow:
    """What filters ask about entities, as columns, in one record; no lifecycle is ''."""

    urn: list[str]
    tags: list[list[str]]
    lifecycle: list[str]
    environments: list[list[str]]


@dataclass(frozen=True, slots=True)
class ClockParams:
    """Nothing is asked."""


@dataclass(frozen=True, slots=True)
class ClockRow:
    """When the last write was recorded; 0 where there was none."""

    recorded_at: int
