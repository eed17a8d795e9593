"""Whether the process lives (``/healthz``) and whether it can answer (``/readyz``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from registry.api.access import needs
from registry.api.problems import problem_response
from registry.audit.publication import Publication
from registry.errors import DatabaseUnavailableError, RegistryError
from registry.graph.database import Database
from registry.graph.migrate import check_ready
from registry.permission.role import Permission

_ANSWER_WITHIN = 0.9
_CHECK_SCHEMA_EVERY = 30.0

router = APIRouter(tags=["operation"])


@router.get(
    "/healthz",
    summary="Does the process live?",
    description="Always 200 while the process can answer at all; says nothing about the database.",
)
@needs(Permission.PUBLIC)
async def healthz() -> dict[str, str]:
    """Answer without asking anybody."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Can it answer questions?",
    description="200 when the database answers and has every migration, constraint and index; 503 otherwise. Answers within a second.",
    response_model=None,
    responses={503: {"description": "Not ready; the problem document says why."}},
)
@needs(Permission.PUBLIC)
async def readyz(request: Request) -> Response:
    """Ask the database, but not for longer than a probe waits."""
    readiness: Readiness = request.app.state.readiness
    try:
        await readiness.check()
    except RegistryError as error:
        return problem_response(error, request.scope)
    return JSONResponse({"status": "ready"} | readiness.ledger_state())


class Readiness:
    """The readiness of one database. Its threads are its own: busy reads never make a healthy server look dead.

    ``heard`` is told of every answer of the database: who is told that the server is ready is not refused by it then.
    """

    def __init__(
        self, database: Database, ledger: Publication | None = None, heard: Callable[[], None] = lambda: None
    ) -> None:
        self._database, self._ledger, self._heard = database, ledger, heard
        self._limiter = CapacityLimiter(2)
        self._schema_checked = float("-inf")

    async def check(self) -> None:
        """Raise the RegistryError that keeps the server from answering, within a second."""
        try:
            with anyio.fail_after(_ANSWER_WITHIN):
                await to_thread.run_sync(self._check, abandon_on_cancel=True, limiter=self._limiter)
        except TimeoutError:
            raise DatabaseUnavailableError("Neo4j does not answer in time.") from None
        self._heard()

    def ledger_state(self) -> dict[str, Any]:
        """What is wrong with the ledger: nothing, where all is well. Questions are answered all the same."""
        trouble = None if self._ledger is None else self._ledger.alarm or self._ledger.failure
        if self._ledger is None or trouble is None:
            return {}
        return {"writes": "refused" if self._ledger.alarm else "taken", "ledger": trouble.as_problem()}

    def _check(self) -> None:
        if time.monotonic() - self._schema_checked < _CHECK_SCHEMA_EVERY:
            self._database.verify()
            return
        check_ready(self._database)
        self._schema_checked = time.monotonic()
