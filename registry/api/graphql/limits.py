"""How much one GraphQL document may ask for, found out in one pass before anything is validated.

Each fragment is measured once and its measure reused wherever it is spread, so a document that spreads
fragments twice at each of a hundred steps costs no more to refuse than to read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from registry.errors import DocumentTooCostlyError, InvalidDocumentError

MAX_CHARACTERS = 100_000
MAX_TOKENS = 2_000
MAX_COMMENTS = 200
MAX_DEPTH = 12
MAX_FIELDS = 1_000
MAX_REPEATED = 200
"""Fields, and what is below them, under a name that their level has already: merging them is quadratic."""
MAX_ALIASES = 30
MAX_DIRECTIVES = 30
MAX_FRAGMENTS = 100
MAX_OPERATIONS = 10
MAX_VARIABLES = 100
_INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a selection with every fragment spread out. Introspection fields count, their depth does not.

    ``level`` has the response names at its own level.
    """

    depth: int = 0
    fields: int = 0
    repeated: int = 0
    aliases: int = 0
    directives: int = 0
    level: frozenset[str] = frozenset()

    def beside(self, other: Measure) -> Measure:
        """Both, next to each other."""
        return Measure(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.repeated + other.repeated + (0 if self.level.isdisjoint(other.level) else other.fields),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.level | other.level,
        )


_NOTHING = Measure()


def check_limits(document: DocumentNode) -> None:
    """Raise DocumentTooCostlyError or InvalidDocumentError unless every operation is within every bound."""
    defined = [item for item in document.definitions if isinstance(item, FragmentDefinitionNode)]
    operations = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    _bound("fragments", len(defined), MAX_FRAGMENTS)
    _bound("operations", len(operations), MAX_OPERATIONS)
    _bound("directives", sum(map(_directives_of, [*defined, *operations])), MAX_DIRECTIVES)
    fragments = {item.name.value: item for item in defined}
    if len(fragments) < len(defined):
        raise InvalidDocumentError("Two fragments of the document have the same name.")
    measured: dict[str, Measure] = {}
    for name in _in_order_of_use(fragments):
        measured[name] = _measure(fragments[name].selection_set, measured)
        # One that no operation spreads is validated all the same.
        _check(measured[name], deep=fragments[name].type_condition.name.value.startswith("__"))
    for operation in operations:
        _bound("variables", len(operation.variable_definitions or ()), MAX_VARIABLES)
        _check(_measure(operation.selection_set, measured))


def refuse_introspection(document: DocumentNode) -> None:
    """Raise InvalidDocumentError where anything in the document asks for the schema; ``__typename`` is no such thing."""
    stack = [
        item.selection_set
        for item in document.definitions
        if isinstance(item, (FragmentDefinitionNode, OperationDefinitionNode))
    ]
    while stack:
        for node in stack.pop().selections:
            if isinstance(node, FieldNode) and node.name.value in _INTROSPECTION:
                raise InvalidDocumentError(
                    "This server does not tell its schema.", hint="LINEAGE_GRAPHQL_EXPLORE=1 lets it be asked for."
                )
            below = getattr(node, "selection_set", None)
            if below is not None:
                stack.append(below)


def _directives_of(definition: ExecutableDefinitionNode) -> int:
    """Directives of a definition itself and of its variables, which validation goes through as well."""
    variables = definition.variable_definitions or ()
    return len(definition.directives or ()) + sum(len(item.directives or ()) for item in variables)


def _check(measure: Measure, *, deep: bool = False) -> None:
    if not deep:
        _bound("depth", measure.depth, MAX_DEPTH)
    _bound("fields", measure.fields, MAX_FIELDS)
    _bound("repeated fields", measure.repeated, MAX_REPEATED)
    _bound("aliases", measure.aliases, MAX_ALIASES)
    _bound("directives", measure.directives, MAX_DIRECTIVES)


def _bound(what: str, value: int, limit: int) -> None:
    if value <= limit:
        return
    deeper = what == "depth"
    raise DocumentTooCostlyError(
        f"The document is nested deeper than {limit} fields."
        if deeper
        else f"The document has more than {limit} {what}.",
        hint="Ask for less in one document, or ask several times.",
        limit=what,
        maximum=limit,
    )


def _measure(selections: SelectionSetNode, fragments: Mapping[str, Measure]) -> Measure:
    total = _NOTHING
    for node in selections.selections:
        total = total.beside(_measure_one(node, fragments))
    return total


def _measure_one(node: SelectionNode, fragments: Mapping[str, Measure]) -> Measure:
    own = Measure(directives=len(node.directives or ()))
    if isinstance(node, FragmentSpreadNode):
        return own.beside(fragments.get(node.name.value, _NOTHING))
    below = getattr(node, "selection_set", None)
    inside = _measure(below, fragments) if below is not None else _NOTHING
    if not isinstance(node, FieldNode):
        return own.beside(inside)
    hidden = node.name.value in _INTROSPECTION
    return Measure(
        1 if hidden else inside.depth + 1,
        inside.fields + 1,
        inside.repeated,
        inside.aliases + (node.alias is not None),
        inside.directives + own.directives,
        frozenset(((node.alias or node.name).value,)),
    )


def _in_order_of_use(fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """Names so that each comes after all that it spreads. Raises InvalidDocumentError on a circle."""
    uses = {name: sorted(_spreads(item.selection_set) & set(fragments)) for name, item in fragments.items()}
    order: list[str] = []
    state: dict[str, bool] = {}  # False while what it spreads is being placed, True once it is placed
    for start in uses:
        stack = [start]
        while stack:
            name = stack[-1]
            if name in state:
                stack.pop()
                if not state[name]:
                    state[name] = True
                    order.append(name)
                continue
            state[name] = False
            stack.extend(_unplaced(uses[name], state))
    return order


def _unplaced(names: Iterable[str], state: Mapping[str, bool]) -> list[str]:
    waiting = [name for name in names if not state.get(name, False)]
    if any(name in state for name in waiting):
        raise InvalidDocumentError("The document's fragments spread each other in a circle.")
    return waiting


def _spreads(selections: SelectionSetNode) -> set[str]:
    found: set[str] = set()
    stack = [selections]
    while stack:
        for node in stack.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                found.add(node.name.value)
            elif (below := getattr(node, "selection_set", None)) is not None:
                stack.append(below)
    return found
