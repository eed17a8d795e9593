"""Filters that need more than a walk reads: tags, lifecycle, owners and environments, judged in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from graph_schema.urn import parse_urn
from queries.walk import TRAITS
from queries.walk.rows import TraitsParams
from registry.graph.database import Database
from registry.lineage.answer import Edge
from registry.lineage.entity import owners_at
from registry.lineage.moment import Moment
from registry.lineage.reading import Bookmarks, undisturbed
from registry.lineage.request import EdgeFilter, NodeFilter

_RUN_SOMEWHERE = frozenset({"Run", "Deployment"})
_WALKED = frozenset({"data", "serving", "software"})


def by_name(nodes: NodeFilter) -> bool:
    """Whether an entity's name alone says if it matches."""
    return not (nodes.tags or nodes.owners or nodes.environments or nodes.lifecycle)


@dataclass(frozen=True, slots=True)
class Traits:
    """What filters ask about some entities, by URN."""

    tags: dict[str, list[str]] = field(default_factory=dict)
    lifecycle: dict[str, str] = field(default_factory=dict)
    environments: dict[str, list[str]] = field(default_factory=dict)
    owners: dict[str, frozenset[str]] = field(default_factory=dict)


def read_traits(
    database: Database, urns: Iterable[str], filters: Iterable[NodeFilter], when: Moment, bookmarks: Bookmarks
) -> Traits:
    """What the filters ask about these entities; nothing is read that none of them asks about."""
    names, asked = list(urns), list(filters)
    if not names or all(by_name(nodes) for nodes in asked):
        return Traits()
    owners: dict[str, frozenset[str]] = {}
    if any(nodes.owners for nodes in asked):
        found = owners_at(database, names, when, bookmarks=bookmarks)
        owners = {
            # A title stands for the registered name where people read it, but doesn't take its place.
            urn: frozenset(name for owner in who for name in (owner.urn, owner.name, parse_urn(owner.urn).name))
            for urn, who in found.items()
        }
    if not any(nodes.tags or nodes.lifecycle or nodes.environments for nodes in asked):
        return Traits(owners=owners)
    params = TraitsParams(names, when.true_by, when.true_after, when.known_at)
    row = undisturbed(database, lambda: database.run(TRAITS, params, bookmarks=bookmarks)[0], bookmarks)
    return Traits(
        dict(zip(row.urn, row.tags, strict=True)),
        dict(zip(row.urn, row.lifecycle, strict=True)),
        dict(zip(row.urn, row.environments, strict=True)),
        owners,
    )


_NO_TRAITS = Traits()


def node_test(nodes: NodeFilter, traits: Traits = _NO_TRAITS) -> Callable[[str], bool]:
    """Whether the entity of a URN matches; ``traits`` are needed where not its name alone says so."""
    kinds, namespaces, tags = frozenset(nodes.kinds), frozenset(nodes.namespaces), frozenset(nodes.tags)
    owners, environments, lifecycle = frozenset(nodes.owners), frozenset(nodes.environments), frozenset(nodes.lifecycle)

    def matches(urn: str) -> bool:
        name = parse_urn(urn)
        return (
            (not kinds or name.kind in kinds)
            and (not namespaces or name.namespace in namespaces)
            and (not tags or not tags.isdisjoint(traits.tags.get(urn, ())))
            and (not lifecycle or traits.lifecycle.get(urn, "") in lifecycle)
            and (not owners or not owners.isdisjoint(traits.owners.get(urn, ())))
            and (
                not environments
                or name.kind not in _RUN_SOMEWHERE
                or not environments.isdisjoint(traits.environments.get(urn, ()))
            )
        )

    return matches


def edge_test(edges: EdgeFilter) -> Callable[[Edge], bool]:
    """Whether an edge, with its evidence, matches; what it does not say matches."""

    def matches(edge: Edge) -> bool:
        slice_ = _slice(edge)
        confidence = 1.0 if edge.confidence is None else edge.confidence
        return (
            (not edges.families or edge.family not in _WALKED or edge.family in edges.families)
            and (not edges.roles or edge.role is None or edge.role in edges.roles)
            and (not edges.slices or slice_ is None or slice_ in edges.slices)
            and (not edges.evidence or edge.evidence is None or edge.evidence in edges.evidence)
            and (edges.min_confidence is None or confidence >= edges.min_confidence)
        )

    return matches


def _slice(edge: Edge) -> str | None:
    # The slice is the last part of the key, so that it may hold any character.
    return edge.key.partition("slice=")[2] or None if edge.relation == "USED" else None
