"""Digests of files and folders: those that the client records, and what is refused."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_client.capture.fingerprints import fingerprint
from registry.attestation.artifacts import digest_artifact, size_of
from registry.errors import ArtifactError


def test_a_file_has_the_digest_of_its_bytes_and_is_told_in_pieces(tmp_path: Path) -> None:
    content = os.urandom(3 * (1 << 20) + 17)
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    pieces: list[int] = []
    found = digest_artifact(path, algorithms=("sha512",), on_bytes=pieces.append)
    assert found.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert found.digests["sha512"] == hashlib.sha512(content).hexdigest()
    assert sum(pieces) == found.size == size_of(path) == len(content)
    assert len(pieces) > 1


NAMES = st.text("abc.-", min_size=1, max_size=3).filter(lambda name: name.strip("."))


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=9), max_size=8))
def test_a_folder_has_the_digest_that_the_client_records(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    for name, content in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except (IsADirectoryError, FileExistsError, NotADirectoryError):
            continue
    found = digest_artifact(folder)
    recorded = fingerprint(str(folder))
    assert (found.digest, found.size) == (recorded.digest, recorded.size)
    assert size_of(folder) == found.size


def test_links_are_refused_unless_asked_for_and_never_lead_into_folders(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.mkdir()
    (outside / "key").write_text("x")
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights").symlink_to(outside / "key")
    with pytest.raises(ArtifactError, match="link"):
        digest_artifact(folder)
    with pytest.raises(ArtifactError, match="link"):
        digest_artifact(folder / "weights")
    assert digest_artifact(folder, links=True).size == 1
    assert digest_artifact(folder / "weights", links=True).size == 1
    (tmp_path / "whole").symlink_to(folder)
    for links in (False, True):
        with pytest.raises(ArtifactError, match="link to a folder"):
            digest_artifact(tmp_path / "whole", links=links)
    (folder / "more").symlink_to(outside)
    for links in (False, True):
        with pytest.raises(ArtifactError, match="link to a folder" if links else "link"):
            digest_artifact(folder, links=links)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null"), tmp_path / "none"):
        with pytest.raises(ArtifactError):
            digest_artifact(path)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2J", "\udcff"])
def test_names_that_could_be_misread_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(ArtifactError):
        digest_artifact(tmp_path)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"x" * (3 << 20))
    other = tmp_path / "same"
    other.write_bytes(b"x" * (3 << 20))

    def append(_: int) -> None:
        with path.open("ab") as file:
            file.write(b"y")

    def rewrite(_: int) -> None:
        before = other.stat()
        with other.open("r+b") as file:
            file.write(b"y")
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))

    for changed, change in ((path, append), (other, rewrite)):
        with pytest.raises(ArtifactError, match="changed"):
            digest_artifact(changed, on_bytes=change)


def test_a_folder_that_gets_a_file_while_it_is_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    done = threading.Event()

    def add(_: int) -> None:
        if not done.is_set():
            done.set()
            (tmp_path / "0-new").write_bytes(b"z")

    with pytest.raises(ArtifactError, match="got or lost"):
        digest_artifact(tmp_path, on_bytes=add)
