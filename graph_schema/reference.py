"""The vocabulary as a page for people: kinds, relations, families, each with its properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from graph_schema.catalogue import KINDS, RELATIONS
from graph_schema.core import Family, Kind, Property, Relation
from graph_schema.edges import EVERY_EDGE
from graph_schema.kinds.shared import EVERY_KIND
from graph_schema.walks import SOFTWARE_KINDS

_INTRODUCTION = """\
# Vocabulary

What may exist in the graph. Records, validation, GraphQL types and this page derive from the same description, and
`GET /api/v1/schemas` gives it as JSON Schemas.

An entity is named by a URN: `urn:lineage:<Kind>:<namespace>:<name>`, and `:<version>` behind it where the kind has
versions. Each part is percent-encoded; `*` as the version means "some version, not known which".

Edges are stored from what depends to what it depends on. **Upstream** follows them, **downstream** and **impact**
follow them backwards.
"""

_FAMILIES = {
    Family.DATA: "always",
    Family.SERVING: "always",
    Family.PART: "always: a slice belongs to its version",
    Family.POSSIBLE: "unless left out; what it reaches is *possible*, not *certain*",
    Family.SOFTWARE: f"on request, and from {', '.join(sorted(SOFTWARE_KINDS))}",
    Family.EVALUATION: "never: being evaluated on data is not being made from it; impact reports it apart",
    Family.CONTEXT: "never",
    Family.IDENTITY: "never",
    Family.STRUCTURE: "never",
    Family.RESPONSIBILITY: "never; owners are reported beside the answer",
}


def render() -> str:
    """The page as Markdown. The same vocabulary gives the same text."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield "## Families\n"
    yield "A relation belongs to a family, and a walk follows families.\n"
    yield from _table(("family", "followed by a walk"), ((f"`{family}`", _FAMILIES[family]) for family in Family))
    yield "## Kinds\n"
    yield "### Every kind\n"
    yield from _properties(EVERY_KIND)
    for kind in KINDS.values():
        yield from _kind(kind)
    yield "## Relations\n"
    yield "### Every relation\n"
    yield from _properties(EVERY_EDGE)
    for relation in RELATIONS.values():
        yield from _relation(relation)


def _kind(kind: Kind) -> Iterator[str]:
    yield f"### {kind.name}\n"
    yield f"{kind.description}\n"
    facts = []
    if kind.version_of is not None:
        facts.append(f"A version of a [{kind.version_of}](#{kind.version_of.lower()}).")
    if kind.searchable:
        facts.append("Found by full-text search.")
    if kind.derived:
        facts.append("Clients don't send it.")
    if kind.personal:
        facts.append("Personal: the ledger knows them by pseudonyms.")
    if facts:
        yield " ".join(facts) + "\n"
    yield from _properties(kind.properties)


def _relation(relation: Relation) -> Iterator[str]:
    yield f"### {relation.name}\n"
    yield f"{relation.description}\n"
    yield from _table(("from", "to"), ((_kinds(sources), _kinds(targets)) for sources, targets in _ends(relation)))
    facts = [f"Family `{relation.family}`{_by_role(relation)}."]
    if relation.prov is not None:
        facts.append(f"W3C PROV: `{relation.prov}`.")
    if relation.discriminators:
        names = " or ".join(f"`{name}`" for name in relation.discriminators)
        facts.append(f"Between the same two ends, another {names} makes another edge.")
    if relation.acyclic:
        facts.append("A cycle is refused.")
    if relation.derived:
        facts.append("Clients don't send it.")
    yield " ".join(facts) + "\n"
    yield from _properties(relation.properties)


def _by_role(relation: Relation) -> str:
    other = {role: family for role, family in relation.family_by_role.items() if family is not relation.family}
    return "".join(f"; with role `{role}`: `{family}`" for role, family in other.items())


def _ends(relation: Relation) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """The pairs of ends; "any kind, and the same" is said once instead of for each kind."""
    if len(relation.ends) == len(KINDS) and all(sources == targets for sources, targets in relation.ends):
        return ((("any kind",), ("the same kind",)),)
    return relation.ends


def _kinds(names: tuple[str, ...]) -> str:
    return "any kind" if set(names) == set(KINDS) else ", ".join(names)


def _properties(items: tuple[Property, ...]) -> Iterator[str]:
    if items:
        yield from _table(
            ("property", "type", "meaning"), ((f"`{item.name}`", item.type, _meaning(item)) for item in items)
        )


def _meaning(item: Property) -> str:
    facts = [item.description]
    if item.required:
        facts.append("Required.")
    if item.values:
        facts.append("One of " + ", ".join(f"`{value}`" for value in item.values) + ".")
    if item.default is not None:
        facts.append(f"Default `{item.default}`.")
    if item.minimum is not None:
        facts.append(f"At least {item.minimum:g}.")
    if item.maximum is not None:
        facts.append(f"At most {item.maximum:g}.")
    if item.immutable:
        facts.append("A change of it is a finding.")
    if item.sensitive:
        facts.append("Sensitive: encrypted at rest, shown only to who may see it.")
    return " ".join(facts)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""
