"""What tests of the ledger over a real graph share: a writer, a publication of its own, ways to tamper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.audit.publication import Publication
from registry.graph.database import Database
from registry.settings import Settings
from tests.integration.writer.conftest import say, writer

__all__ = ["say", "writer"]

Tamper = Callable[..., Any]


@pytest.fixture
def ledger_settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"data_dir": tmp_path / "data", "ledger_dir": tmp_path / "ledger"})


@pytest.fixture
def publication(clean_database: Database, ledger_settings: Settings) -> Publication:
    return Publication(clean_database, ledger_settings)


@pytest.fixture
def tamper(clean_database: Database) -> Tamper:
    """Runs any Cypher as somebody with the password of Neo4j would, behind the registry."""

    def run(text: str, **parameters: Any) -> list[tuple[Any, ...]]:
        def work(tx: Any) -> list[tuple[Any, ...]]:
            return [tuple(record.values()) for record in tx.run(text, parameters)]

        return clean_database.write(work)[0]

    return run
