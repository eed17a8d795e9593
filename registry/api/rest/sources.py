"""Scheduled sources over HTTP: which there are, what their runs found, and running one now."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request

from registry.api.access import needs
from registry.api.rest.records import write_threads
from registry.errors import UnsupportedMediaTypeError
from registry.permission.role import Permission
from registry.sources.store import MOST_RUNS, SourceStore

router = APIRouter(prefix="/api/v1/scheduled-sources", tags=["sources"])

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", description="Name of a source.")]
RunId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="Id of a run.")]
First = Annotated[int, Query(ge=1, le=MOST_RUNS, description="At most so many.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many first.")]


@router.get("", summary="Scheduled sources")
@needs(Permission.AUDIT)
async def list_sources(request: Request) -> dict[str, Any]:
    """The sources that servers read by themselves: what is done with each and when, and how its last run ended."""
    return {"sources": await request.app.state.threads.run(_store(request).find)}


@router.get("/{name}", summary="A scheduled source")
@needs(Permission.AUDIT)
async def read_source(request: Request, name: Name) -> dict[str, Any]:
    """One source. 404 where there is none of that name."""
    return dict(await request.app.state.threads.run(_store(request).read, name))


@router.delete("/{name}", summary="Forget a source")
@needs(Permission.ADMINISTER)
async def forget_source(request: Request, name: Name) -> dict[str, Any]:
    """Forget a source that is on no server's list any more, with its runs. 400 where it still is."""
    await write_threads(request).run(_store(request).forget, name)
    return {"forgotten": name}


@router.get("/{name}/runs", summary="What the runs of a source found")
@needs(Permission.AUDIT)
async def list_runs(request: Request, name: Name, limit: First = 20, offset: Offset = 0) -> dict[str, Any]:
    """The kept runs of a source without their reports, the newest first."""
    found, total = await request.app.state.threads.run(_store(request).runs, name, limit=limit, offset=offset)
    return {"runs": found, "total": total, "complete": offset + len(found) >= total}


@router.get("/{name}/runs/{run_id}", summary="A run of a source with its report")
@needs(Permission.AUDIT)
async def read_run(request: Request, name: Name, run_id: RunId) -> dict[str, Any]:
    """One run. A run that was asked for and has not begun has the state ``waiting``."""
    return dict(await request.app.state.threads.run(_store(request).run, name, run_id))


@router.post("/{name}/runs", summary="Run a source now", status_code=202)
@needs(Permission.ADMINISTER)
async def ask_for_run(request: Request, name: Name) -> dict[str, Any]:
    """Have a server run the source as soon as it can; the id of that run. Asking twice before it begins is one run.

    The body is JSON, such as ``{}``: a page of another site cannot send that without being asked first.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaTypeError("Send application/json; {} is enough.")
    run = await write_threads(request).run(_store(request).ask, name)
    scheduler = getattr(request.app.state, "scheduler", None)
    if scheduler is not None:
        scheduler.wake()
    return {"id": run, "source": name, "state": "waiting"}


def _store(request: Request) -> SourceStore:
    return SourceStore(request.app.state.database)
