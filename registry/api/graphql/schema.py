"""The GraphQL schema: the query root over the vocabulary's types, executed with our documents and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry
from strawberry.schema.config import StrawberryConfig

from registry.api.graphql.access import enforce_permissions
from registry.api.graphql.allow_list import AllowList
from registry.api.graphql.documents import CheckDocument, DocumentChecker
from registry.api.graphql.entities import ENTITY_TYPES
from registry.api.graphql.execution import ColumnarExecutor
from registry.api.graphql.fields import read_field
from registry.api.graphql.query import Query
from registry.api.graphql.scalars import SCALARS
from registry.settings import Settings

if TYPE_CHECKING:
    from graphql import GraphQLError
    from strawberry.types import ExecutionContext

_MAX_NODES: int = Settings.model_fields["max_nodes"].default


class RegistrySchema(strawberry.Schema):
    """Strawberry's schema with a checker of documents, which leaves logging errors to the place that formats them."""

    def __init__(self, *, fast: bool, max_nodes: int, explore: bool, allow_list: AllowList | None) -> None:
        super().__init__(
            query=Query,
            types=ENTITY_TYPES,
            extensions=[lambda: CheckDocument(self.checker)],
            execution_context_class=ColumnarExecutor if fast else None,
            config=StrawberryConfig(default_resolver=read_field, disable_field_suggestions=True, scalar_map=SCALARS),
        )
        enforce_permissions(self._schema)
        self.checker = DocumentChecker(self._schema, max_nodes, explore=explore)
        self.allow_list = allow_list

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing here: an exception's text may hold what must not be seen."""


def build_schema(
    *, fast: bool = True, max_nodes: int = _MAX_NODES, explore: bool = True, allow_list: AllowList | None = None
) -> RegistrySchema:
    """The schema. ``fast`` completes long lists column by column, with the same answers.

    ``max_nodes`` is how many nodes the walks of one document may ask for, all together.
    ``explore`` says whether the schema may be asked for, ``allow_list`` which documents are run (None: any).
    """
    return RegistrySchema(fast=fast, max_nodes=max_nodes, explore=explore, allow_list=allow_list)
