"""Jars: nothing counts that was not compared with the lock, nothing right is fetched twice."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from registry.errors import DownloadError, LocalServerError
from registry.graph.local.jars import JarCache
from registry.settings import Settings

from .maven import Repository

NAMES = ("one", "two", "three", "four", "five", "six")


def test_all_are_fetched_once_and_checked(settings: Settings, repository: Repository) -> None:
    lock, cache = repository.lock(*NAMES), JarCache(settings)
    assert not cache.installed(lock)
    paths = cache.ensure(lock)
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths] == [jar.sha256 for jar in lock.jars]
    assert cache.installed(lock)
    assert JarCache(settings).ensure(lock) == paths
    assert {name: repository.asked[f"{name}-1.0.jar"] for name in NAMES} == dict.fromkeys(NAMES, 1)
    assert not (cache.folder / "partial").exists()


def test_other_content_is_refused_and_thrown_away(settings: Settings, repository: Repository) -> None:
    lock, cache = repository.lock("one", "two"), JarCache(settings)
    repository.content["two-1.0.jar"] = b"\0" * lock.jars[1].size
    with pytest.raises(DownloadError, match=r"org\.example:two:1\.0 .* SHA-256"):
        cache.ensure(lock)
    assert not cache.path(lock.jars[1]).exists()
    assert not cache.installed(lock)


def test_an_interrupted_download_goes_on_where_it_stopped(settings: Settings, repository: Repository) -> None:
    lock, cache = repository.lock(*NAMES), JarCache(settings)
    repository.broken_off.add("six-1.0.jar")
    with pytest.raises(DownloadError, match=r"org\.example:six:1\.0") as failed:
        cache.ensure(lock)
    assert "again" in failed.value.hint
    assert not cache.path(lock.jars[5]).exists()
    there = {jar.artifact for jar in lock.jars if cache.path(jar).exists()}
    repository.broken_off.clear()
    repository.asked.clear()
    cache.ensure(lock)
    assert cache.installed(lock)
    assert {name for name in NAMES if repository.asked[f"{name}-1.0.jar"]} == set(NAMES) - there


def test_what_a_killed_download_left_is_not_taken_for_a_jar(settings: Settings, repository: Repository) -> None:
    lock, cache = repository.lock("one"), JarCache(settings)
    aside = cache.folder / "partial" / lock.jars[0].path
    aside.parent.mkdir(parents=True)
    aside.write_bytes(b"half")
    cache.path(lock.jars[0]).parent.mkdir(parents=True)
    cache.path(lock.jars[0]).write_bytes(b"as if renamed without being checked")
    cache.ensure(lock)
    assert cache.verify(lock) == []


def test_a_busy_server_is_asked_again(settings: Settings, repository: Repository) -> None:
    lock = repository.lock("one")
    repository.busy["one-1.0.jar"] = 2
    assert JarCache(settings).ensure(lock)[0].exists()
    assert repository.asked["one-1.0.jar"] == 3


@pytest.mark.parametrize("same_size", [True, False])
def test_a_jar_damaged_later_is_found_and_fetched_again(
    settings: Settings, repository: Repository, same_size: bool
) -> None:
    lock, cache = repository.lock(*NAMES), JarCache(settings)
    damaged = cache.ensure(lock)[2]
    times = damaged.stat()
    damaged.write_bytes(b"x" * (lock.jars[2].size if same_size else 5))
    if same_size:  # not even the time tells
        os.utime(damaged, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert cache.installed(lock)
    else:
        assert not cache.installed(lock)
    assert cache.verify(lock) == [lock.jars[2]]
    cache.ensure(lock)
    assert cache.verify(lock) == []
    assert repository.asked["three-1.0.jar"] == 2
    assert repository.asked["one-1.0.jar"] == 1


def test_a_damaged_note_of_what_was_checked_costs_a_check_only(settings: Settings, repository: Repository) -> None:
    lock, cache = repository.lock("one"), JarCache(settings)
    cache.ensure(lock)
    for damage in ("", "[]", '{"lock": 1}', '{"lock": "' + lock.digest + '", "jars": {"a": 3}}', "\0"):
        (cache.folder / "test.checked.json").write_text(damage)
        assert not cache.installed(lock)
        cache.ensure(lock)
        assert cache.installed(lock)
    assert repository.asked["one-1.0.jar"] == 1


def test_the_users_own_maven_repository_is_used_where_it_is_right(
    settings: Settings, repository: Repository, tmp_path: Path
) -> None:
    lock = repository.lock("one", "two")
    for jar, content in zip(lock.jars, (repository.content["one-1.0.jar"], b"0" * lock.jars[1].size), strict=True):
        own = tmp_path / "m2" / jar.path
        own.parent.mkdir(parents=True)
        own.write_bytes(content)
    assert JarCache(settings).ensure(lock)
    assert JarCache(settings).verify(lock) == []
    assert repository.asked["one-1.0.jar"] == 0
    assert repository.asked["two-1.0.jar"] == 1


def test_no_such_jar_and_no_network_are_told_apart(settings: Settings, repository: Repository, tmp_path: Path) -> None:
    lock = repository.lock("one")
    repository.content.clear()
    with pytest.raises(DownloadError, match=r"one:1\.0 .*no configured Maven repository has it"):
        JarCache(settings).ensure(lock)
    (tmp_path / "jgo.conf").write_text("[repositories]\ncentral = http://127.0.0.1:9\n")
    with pytest.raises(DownloadError, match=r"one:1\.0 .*no connection") as failed:
        JarCache(settings).ensure(lock)
    assert "network" in failed.value.hint


def test_a_cache_that_is_a_file(settings: Settings, repository: Repository) -> None:
    settings.cache_dir.write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be stored") as failed:
        JarCache(settings).ensure(repository.lock("one"))
    assert "LINEAGE_CACHE_DIR" in failed.value.hint
    assert settings.cache_dir.read_text() == "in the way"


def test_a_folder_that_java_could_not_read_from(settings: Settings, repository: Repository, tmp_path: Path) -> None:
    other = settings.model_copy(update={"cache_dir": tmp_path / "a:b"})
    with pytest.raises(LocalServerError, match="colon"):
        JarCache(other).ensure(repository.lock("one"))


def test_progress_is_for_terminals_only(settings: Settings, repository: Repository) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120)
    JarCache(settings).ensure(repository.lock("one"), terminal)
    assert "Downloading Neo4j" in terminal.file.getvalue()  # type: ignore[attr-defined]
    pipe = Console(file=io.StringIO())
    JarCache(settings).ensure(repository.lock("two"), pipe)
    assert pipe.file.getvalue() == ""  # type: ignore[attr-defined]
