"""The committed locks: complete, readable by jgo, free of places."""

from __future__ import annotations

import re
from importlib.resources import as_file, files

import pytest
from jgo.env import LockFile

from registry.graph.local.lock import COORDINATES, read_lock, render_lock


@pytest.mark.parametrize("name", COORDINATES)
def test_it_names_each_jar_once_with_its_digest(name: str) -> None:
    lock = read_lock(name)
    assert len({jar.path for jar in lock.jars}) == len(lock.jars)
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) and jar.size > 0 for jar in lock.jars)
    pinned = {tuple(coordinate.split(":")) for coordinate in COORDINATES[name]}
    assert pinned <= {(jar.group, jar.artifact, jar.version) for jar in lock.jars}


@pytest.mark.parametrize("name", COORDINATES)
def test_jgo_reads_it_and_it_names_no_place(name: str) -> None:
    resource = files("registry.graph.local").joinpath("locks", f"{name}.lock.toml")
    text = resource.read_text(encoding="utf-8")
    assert not re.search(r"https?:|/home|/root|/Users|generated", text)
    with as_file(resource) as path:
        read = LockFile.load(path)
    assert {(d.artifactId, d.sha256) for d in read.dependencies} == {
        (j.artifact, j.sha256) for j in read_lock(name).jars
    }


def test_natives_of_every_platform_are_there() -> None:
    for name in ("neo4j-2026", "neo4j-5"):
        classifiers = {jar.classifier for jar in read_lock(name).jars}
        assert classifiers >= {"linux-x86_64", "linux-aarch_64", "osx-x86_64", "osx-aarch_64"}


def test_the_same_artifacts_give_the_same_text() -> None:
    assert render_lock([]) == render_lock(iter([]))
