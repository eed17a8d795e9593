"""``kill -9`` of the server and of Neo4j under sixteen writers: twice each here, twenty times each in the nightly run."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.faults.trial import Trial

pytestmark = pytest.mark.neo4j


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    trial = Trial(tmp_path)
    trial.start_neo4j()
    try:
        trial.start_api()
        yield trial
    finally:
        trial.stop()


def _kill(trial: Trial, rounds: int, *, neo4j: bool) -> None:
    chance = random.Random(rounds + neo4j)
    for _ in range(rounds):
        with trial.writing():
            trial.wait_for_acknowledged(40)
            time.sleep(chance.uniform(0.0, 2.0))
            if neo4j:
                trial.kill_neo4j()
            trial.kill_api()
        if neo4j:
            trial.start_neo4j()
        trial.start_api()
    trial.check()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("neo4j", [False, True], ids=["the server", "Neo4j"])
def test_two_kills(trial: Trial, *, neo4j: bool) -> None:
    _kill(trial, 2, neo4j=neo4j)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("neo4j", [False, True], ids=["the server", "Neo4j"])
def test_twenty_kills(trial: Trial, *, neo4j: bool) -> None:
    _kill(trial, 20, neo4j=neo4j)
