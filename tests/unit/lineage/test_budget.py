"""What is left of the time for an answer that takes more than one statement."""

from __future__ import annotations

import time

from registry.lineage.reading import Budget


def test_a_budget_without_seconds_leaves_it_to_the_server() -> None:
    assert Budget(5).left(0.0) is None


def test_what_took_its_time_leaves_hardly_any_but_never_none() -> None:
    """No seconds at all would be read as the server's most."""
    now = time.monotonic()
    assert 0 < (Budget(5, 2.0).left(now - 1.0) or 0.0) <= 1.0
    assert 0 < (Budget(5, 2.0).left(now - 60.0) or 0.0) < 0.1
