"""Which parts of an impact a document asks for, so that nothing is read that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from registry.api.graphql.context import ApiInfo
from registry.lineage.impact import Wanted

_ITEMS = frozenset({"items", "byKind", "byOwner", "byEnvironment", "ownersToTell"})
_OWNERS = frozenset({"owners", "byOwner", "ownersToTell"})
_PATHS = frozenset({"path", "allPaths", "summary"})


def wanted_parts(info: ApiInfo) -> Wanted:
    """The parts of the impact that the field asks for."""
    names = {name for field in info.selected_fields for name in _below(field.selections)}
    return Wanted(
        start="start" in names,
        items=bool(names & _ITEMS),
        paths=bool(names & _PATHS),
        owners=bool(names & _OWNERS),
        teams="teams" in names,
        evaluations="evaluations" in names,
    )


def _below(selections: list[Selection]) -> Iterator[str]:
    """The names of all fields below, fragments included."""
    for selection in selections:
        if isinstance(selection, SelectedField):
            yield selection.name
        if isinstance(selection, SelectedField | FragmentSpread | InlineFragment):
            yield from _below(selection.selections)
