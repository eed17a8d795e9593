"""Which findings of a write are told to who wrote."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

_NAMES_OTHERS = frozenset({"cycle"})
"""Rules whose findings name more than the entity that they are about."""


def shown(request: Request, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All findings for who may see everything; for others those that name nothing but what was written."""
    if request.state.view is None:
        return findings
    return [finding for finding in findings if finding["rule"] not in _NAMES_OTHERS]
