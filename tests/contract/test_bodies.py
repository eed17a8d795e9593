"""Bodies of requests: nobody has one kept in memory before it is known who sends it, and none is read without a limit."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from registry.api.app import create_app
from registry.graph.database import Database
from registry.settings import load_settings

API = Path(__file__).resolve().parents[2] / "registry" / "api"
_WHOLE = {"body", "json", "form"}
"""What a request reads to its end, however long it is."""


def _routes(routes: list[Any]) -> list[Any]:
    found = []
    for route in routes:
        within = getattr(getattr(route, "original_router", route), "routes", None)
        found += _routes(within) if within else [route]
    return found


def test_no_route_has_the_framework_read_its_body() -> None:
    with Database("bolt://127.0.0.1:9", "nobody", None) as database:  # it is not asked
        routes = _routes(create_app(load_settings(), database).routes)
    assert len(routes) > 50
    assert [route.path for route in routes if getattr(route, "body_field", None) is not None] == []


def test_no_code_reads_a_body_without_a_limit() -> None:
    found = [
        f"{path.relative_to(API)}:{call.lineno}"
        for path in sorted(API.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Await)
        and isinstance(call.value, ast.Call)
        and isinstance(call.value.func, ast.Attribute)
        and call.value.func.attr in _WHOLE
    ]
    assert found == []
