"""Dump and load: all data, one file, nothing lost by a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.errors import InvalidRequestError, LocalServerError
from registry.graph import local
from registry.graph.local.layout import Layout
from registry.settings import Settings

from .conftest import ask, settings_in

pytestmark = pytest.mark.neo4j


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A stopped server that holds three nodes."""
    settings = settings_in(tmp_path_factory.mktemp("backup"))
    ask(local.start(settings, owner="the tests"), "UNWIND ['é', '\U0001f600', 'c'] AS name CREATE (:Kept {name: name})")
    assert local.stop(settings)
    yield settings
    local.stop(settings)


def _names(settings: Settings) -> list[str]:
    names = ask(local.start(settings, owner="the tests"), "MATCH (n:Kept) RETURN n.name ORDER BY n.name")
    assert local.stop(settings)
    return names


@pytest.mark.nightly
def test_what_was_dumped_is_what_is_loaded_elsewhere(stopped: Settings, settings: Settings, tmp_path: Path) -> None:
    file = local.dump(stopped, tmp_path / "all.dump")
    assert [path.name for path in tmp_path.iterdir()] == ["all.dump"]
    with pytest.raises(InvalidRequestError, match="exists"):
        local.dump(stopped, file)
    local.dump(stopped, file, force=True)

    local.load(settings, file)
    assert _names(settings) == ["c", "é", "\U0001f600"]
    assert Layout.of(settings).password.read_text() != Layout.of(stopped).password.read_text()

    with pytest.raises(InvalidRequestError, match="already holds"):
        local.load(settings, file)
    not_a_dump = tmp_path / "not.dump"
    not_a_dump.write_bytes(b"PK\x03\x04" + bytes(range(256)) * 40)
    with pytest.raises(LocalServerError, match="nothing was changed"):
        local.load(settings, not_a_dump, overwrite=True)
    local.load(settings, file, overwrite=True)
    assert _names(settings) == ["c", "é", "\U0001f600"]


@pytest.mark.nightly
def test_a_load_that_was_killed_between_its_two_steps_is_undone(stopped: Settings) -> None:
    layout = Layout.of(stopped)
    layout.data.rename(layout.replaced)
    layout.loading.mkdir()
    assert _names(stopped) == ["c", "é", "\U0001f600"]
    assert not layout.replaced.exists()
    assert not layout.loading.exists()


def test_there_is_nothing_to_dump_before_the_first_start(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="nothing to dump"):
        local.dump(settings, tmp_path / "new.dump")
    with pytest.raises(InvalidRequestError, match="no file"):
        local.load(settings, tmp_path / "absent.dump")
