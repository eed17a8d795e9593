"""Which attributes are sensitive: those that the vocabulary marks, and those that a deployment names.

A sensitive value is kept under another name (``sealed_contact`` for ``contact``), so that whatever does not know of it
finds nothing: search, lists, exports and walks need no care of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from graph_schema.catalogue import KINDS, properties_of
from graph_schema.storage import SEALED
from registry.errors import ConfigurationError

FACETS: Final = "facets"
SEALED_FACET: Final = "@sealed"
"""The one name in what stands in place of a sensitive facet."""
_NEEDED: Final = frozenset({"created_at", "lifecycle", "criticality", "sensitivity", "tags", FACETS})
_HINT: Final = "LINEAGE_SENSITIVE_FIELDS reads like Dataset.description,Person.title,Job.facets.ownership."


def sealed_name(name: str) -> str:
    """The property that keeps the envelope of an attribute."""
    return f"{SEALED}{name}"


def plain_name(name: str) -> str | None:
    """The attribute whose envelope this property keeps, None for any other property."""
    return name.removeprefix(SEALED) if name.startswith(SEALED) else None


class SensitiveFields:
    """The sensitive attributes and facets of each kind."""

    def __init__(self, labels: str = "") -> None:
        """``labels`` are further fields, ``Kind.attribute`` or ``Kind.facets.name``. Raises ConfigurationError."""
        attributes = {
            kind.name: {item.name for item in properties_of(kind) if item.sensitive} for kind in KINDS.values()
        }
        facets: dict[str, set[str]] = {}
        for label in filter(None, (part.strip() for part in labels.split(","))):
            kind, _, name = label.partition(".")
            if name.startswith(f"{FACETS}.") and kind in KINDS:
                facets.setdefault(kind, set()).add(name.removeprefix(f"{FACETS}."))
            else:
                _check_label(label, kind, name)
                attributes[kind].add(name)
        self._attributes = _frozen(attributes)
        self._facets = _frozen(facets)

    def attributes_of(self, kind: str) -> frozenset[str]:
        """The sensitive attributes of a kind."""
        return self._attributes.get(kind, frozenset())

    def facets_of(self, kind: str) -> frozenset[str]:
        """The sensitive facets of a kind, by their names."""
        return self._facets.get(kind, frozenset())

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that have something sensitive."""
        return frozenset(self._attributes) | frozenset(self._facets)

    @property
    def names_facets(self) -> bool:
        """Whether facets of some kind are sensitive: then any event may say something sensitive."""
        return bool(self._facets)

    def concern(self, kind: str, names: Iterable[str]) -> bool:
        """Whether one of these attributes of a kind has something to be kept secret."""
        if kind in self._facets and FACETS in names:
            return True
        return not self.attributes_of(kind).isdisjoint(names)


def _check_label(label: str, kind: str, name: str) -> None:
    known = {item.name: item for item in properties_of(KINDS[kind])} if kind in KINDS else {}
    if name not in known:
        raise ConfigurationError(f"LINEAGE_SENSITIVE_FIELDS: {label[:100]!r} names no attribute.", hint=_HINT)
    if name in _NEEDED or known[name].immutable:
        raise ConfigurationError(
            f"LINEAGE_SENSITIVE_FIELDS: {label[:100]!r} cannot be sensitive: the registry itself compares and orders by it.",
            hint=_HINT,
        )


def _frozen(found: Mapping[str, set[str]]) -> Mapping[str, frozenset[str]]:
    return MappingProxyType({kind: frozenset(names) for kind, names in found.items() if names})


VOCABULARY: Final = SensitiveFields()
"""What is sensitive whatever a deployment says."""
