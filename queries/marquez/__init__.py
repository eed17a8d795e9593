"""What Marquez's clients ask, answered from the present graph: what ended or was taken back is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from queries.marquez import rows
from queries.query import Query, load_part, load_query

if TYPE_CHECKING:
    from typing import LiteralString

P = TypeVar("P")
R = TypeVar("R")


def _with_parts(name: str, parts: str, params: type[P], row: type[R]) -> Query[P, R]:
    """A question that begins with what it asks of, and goes on with what is told of each."""
    text, documentation = load_part(f"marquez/{name}")
    told, more = load_part(f"marquez/{parts}")
    slot: LiteralString = "%parts%"
    return Query(f"marquez/{name}", text.replace(slot, cast("Any", told)), params, row, f"{documentation}\n{more}")


NAMESPACES = load_query("marquez/namespaces", rows.PageParams, rows.NamespaceRow)
NAMESPACE_COUNT = load_query("marquez/namespace_count", rows.NowParams, rows.CountRow)
NAMESPACE = load_query("marquez/namespace", rows.NamespaceParams, rows.NamespaceRow)
DATASETS = _with_parts("datasets", "dataset_parts", rows.NamespacePageParams, rows.DatasetRow)
DATASETS_NAMED = _with_parts("datasets_named", "dataset_parts", rows.UrnsParams, rows.DatasetRow)
DATASET_COUNT = load_query("marquez/dataset_count", rows.NamespaceParams, rows.CountRow)
VERSIONS = load_query("marquez/versions", rows.VersionsParams, rows.VersionRow)
VERSION_COUNT = load_query("marquez/version_count", rows.UrnParams, rows.CountRow)
JOBS = _with_parts("jobs", "job_parts", rows.NamespacePageParams, rows.JobRow)
JOBS_NAMED = _with_parts("jobs_named", "job_parts", rows.UrnsParams, rows.JobRow)
JOB_COUNT = load_query("marquez/job_count", rows.NamespaceParams, rows.CountRow)
RUNS = _with_parts("runs", "run_parts", rows.UrnPageParams, rows.RunRow)
RUN_COUNT = load_query("marquez/run_count", rows.UrnParams, rows.CountRow)
RUN = _with_parts("run", "run_parts", rows.NameParams, rows.RunRow)
AROUND_DATASETS = load_query("marquez/around_datasets", rows.UrnsParams, rows.AroundRow)
AROUND_JOBS = load_query("marquez/around_jobs", rows.UrnsParams, rows.AroundRow)
COLUMNS_OF = load_query("marquez/columns_of", rows.UrnParams, rows.UrnRow)
COLUMNS_BEHIND = load_query("marquez/columns_behind", rows.UrnsParams, rows.DerivedRow)
COLUMNS_BEFORE = load_query("marquez/columns_before", rows.UrnsParams, rows.DerivedRow)
COLUMNS = load_query("marquez/columns", rows.ColumnsParams, rows.ColumnRow)
RUNS_BEHIND = load_query("marquez/runs_behind", rows.UrnsParams, rows.BehindRow)
KNOWN = load_query("marquez/known", rows.UrnsParams, rows.UrnRow)
SOURCES = load_query("marquez/sources", rows.FirstParams, rows.SourceRow)
TAGS = load_query("marquez/tags", rows.PageParams, rows.TagRow)

QUERIES = (
    NAMESPACES, NAMESPACE_COUNT, NAMESPACE, DATASETS, DATASETS_NAMED, DATASET_COUNT, VERSIONS, VERSION_COUNT, JOBS,
    JOBS_NAMED, JOB_COUNT, RUNS, RUN_COUNT, RUN, AROUND_DATASETS, AROUND_JOBS, COLUMNS_OF, COLUMNS_BEHIND,
    COLUMNS_BEFORE, COLUMNS, RUNS_BEHIND, KNOWN, SOURCES, TAGS,
)  # fmt: skip
