"""Marquez's read API, the part that its clients use. Writing goes through OpenLineage events."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from registry.api.rest.openlineage import intake_of
from registry.api.rest.times import read_time
from registry.intake.raw_events import RawEvents
from registry.marquez.reading import Marquez

router = APIRouter(prefix="/api/v1", tags=["marquez"])

Limit = Annotated[int, Query(ge=0, le=1_000, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many first.")]
Depth = Annotated[int, Query(ge=0, le=100, description="How many steps.")]
NodeId = Annotated[str, Query(alias="nodeId", max_length=4096, description="dataset:<namespace>:<name>, job:…")]
Moment = Annotated[str | None, Query(max_length=40)]


@router.get("/lineage", summary="Jobs and data sets around a node (Marquez)")
async def read_lineage(request: Request, node: NodeId, depth: Depth = 20) -> dict[str, Any]:
    """The graph around a data set or job, both ways."""
    return await _ask(request, "lineage", node, depth)


@router.get("/column-lineage", summary="Where columns come from (Marquez)")
async def read_column_lineage(
    request: Request,
    node: NodeId,
    depth: Depth = 20,
    downstream: Annotated[bool, Query(alias="withDownstream", description="Also what is made of them.")] = False,
) -> dict[str, Any]:
    """Column lineage of a data set, a column or the outputs of a job."""
    marquez = Marquez(request.app.state.database)
    found: dict[str, Any] = await request.app.state.threads.run(
        marquez.column_lineage, node, depth, downstream=downstream
    )
    return found


@router.get("/namespaces", summary="Namespaces (Marquez)")
async def list_namespaces(request: Request, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """Every namespace that has data sets or jobs."""
    return await _ask(request, "namespaces", limit, offset)


@router.get("/namespaces/{namespace:path}/datasets/{name:path}/versions", summary="Versions of a data set (Marquez)")
async def list_versions(
    request: Request, namespace: str, name: str, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """The known versions of a data set, the newest first."""
    return await _ask(request, "versions", namespace, name, limit, offset)


@router.get("/namespaces/{namespace:path}/datasets/{name:path}/versions/{version:path}", summary="A version (Marquez)")
async def read_version(request: Request, namespace: str, name: str, version: str) -> dict[str, Any]:
    """One version of a data set."""
    return await _ask(request, "version", namespace, name, version)


@router.get("/namespaces/{namespace:path}/datasets/{name:path}", summary="A data set (Marquez)")
async def read_dataset(request: Request, namespace: str, name: str) -> dict[str, Any]:
    """One data set with the columns of its latest schema."""
    return await _ask(request, "dataset", namespace, name)


@router.get("/namespaces/{namespace:path}/datasets", summary="Data sets of a namespace (Marquez)")
async def list_datasets(request: Request, namespace: str, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """The data sets of a namespace, by name."""
    return await _ask(request, "datasets", namespace, limit, offset)


@router.get("/namespaces/{namespace:path}/jobs/{name:path}/runs", summary="Runs of a job (Marquez)")
async def list_runs(
    request: Request, namespace: str, name: str, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """The runs of a job, the newest first."""
    return await _ask(request, "runs", namespace, name, limit, offset)


@router.get("/namespaces/{namespace:path}/jobs/{name:path}", summary="A job (Marquez)")
async def read_job(request: Request, namespace: str, name: str) -> dict[str, Any]:
    """One job with what its runs read and made, and its latest run."""
    return await _ask(request, "job", namespace, name)


@router.get("/namespaces/{namespace:path}/jobs", summary="Jobs of a namespace (Marquez)")
async def list_jobs(request: Request, namespace: str, limit: Limit = 100, offset: Offset = 0) -> dict[str, Any]:
    """The jobs of a namespace, by name."""
    return await _ask(request, "jobs", namespace, limit, offset)


@router.get("/namespaces/{namespace:path}", summary="A namespace (Marquez)")
async def read_namespace(request: Request, namespace: str) -> dict[str, Any]:
    """One namespace."""
    return await _ask(request, "namespace", namespace)


@router.get("/jobs/runs/{run_id}", summary="A run (Marquez)")
async def read_run(request: Request, run_id: str) -> dict[str, Any]:
    """One run, by its id alone."""
    return await _ask(request, "run", run_id)


@router.get("/jobs/runs/{run_id}/facets", summary="Facets of a run (Marquez)")
async def read_run_facets(request: Request, run_id: str) -> dict[str, Any]:
    """The facets of a run that are kept."""
    return {"runId": run_id, "facets": (await _ask(request, "run", run_id))["facets"]}


@router.get("/runlineage/upstream", summary="Runs behind a run (Marquez)")
async def read_run_lineage(
    request: Request, run_id: Annotated[str, Query(alias="runId", max_length=1024)], depth: Depth = 20
) -> dict[str, Any]:
    """The runs that made what a run read, and so on."""
    return await _ask(request, "runs_behind", run_id, depth)


@router.get("/events", include_in_schema=False)
@router.get("/events/lineage", summary="OpenLineage events as they came (Marquez)")
async def list_events(
    request: Request,
    before: Moment = None,
    after: Moment = None,
    order: Annotated[str, Query(alias="sortDirection", pattern="^(asc|desc)$")] = "desc",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """Events by their time, whole; ``about`` names the digest and the run, job or data set of each, in the same order.

    ``complete`` is false where they are fewer than asked for because of their size: the rest is behind them.
    """
    chosen = {
        "after": read_time("after", after),
        "before": read_time("before", before),
        "newest_first": order == "desc",
    }
    document = await request.app.state.threads.run(
        _events, intake_of(request).raw_events, limit=limit, offset=offset, **chosen
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


async def _ask(request: Request, question: str, *values: Any) -> dict[str, Any]:
    marquez = Marquez(request.app.state.database)
    found: dict[str, Any] = await request.app.state.threads.run(getattr(marquez, question), *values)
    return found
