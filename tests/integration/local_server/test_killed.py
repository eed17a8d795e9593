"""Whoever is killed: no Java is left behind, and the next start finds every committed write."""

from __future__ import annotations

import os
import signal
from contextlib import closing

import pytest

from registry.graph import local
from registry.graph.local import ownership
from registry.graph.local.layout import Layout
from registry.settings import Settings

from .conftest import Owner, ask, eventually, java_processes

pytestmark = pytest.mark.neo4j


def _kill(settings: Settings, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not ownership.is_held(Layout.of(settings)))
    assert java_processes(settings) == []
    assert local.running(settings) is None
    assert local.holder(settings) is None


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_killed_processes_leave_no_orphan_and_a_whole_store(settings: Settings) -> None:
    """One store, killed again and again in every way: each start finds all that was committed before."""
    for round_number, victim in enumerate(("java", "keeper", "pid"), start=1):
        with closing(Owner(settings)) as owner:
            record = owner.wait_until_started()
            server = local.running(settings)
            assert server is not None
            ask(server, "UNWIND range(1, 5000) AS i CREATE (:Kept {i: i})")
            assert ask(server, "MATCH (n:Kept) RETURN count(n)") == [5000 * round_number], victim
            _kill(settings, record[victim])

    with closing(Owner(settings)) as owner:  # while it starts
        eventually(lambda: "java" in owner.record() and ownership.belongs(Layout.of(settings), owner.record()["java"]))
        _kill(settings, owner.process.pid)

    last = local.start(settings, owner="the next")
    assert ask(last, "MATCH (n:Kept) RETURN count(n)") == [15_000]


@pytest.mark.nightly
def test_a_java_that_ignores_its_end_is_ended_by_force_at_the_next_start(settings: Settings, owner: Owner) -> None:
    """What a killed keeper leaves behind on a system that does not end children with their parent."""
    record = owner.wait_until_started()
    os.kill(record["java"], signal.SIGSTOP)  # the signal that the kernel sends for the keeper waits
    os.kill(record["keeper"], signal.SIGKILL)
    eventually(lambda: not ownership.belongs(Layout.of(settings), record["keeper"]))
    assert ownership.is_held(Layout.of(settings))
    os.kill(record["java"], signal.SIGCONT)

    again = local.start(settings, owner="the next")

    assert again.pid != record["java"]
    assert java_processes(settings).count(record["java"]) == 0
    assert ask(again, "RETURN 1") == [1]
