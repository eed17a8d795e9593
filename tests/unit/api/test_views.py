"""What somebody may read is worked out again exactly when it may have changed."""

from __future__ import annotations

from typing import Any

import pytest

from registry.api import views as module
from registry.api.views import Views
from registry.permission.policy import Grant, Policy
from registry.permission.principal import Method, Principal
from registry.permission.role import Role
from registry.permission.standing import Standing
from registry.permission.view import View, widened
from registry.permission.view import view_of as original

ALICE = Principal("alice", Method.SERVICE_TOKEN)
ROOT = Principal("administrator", Method.ADMINISTRATOR_TOKEN)


def standing(*grants: Grant, scopes: tuple[str, ...] = ("demo", "prod")) -> Standing:
    return Standing(Policy(grants), scopes)


def test_a_view_is_kept_until_the_standing_is_another_or_a_grant_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now, worked = [1_000], []
    monkeypatch.setattr(module, "now_micros", lambda: now[0])

    def view_of(*arguments: object, **named: object) -> View | None:
        worked.append(arguments)
        return original(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "view_of", view_of)
    views = Views()
    first = standing(Grant(Role.READER, subject="alice", namespaces=("demo",), expires_at=2_000))
    assert [views.of(first, ALICE) for _ in range(3)] == [View(("demo",))] * 3
    assert len(worked) == 1
    now[0] = 2_000
    assert views.of(first, ALICE) == View(())
    second = standing(Grant(Role.READER, subject="alice", namespaces=("*",)))
    assert views.of(second, ALICE) == View(("demo", "prod"))
    assert views.of(second, ROOT) is None
    assert views.of(first, ALICE) == View(()), "never the view of another standing"


def test_what_was_added_since_is_all_that_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    first = standing(Grant(Role.READER, subject="alice", namespaces=("demo", "demo/*", "prod")))
    views = Views()
    assert views.of(first, ALICE) == View(("demo", "prod"))
    looked_at: list[frozenset[str]] = []

    def looking(*arguments: Any, **named: Any) -> View | None:
        looked_at.append(arguments[3].all)
        return widened(*arguments, **named)

    monkeypatch.setattr(module, "widened", looking)
    wider = Standing(first.policy, (*first.scopes, "demo/x", "other"))
    assert views.known(wider, ALICE) is None
    assert views.of(wider, ALICE) == View(("demo", "demo/x", "prod"))
    assert views.known(wider, ALICE) is not None
    assert looked_at == [{"demo/x", "other"}]
    assert views.of(Standing(first.policy, ("demo/x",)), ALICE) == View(("demo/x",)), "what is gone is gone"
    assert len(looked_at) == 1


def test_no_more_views_are_kept_than_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KEPT", 2)
    views, one = Views(), standing()
    for number in range(10):
        views.of(one, Principal(f"p{number}", Method.OIDC, "https://a"))
    assert len(views._kept) == 2
