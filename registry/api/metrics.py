"""What is measured of the API, and ``/metrics`` for Prometheus (which has the database's and the process's too)."""

from __future__ import annotations

import time

from fastapi import APIRouter
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import registry.graph.metrics  # noqa: F401 - declares what is measured of the database
from registry.api.access import needs
from registry.permission.role import Permission

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

disable_created_metrics()  # type: ignore[no-untyped-call]

REQUEST_SECONDS = Histogram(
    "lineage_http_request_seconds", "Time from the request's head to the end of the answer.", ["method", "route"],
    buckets=_BUCKETS,
)  # fmt: skip
REQUESTS = Counter("lineage_http_requests_total", "Requests by what was answered.", ["method", "route", "status"])
IN_FLIGHT = Gauge("lineage_http_requests_in_flight", "Requests that are being answered.")
WATCHERS = Gauge("lineage_watchers", "Connections that watch for changes.")
GRAPHQL_ERRORS = Counter("lineage_graphql_errors_total", "GraphQL errors by code.", ["code"])

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    description="Requests by route and status, their durations, queries to the database, and the process itself.",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus text format."}},
)
@needs(Permission.ADMINISTER, public_where=lambda settings: settings.metrics_public)
def read_metrics() -> Response:
    """Everything this process measures, in the text format of Prometheus."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


class RequestMetrics:
    """ASGI middleware that counts and times every request by its route's template, never by its raw path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with IN_FLIGHT.track_inprogress():
                await self.app(scope, receive, send_and_note)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUEST_SECONDS.labels(method, route).observe(time.perf_counter() - started)
            REQUESTS.labels(method, route, status).inc()
