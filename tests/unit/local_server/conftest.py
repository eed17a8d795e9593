from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.graph.local import download
from registry.settings import Settings

from .maven import Repository, serving


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {"cache_dir": tmp_path / "cache", "data_dir": tmp_path / "data", "log_dir": tmp_path / "logs"}
    )


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """The only Maven repository there is, by jgo's own configuration file; the user's own one is empty."""
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("M2_REPO", str(tmp_path / "m2"))
    with serving() as served:
        configuration = tmp_path / "jgo.conf"
        configuration.write_text(f"[repositories]\ncentral = {served.url}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(configuration))
        yield served
