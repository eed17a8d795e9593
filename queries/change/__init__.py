"""Questions that tell what a change would break: uses with all they say, parts, columns, aliases, evaluations."""

from __future__ import annotations

from queries.change.rows import (
    AliasesParams,
    AliasRow,
    ColumnRow,
    ModelEvaluationRow,
    NamedParams,
    PartRow,
    PartsParams,
    UseRow,
    UsesParams,
)
from queries.query import load_query

USES = load_query("change/uses", UsesParams, UseRow)
PARTS = load_query("change/parts", PartsParams, PartRow)
COLUMNS = load_query("change/columns", NamedParams, ColumnRow)
ALIASES = load_query("change/aliases", AliasesParams, AliasRow)
MODELS_MADE = load_query("change/models_made", NamedParams, PartRow)
EVALUATIONS_OF_MODELS = load_query("change/evaluations_of_models", NamedParams, ModelEvaluationRow)
SCHEMAS_OF = load_query("change/schemas_of", NamedParams, PartRow)

QUERIES = (USES, PARTS, COLUMNS, SCHEMAS_OF, ALIASES, MODELS_MADE, EVALUATIONS_OF_MODELS)
