"""The long-term-support line, beside the default one on the same data folder."""

from __future__ import annotations

import pytest

from registry.graph import local
from registry.settings import Settings

from .conftest import ask, settings_in

pytestmark = [pytest.mark.neo4j, pytest.mark.nightly]


def test_line_5_starts_beside_the_default_and_keeps_its_own_data(settings: Settings) -> None:
    older = settings_in(settings.data_dir.parent, neo4j_version="5")
    try:
        server = local.start(older, owner="the tests")
        assert server.line == "5"
        version = ask(server, "CALL dbms.components() YIELD versions RETURN versions[0]")
        assert version[0].startswith("5.26.")
        ask(server, "CREATE (:Kept)")
        newer = local.start(settings, owner="the tests")
        assert ask(newer, "MATCH (n:Kept) RETURN count(n)") == [0]
    finally:
        assert local.stop(older)
