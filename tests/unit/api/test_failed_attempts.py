"""Each address has its own failures, and gets new ones as time goes by."""

from __future__ import annotations

import time

import pytest

from registry.api import failed_attempts
from registry.api.failed_attempts import FailedAttempts
from registry.errors import TooManyAttemptsError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_so_many_and_no_more(clock: list[float]) -> None:
    attempts = FailedAttempts(6)
    for _ in range(6):
        attempts.check("a")
        attempts.note("a")
    with pytest.raises(TooManyAttemptsError):
        attempts.check("a")
    attempts.check("b")
    clock[0] += 10.0
    attempts.check("a")
    attempts.note("a")
    with pytest.raises(TooManyAttemptsError):
        attempts.check("a")


def test_what_is_not_used_does_not_add_up(clock: list[float]) -> None:
    attempts = FailedAttempts(6)
    attempts.note("a")
    clock[0] += 86_400.0
    for _ in range(6):
        attempts.check("a")
        attempts.note("a")
    with pytest.raises(TooManyAttemptsError):
        attempts.check("a")


def test_addresses_are_forgotten_in_the_end(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_attempts, "_MOST_ADDRESSES", 10)
    attempts = FailedAttempts(1)
    for number in range(1_000):
        attempts.note(str(number))
    assert len(attempts._left) == 10
