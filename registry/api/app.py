"""The web application: routes, middleware and error handling put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from anyio import CapacityLimiter
from fastapi import Depends, FastAPI

from registry.api import health, metrics, pages, sign_in
from registry.api.access import check_declared, guard
from registry.api.changes import route as changes
from registry.api.changes.reading import Reading
from registry.api.changes.watches import Watches
from registry.api.disconnects import Disconnects
from registry.api.expiry import Expiry
from registry.api.failed_attempts import FailedAttempts
from registry.api.graphql import http as graphql
from registry.api.graphql.allow_list import AllowList
from registry.api.graphql.schema import build_schema
from registry.api.health import Readiness
from registry.api.hosts import AllowedHosts
from registry.api.logging import RequestLog
from registry.api.problems import UnexpectedErrors, install_problem_handlers
from registry.api.rest import (
    attestations,
    export,
    keys,
    marquez,
    openlineage,
    quarantine,
    records,
    sources,
    stream,
    tokens,
    watermarks,
)
from registry.api.rest.audit import router as audit_router
from registry.api.rest.grants import router as grants_router
from registry.api.rest.sandboxes import router as sandboxes_router
from registry.api.security import SecurityHeaders
from registry.api.silence import Silence
from registry.api.slow_bodies import SlowBodies
from registry.api.threads import Threads
from registry.api.views import Views
from registry.audit.publication import Publication
from registry.grants.store import PolicyStore
from registry.graph.database import Database
from registry.identity.authenticator import Authenticator
from registry.quarantine import Quarantine
from registry.sandbox.removal import Sweeper
from registry.secrecy.rotation import Rotation
from registry.secrecy.rotation_thread import RotationThread
from registry.settings import Settings
from registry.writer import Writer

_DESCRIPTION = (
    "Which models, deployments and predictions does a change touch, why, and who must agree? "
    "Reading is GraphQL (`/graphql`), writing is `POST /api/v1/records`. Every error is "
    "`application/problem+json` with a stable `code`, and has the request's id, which is in the log too."
)
_READ_SLACK_SECONDS = 5.0
"""A read that the database itself stops in time still has to travel."""


def create_app(settings: Settings, database: Database) -> FastAPI:
    """The application over a database that is open and ready; closing the database stays with the caller.

    Raises ConfigurationError where the settings cannot be used.
    """
    app = FastAPI(
        title="Lineage registry",
        version=version("lineage-registry"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would send clients of a TLS proxy, and their tokens, to plain HTTP
        openapi_tags=_TAGS,
        lifespan=_running,
        dependencies=[Depends(guard)],
        openapi_url=None,  # a route of ours, which says what it needs (registry.api.pages)
    )
    app.state.settings = settings
    app.state.database = database
    app.state.policies = PolicyStore(database, settings.policy_file)
    app.state.views = Views()
    app.state.writer = Writer(database, settings, app.state.policies)
    app.state.quarantine = Quarantine(database, settings.quarantine_days, app.state.writer.vault)
    app.state.ledger = Publication(database, settings)
    app.state.authenticator = Authenticator(settings, database)
    app.state.failed_attempts = FailedAttempts()
    app.state.begun_sessions = FailedAttempts(sign_in.MOST_SESSIONS_A_MINUTE, "You have signed in very often just now.")
    app.state.graphql = build_schema(
        fast=settings.graphql_fast,
        max_nodes=settings.max_nodes,
        explore=settings.graphql_explore,
        allow_list=AllowList.read(settings.graphql_allow_list_file) if settings.graphql_allow_list_file else None,
    )
    for router in (
        openlineage.router, quarantine.router, marquez.router, records.router, sources.router, watermarks.router, attestations.router, graphql.router,
        stream.router, export.router, grants_router, sandboxes_router, changes.router, tokens.router, keys.router, audit_router, sign_in.router, health.router, metrics.router, pages.router,
    ):  # fmt: skip
        app.include_router(router)
    check_declared(app)
    install_problem_handlers(app)
    # The last one added is the outermost.
    app.add_middleware(Expiry)
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(SlowBodies, seconds=settings.body_idle_seconds)
    app.add_middleware(Disconnects)
    app.add_middleware(AllowedHosts, settings=settings)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(metrics.RequestMetrics)
    app.add_middleware(RequestLog)
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    # Made here because these belong to the event loop that is running.
    state, settings = app.state, app.state.settings
    deadline = settings.query_timeout_seconds + _READ_SLACK_SECONDS
    state.stream_slots = CapacityLimiter(stream.MOST_STREAMS)
    state.export_slots = CapacityLimiter(export.MOST_EXPORTS)
    state.issuer_slots = CapacityLimiter(sign_in.MOST_AT_THE_ISSUER)
    state.silence = Silence(state.database.verify)
    state.readiness = Readiness(state.database, state.ledger, state.silence.heard)
    state.threads = Threads(state.silence, deadline=deadline)
    reading = Reading(state.database, state.threads, limit=settings.max_nodes)
    state.watches = Watches(reading, most=settings.max_watchers, poll_seconds=settings.watch_poll_seconds)
    state.rotation = RotationThread(Rotation(state.database, state.writer.vault))
    with state.writer.telling(state.watches.wake), Sweeper(state.database), state.rotation:
        yield
    state.watches.close()


_TAGS = [
    {"name": "records", "description": "Writing, and what settles or prepares it."},
    {"name": "reading", "description": "Asking, in GraphQL."},
    {"name": "lineage", "description": "Lineage of any size, as a stream."},
    {"name": "openlineage", "description": "OpenLineage events."},
    {"name": "attestations", "description": "Signed statements, and what is registered with a digest."},
    {"name": "quarantine", "description": "What could not come in: why, and sending it again."},
    {"name": "marquez", "description": "Reading as from Marquez, for programs that speak to it."},
    {"name": "sources", "description": "Sources that the server reads by itself, and what it found."},
    {"name": "policy", "description": "Grants: who may do what, and what decides it."},
    {"name": "sandboxes", "description": "Places to work that others do not see."},
    {"name": "sign-in", "description": "Signing in with a browser, and out."},
    {"name": "policy", "description": "Grants: who may do what, and what decides it."},
    {"name": "sandboxes", "description": "Places to work that others do not see."},
    {"name": "tokens", "description": "Who asks, and tokens for services."},
    {"name": "audit", "description": "The ledger: who did what, proved."},
    {"name": "keys", "description": "Keys of sensitive values, and erasure."},
    {"name": "operation", "description": "Health and metrics."},
]
