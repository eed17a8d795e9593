"""Pages for the browser: the GraphQL query page and the REST reference. They ask no other site for anything."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from registry.api.access import needs
from registry.api.described import described
from registry.graph.local import graphiql_assets
from registry.permission.role import Permission
from registry.settings import Settings

_OWN = frozenset({"style.css", "query.js", "graphiql-start.js", "reference.js", "sign-in.js", "session.js"})
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}

router = APIRouter(include_in_schema=False)


@router.get("/docs")
@needs(Permission.PUBLIC)
async def read_reference() -> Response:
    """The REST routes, for people."""
    return HTMLResponse(_own_file("reference.html"), headers=_HEADERS)


@router.get("/openapi.json")
@needs(Permission.PUBLIC)
def read_openapi(request: Request) -> Response:
    """The REST routes, for programs: the same for every registry of this version."""
    return JSONResponse(described(request.app))


@router.get("/graphql/assets/{name}")
@needs(Permission.PUBLIC)
def read_asset(request: Request, name: str) -> Response:
    """A script or style of the pages."""
    if name in _OWN:
        content = _own_file(name)
    else:
        path = (graphiql_files(request.app.state.settings) or {}).get(name)
        if path is None:
            raise HTTPException(404)
        content = path.read_bytes()
    media_type = _MEDIA_TYPES[Path(name).suffix]
    return Response(content, media_type=media_type, headers={"Cache-Control": "public, max-age=3600"})


def own_page(name: str) -> Response:
    """A page of ours by its file's name."""
    return HTMLResponse(_own_file(name), headers=_HEADERS | {"Cache-Control": "no-store"})


def wants_page(request: Request) -> bool:
    """Whether a browser asks, which names HTML among what it takes."""
    return "text/html" in request.headers.get("accept", "")


def query_page(settings: Settings) -> Response:
    """GraphiQL where its files are installed, else a small page of our own that does the same work."""
    name = "graphiql.html" if graphiql_files(settings) else "query.html"
    return HTMLResponse(_own_file(name), headers=_HEADERS)


def graphiql_files(settings: Settings) -> dict[str, Path] | None:
    """GraphiQL's files by name, None where they are not installed (all of them)."""
    return graphiql_assets(settings)


@cache
def _own_file(name: str) -> bytes:
    return resources.files(__package__).joinpath(name).read_bytes()
