"""Tests empty their database, so they must never take one that holds anything of anybody else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry.graph.database import Database

ROOT = Path(__file__).resolve().parents[3]
_EMPTYING_TEST = "tests/integration/graph/test_migrate.py::test_a_name_is_unique"


@pytest.fixture
def unmarked_database(clean_database: Database) -> Iterator[Database]:
    """The test database as it would be if it were somebody's: without our mark, with a node of theirs."""
    clean_database.execute_schema("MATCH (m:LineageTestDatabase) DELETE m")
    clean_database.execute_schema("CREATE (:Precious {name: 'the only copy'})")
    yield clean_database
    clean_database.execute_schema("MATCH (p:Precious) DELETE p")
    clean_database.execute_schema("MERGE (:LineageTestDatabase {note: 'Made by tests, which empty this database.'})")


def _run_tests_on(server: Any) -> subprocess.CompletedProcess[str]:
    variables = {"NEO4J_URI": server.uri, "NEO4J_USERNAME": server.username, "NEO4J_PASSWORD": server.password or ""}
    if server.database:
        variables["NEO4J_DATABASE"] = server.database
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", _EMPTYING_TEST]
    environment = os.environ | variables
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_database_that_tests_did_not_make_is_left_alone(unmarked_database: Database, neo4j_server: Any) -> None:
    refused = _run_tests_on(neo4j_server)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "NEO4J_URI names a database with" in refused.stdout + refused.stderr
    assert "nothing was changed" in refused.stdout + refused.stderr
    assert unmarked_database.read_text("MATCH (p:Precious) RETURN p.name") == [("the only copy",)]
    assert unmarked_database.read_text("MATCH (m:LineageTestDatabase) RETURN count(m)") == [(0,)]


def test_a_database_of_earlier_tests_is_taken_again(clean_database: Database, neo4j_server: Any) -> None:
    taken = _run_tests_on(neo4j_server)
    assert taken.returncode == pytest.ExitCode.OK, taken.stdout + taken.stderr
