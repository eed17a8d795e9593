"""Marquez's read API, the part that its clients use. Writing goes through OpenLineage events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from registry.api.access import needs, reader
from registry.api.bookmarks import BOOKMARK_HEADER, read_bookmarks
from registry.api.rest.openlineage import intake_of
from registry.api.rest.times import read_time
from registry.intake.raw_events import RawEvents
from registry.marquez.around import Around
from registry.marquez.asking import Asking
from registry.marquez.documents import Json
from registry.marquez.finding import Finding
from registry.marquez.reading import Reading
from registry.permission.role import Permission

router = APIRouter(prefix="/api/v1", tags=["marquez"])

Limit = Annotated[int, Query(ge=0, le=1_000, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many first.")]
Depth = Annotated[int, Query(ge=0, le=100, description="How many steps.")]
NodeId = Annotated[str, Query(alias="nodeId", max_length=4096, description="dataset:<namespace>:<name>, job:…")]
Moment = Annotated[str | None, Query(max_length=40)]


@router.get("/lineage", summary="Jobs and data sets around a node (Marquez)")
@needs(Permission.READ)
async def read_lineage(request: Request, node: NodeId, depth: Depth = 20) -> Json:
    """The graph around a data set or job, both ways."""
    return await _ask(request, lambda ask: Around(ask).lineage(node, depth))


@router.get("/column-lineage", summary="Where columns come from (Marquez)")
@needs(Permission.READ)
async def read_column_lineage(
    request: Request,
    node: NodeId,
    depth: Depth = 20,
    downstream: Annotated[bool, Query(alias="withDownstream", description="Also what is made of them.")] = False,
) -> Json:
    """Column lineage of a data set, a column or the outputs of a job."""
    return await _ask(request, lambda ask: Around(ask).column_lineage(node, depth, downstream=downstream))


@router.get("/namespaces", summary="Namespaces (Marquez)")
@needs(Permission.READ)
async def list_namespaces(request: Request, limit: Limit = 100, offset: Offset = 0) -> Json:
    """Every namespace that has data sets or jobs."""
    return await _ask(request, lambda ask: Reading(ask).namespaces(limit, offset))


@router.get("/namespaces/{namespace:path}/datasets/{name:path}/versions", summary="Versions of a data set (Marquez)")
@needs(Permission.READ)
async def list_versions(request: Request, namespace: str, name: str, limit: Limit = 100, offset: Offset = 0) -> Json:
    """The known versions of a data set, the newest first."""
    return await _ask(request, lambda ask: Reading(ask).versions(namespace, name, limit, offset))


@router.get("/namespaces/{namespace:path}/datasets/{name:path}/versions/{version:path}", summary="A version (Marquez)")
@needs(Permission.READ)
async def read_version(request: Request, namespace: str, name: str, version: str) -> Json:
    """One version of a data set."""
    return await _ask(request, lambda ask: Reading(ask).version(namespace, name, version))


@router.get("/namespaces/{namespace:path}/datasets/{name:path}", summary="A data set (Marquez)")
@needs(Permission.READ)
async def read_dataset(request: Request, namespace: str, name: str) -> Json:
    """One data set with the columns of its latest schema."""
    return await _ask(request, lambda ask: Reading(ask).dataset(namespace, name))


@router.get("/namespaces/{namespace:path}/datasets", summary="Data sets of a namespace (Marquez)")
@needs(Permission.READ)
async def list_datasets(request: Request, namespace: str, limit: Limit = 100, offset: Offset = 0) -> Json:
    """The data sets of a namespace, by name."""
    return await _ask(request, lambda ask: Reading(ask).datasets(namespace, limit, offset))


@router.get("/namespaces/{namespace:path}/jobs/{name:path}/runs", summary="Runs of a job (Marquez)")
@needs(Permission.READ)
async def list_runs(request: Request, namespace: str, name: str, limit: Limit = 100, offset: Offset = 0) -> Json:
    """The runs of a job, the newest first."""
    return await _ask(request, lambda ask: Reading(ask).runs(namespace, name, limit, offset))


@router.get("/namespaces/{namespace:path}/jobs/{name:path}/versions", summary="Versions of a job (Marquez)")
@needs(Permission.READ)
async def list_job_versions(
    request: Request, namespace: str, name: str, limit: Limit = 100, offset: Offset = 0
) -> Json:
    """The present version of a job: older ones are not kept apart."""
    return await _ask(request, lambda ask: Reading(ask).job_versions(namespace, name, limit, offset))


@router.get("/namespaces/{namespace:path}/jobs/{name:path}/versions/{version}", summary="A version of a job (Marquez)")
@needs(Permission.READ)
async def read_job_version(request: Request, namespace: str, name: str, version: str) -> Json:
    """One version of a job."""
    return await _ask(request, lambda ask: Reading(ask).job_version(namespace, name, version))


@router.get("/namespaces/{namespace:path}/jobs/{name:path}", summary="A job (Marquez)")
@needs(Permission.READ)
async def read_job(request: Request, namespace: str, name: str) -> Json:
    """One job with what its runs read and made, and its latest run."""
    return await _ask(request, lambda ask: Reading(ask).job(namespace, name))


@router.get("/namespaces/{namespace:path}/jobs", summary="Jobs of a namespace (Marquez)")
@needs(Permission.READ)
async def list_jobs(request: Request, namespace: str, limit: Limit = 100, offset: Offset = 0) -> Json:
    """The jobs of a namespace, by name."""
    return await _ask(request, lambda ask: Reading(ask).jobs(namespace, limit, offset))


@router.get("/namespaces/{namespace:path}", summary="A namespace (Marquez)")
@needs(Permission.READ)
async def read_namespace(request: Request, namespace: str) -> Json:
    """One namespace."""
    return await _ask(request, lambda ask: Reading(ask).namespace(namespace))


@router.get("/jobs/runs/{run_id}", summary="A run (Marquez)")
@needs(Permission.READ)
async def read_run(request: Request, run_id: str) -> Json:
    """One run, by its id alone."""
    return await _ask(request, lambda ask: Reading(ask).run(run_id))


@router.get("/jobs/runs/{run_id}/facets", summary="Facets of a run (Marquez)")
@needs(Permission.READ)
async def read_run_facets(
    request: Request, run_id: str, sort: Annotated[str, Query(alias="type", pattern="^(run|job)$")] = "run"
) -> Json:
    """The facets of a run that are kept, or those of its job."""
    return await _ask(request, lambda ask: Reading(ask).run_facets(run_id, sort))


@router.get("/sources", summary="Sources of data sets (Marquez)")
@needs(Permission.READ)
async def list_sources(request: Request, limit: Limit = 100, offset: Offset = 0) -> Json:
    """What the events of data sets call their data source, else their namespaces."""
    return await _ask(request, lambda ask: Finding(ask).sources(limit, offset))


@router.get("/sources/{name:path}", summary="A source (Marquez)")
@needs(Permission.READ)
async def read_source(request: Request, name: str) -> Json:
    """One source."""
    return await _ask(request, lambda ask: Finding(ask).source(name))


@router.get("/tags", summary="Labels (Marquez)")
@needs(Permission.READ)
async def list_tags(request: Request, limit: Limit = 100, offset: Offset = 0) -> Json:
    """The labels of data sets, jobs and columns."""
    return await _ask(request, lambda ask: Finding(ask).tags(limit, offset))


@router.get("/search/", include_in_schema=False)
@router.get("/search", summary="Search data sets and jobs (Marquez)")
@needs(Permission.READ)
async def search_assets(
    request: Request,
    text: Annotated[str, Query(alias="q", max_length=1024, description="Beginnings of words.")],
    only: Annotated[str | None, Query(alias="filter", pattern="(?i)^(dataset|job)$")] = None,
    sort: Annotated[str, Query(pattern="(?i)^(name|updated?_at)$", description="name or updated_at.")] = "name",
    limit: Annotated[int, Query(ge=0, le=1_000, description="At most so many, and 500.")] = 10,
    namespace: Annotated[str | None, Query(max_length=1024)] = None,
) -> Json:
    """Data sets and jobs by words of their names, titles, descriptions and labels."""
    kind, by_name = only.upper() if only else None, sort.lower() == "name"
    return await _ask(
        request,
        lambda ask: Finding(ask).search(text, only=kind, by_name=by_name, namespace=namespace, limit=limit),
    )


@router.get("/runlineage/upstream", summary="Runs behind a run (Marquez)")
@needs(Permission.READ)
async def read_run_lineage(
    request: Request, run_id: Annotated[str, Query(alias="runId", max_length=1024)], depth: Depth = 20
) -> Json:
    """The runs that made what a run read, and so on."""
    return await _ask(request, lambda ask: Around(ask).runs_behind(run_id, depth))


@router.get("/events", include_in_schema=False)
@router.get("/events/lineage", summary="OpenLineage events as they came (Marquez)")
@needs(Permission.ADMINISTER)
async def list_events(
    request: Request,
    before: Moment = None,
    after: Moment = None,
    order: Annotated[str, Query(alias="sortDirection", pattern="^(asc|desc)$")] = "desc",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """Events by their time, whole; ``about`` names the digest and the run, job or data set of each, in the same order.

    ``complete`` is false where they are fewer than asked for because of their size: the rest is behind them. Only for
    who may see everything, since an event may name anything.
    """
    chosen = {
        "after": read_time("after", after),
        "before": read_time("before", before),
        "newest_first": order == "desc",
    }
    bookmarks = read_bookmarks(request.headers.get(BOOKMARK_HEADER))
    document = await request.app.state.threads.run(
        _events,
        intake_of(request).raw_events.seen_in(reader(request)),
        limit=limit,
        offset=offset,
        bookmarks=bookmarks,
        **chosen,
    )
    return Response(document, media_type="application/json")


def _events(events: RawEvents, **asked: Any) -> bytes:
    """The answer, with the events as they came: nothing of them is parsed."""
    found = events.find(**asked)
    answer = {
        "events": [orjson.Fragment(item.content) for item in found.events],
        "totalCount": found.total,
        "complete": found.complete,
        "about": [item.as_json() for item in found.events],
    }
    return orjson.dumps(answer)


async def _ask(request: Request, question: Callable[[Asking], Json]) -> Json:
    """The answer to a question, which sees the writes that the request's bookmarks stand for."""
    asking = Asking(reader(request), read_bookmarks(request.headers.get(BOOKMARK_HEADER)))
    found: Json = await request.app.state.threads.run(question, asking)
    return found
