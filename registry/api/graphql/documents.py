"""GraphQL text to a checked document: parsed, bounded and validated once, then taken from a cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension

from registry.api.graphql.cost import check_cost
from registry.api.graphql.limits import MAX_CHARACTERS, MAX_COMMENTS, MAX_TOKENS, check_limits, refuse_introspection
from registry.errors import DocumentTooCostlyError, InvalidDocumentError, InvalidRequestError, RegistryError

_CACHED_CHARACTERS = 200_000
"""How much text the cache holds; a syntax tree takes a few hundred times its text."""

_MAX_ERRORS = 5
_EMPTY = DocumentNode(definitions=())


@dataclass(frozen=True, slots=True)
class CheckedDocument:
    """A document and what is wrong with it whoever asks."""

    document: DocumentNode
    max_nodes: int
    errors: tuple[GraphQLError, ...] = ()

    def refuse(self, operation: str | None, variables: Mapping[str, Any]) -> list[GraphQLError]:
        """Why the operation of that name (None: the only one) is not run with these variables; empty if it is."""
        if self.errors:
            return list(self.errors)
        operations = [item for item in self.document.definitions if isinstance(item, OperationDefinitionNode)]
        named = [item for item in operations if operation is None or (item.name and item.name.value == operation)]
        try:
            if len(named) != 1:
                raise InvalidRequestError(
                    "The document has no operation of that name."
                    if operation
                    else "The document has several operations.",
                    hint="Name one of the document's operations in `operationName`.",
                )
            check_cost(self.document, operation, variables, self.max_nodes)
        except RegistryError as error:
            return [_error(error)]
        return []


class DocumentChecker:
    """Checks documents against one schema and the nodes that one may ask for, and remembers the last few hundred, right and wrong ones alike."""

    def __init__(self, schema: GraphQLSchema, max_nodes: int, *, explore: bool = True) -> None:
        self._schema = schema
        self._explore = explore
        self._max_nodes = max_nodes
        self._known: OrderedDict[str, CheckedDocument] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def check(self, text: str) -> CheckedDocument:
        """The document in ``text``; never raises, its errors carry a RegistryError each."""
        with self._lock:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
                return known
        checked = self._check(text)
        with self._lock:
            self._remember(text, checked)
        return checked

    def _remember(self, text: str, checked: CheckedDocument) -> None:
        if text in self._known or len(text) > _CACHED_CHARACTERS:
            return
        self._known[text] = checked
        self._characters += len(text)
        while self._characters > _CACHED_CHARACTERS:
            oldest, _ = self._known.popitem(last=False)
            self._characters -= len(oldest)

    def _check(self, text: str) -> CheckedDocument:
        try:
            document = _parse(text)
            _only_queries(document)
            check_limits(document)
            if not self._explore:
                refuse_introspection(document)
        except GraphQLError as error:
            return CheckedDocument(_EMPTY, self._max_nodes, (_invalid(error),))
        except RegistryError as error:
            return CheckedDocument(_EMPTY, self._max_nodes, (_error(error),))
        found = validate(self._schema, document, specified_rules, max_errors=_MAX_ERRORS, hide_suggestions=True)
        shown = [error for error in found if not isinstance(error, ValidationAbortedError)]
        return CheckedDocument(document, self._max_nodes, tuple(_invalid(error) for error in shown[:_MAX_ERRORS]))


class CheckDocument(SchemaExtension):
    """Puts the checked document into the execution, instead of parsing and validating again."""

    def __init__(self, checker: DocumentChecker) -> None:
        super().__init__()
        self._checker = checker

    def on_parse(self) -> Iterator[None]:
        """Parse and validate, or remember. Raises the document's first error."""
        context = self.execution_context
        checked = self._checker.check(context.query or "")
        if checked.errors:
            raise checked.errors[0]
        context.graphql_document = checked.document
        context.pre_execution_errors = []  # which says that validation is done
        yield


def _parse(text: str) -> DocumentNode:
    try:
        return parse(
            text,
            max_lexical_tokens=MAX_TOKENS,
            max_comments=MAX_COMMENTS,
            max_source_length=MAX_CHARACTERS,
        )
    except GraphQLError as error:
        if not error.message.endswith("Parsing aborted."):
            raise
        raise DocumentTooCostlyError(
            error.message.removeprefix("Syntax Error: ").removesuffix(" Parsing aborted."),
            hint=f"A document has at most {MAX_TOKENS} tokens, {MAX_COMMENTS} comments and {MAX_CHARACTERS} characters.",
        ) from None


def _error(cause: RegistryError) -> GraphQLError:
    return GraphQLError(cause.message, original_error=cause)


def _only_queries(document: DocumentNode) -> None:
    for item in document.definitions:
        if not isinstance(item, (OperationDefinitionNode, FragmentDefinitionNode)):
            raise InvalidDocumentError("The document defines something else than operations and fragments.")
        if isinstance(item, OperationDefinitionNode) and item.operation is not OperationType.QUERY:
            raise InvalidDocumentError(
                f"GraphQL answers queries only, not a {item.operation.value}.", hint="Write with POST /api/v1/records."
            )


def _invalid(error: GraphQLError) -> GraphQLError:
    """The same error under our code, its message cut to a length that fits a log line."""
    message = error.message[:500]
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        original_error=InvalidDocumentError(message),
    )
