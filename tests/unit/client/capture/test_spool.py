"""The spool keeps what it was given: through torn lines, full disks and processes that die."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lineage_client.capture import locks, places, spool
from lineage_client.capture.spool import IF_LOST, LAST, SpoolFile


def event(number: int, size: int = 10) -> dict[str, Any]:
    return {"event_id": f"e{number}", "producer": "t", "records": [{"entity": "Run", "urn": f"urn:{'x' * size}"}]}


def read(path: Path) -> spool.Claimed:
    with spool.claim(path) as claimed:
        assert claimed is not None
        return claimed


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path / "spool")
    file.append(event(1))
    file.append(event(2), LAST)
    file.close()
    found = read(file.path)
    assert [item["event_id"] for item in found.events] == ["e1", "e2"]
    assert found.is_finished
    assert found.events[1] == event(2)


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    os.umask(os.umask(0))  # whatever the umask is
    file = SpoolFile(tmp_path / "spool")
    file.append(event(1), LAST)
    file.close()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700


def test_a_file_under_way_is_nobody_elses(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    file.append(event(1), LAST)
    with spool.claim(file.path) as claimed:
        assert claimed is None
    file.close()
    with spool.claim(file.path) as first, spool.claim(file.path) as second:
        assert first is not None
        assert second is None
    with spool.claim(tmp_path / "gone.ndjson") as gone:
        assert gone is None


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_torn_last_line_costs_that_line_alone(cut: int, tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    file.append(event(1))
    file.append(event(2))
    file.close()
    os.truncate(file.path, file.path.stat().st_size - cut)
    found = read(file.path)
    assert [item["event_id"] for item in found.events] == ["e1"]
    assert found.damaged == []
    assert not found.is_finished


def test_a_damaged_line_in_the_midst_is_told_and_keeps_no_other_back(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    for number in (1, 2, 3):
        file.append(event(number), LAST if number == 3 else None)
    file.close()
    lines = file.path.read_bytes().splitlines(keepends=True)
    for bad in (b"\x00\xff\n", b"[]\n", b"{}\n", b'{"event_id": 3, "records": []}\n', b'{"records": []}\n'):
        file.path.write_bytes(lines[0] + bad + lines[2])
        found = read(file.path)
        assert [item["event_id"] for item in found.events] == ["e1", "e3"]
        assert found.damaged == [bad[:-1]]


def test_what_counts_only_if_the_run_was_lost_does_not_count_else(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    file.append(event(1), IF_LOST)
    lost = read_copy(file.path, tmp_path / "copy")
    assert [item["event_id"] for item in lost.events] == ["e1"]
    file.append(event(2), LAST)
    file.close()
    assert [item["event_id"] for item in read(file.path).events] == ["e2"]


def read_copy(path: Path, copy: Path) -> spool.Claimed:
    copy.write_bytes(path.read_bytes())
    return read(copy)


FILL = """
import pathlib, resource, sys
from lineage_client.capture.spool import LAST, SpoolFile
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
file = SpoolFile(pathlib.Path(sys.argv[1]))
for number in range(100):
    try:
        file.append({"event_id": f"e{number}", "producer": "t", "records": [{"urn": "x" * 50}]}, LAST)
    except OSError:
        print(number)
        break
"""


def test_a_full_disk_leaves_whole_events_and_says_so(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILL, str(tmp_path)], capture_output=True, text=True, check=True)
    written = int(done.stdout)
    (path,) = spool.waiting(tmp_path)
    assert 0 < written < 100
    assert [item["event_id"] for item in read(path).events] == [f"e{number}" for number in range(written)]
    assert path.read_bytes().endswith(b"\n")


RUN = """
import resource, sys
import lineage_client
if sys.argv[1] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
with lineage_client.run("disk"):
    print("the user's work")
print("goes on")
"""


@pytest.mark.parametrize("sort", ["full", "forbidden"])
def test_a_spool_that_cannot_be_written_breaks_no_run(sort: str, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    if sort == "forbidden":
        folder.write_text("a file where the folder should be", encoding="utf-8")
    environment = {**os.environ, "LINEAGE_SPOOL_DIR": str(folder), "LINEAGE_URL": "http://127.0.0.1:9"}
    environment["TMPDIR"] = str(tmp_path / "missing")
    command = [sys.executable, "-c", RUN, sort]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stdout == "the user's work\ngoes on\n"
    assert "lineage capture: the spool" in done.stderr
    assert "is lost" in done.stderr
    assert "Traceback" not in done.stderr


def test_lines_are_json_whatever_is_in_them(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    odd = {"event_id": "e\u2028\ud800🍷", "producer": "t", "records": []}
    file.append(odd, LAST)
    file.close()
    (line,) = file.path.read_bytes().split(b"\n")[:-1]
    assert json.loads(line)["event_id"].startswith("e\u2028")
    with pytest.raises(ValueError, match="JSON"):
        spool.encoded({"event_id": "e", "records": [float("nan")]})


def test_a_file_has_its_name_only_once_it_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[Path]] = []

    def lock(descriptor: int) -> bool:
        seen.append(spool.waiting(tmp_path))
        return locks.try_lock(descriptor)

    monkeypatch.setattr(spool, "try_lock", lock)
    file = SpoolFile(tmp_path)
    assert seen == [[]]
    assert spool.waiting(tmp_path) == [file.path]
    file.close()


def test_a_forked_child_holds_no_file_back(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path)
    file.append(event(1), LAST)
    hold, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(hold, 1)
        os._exit(0)
    try:
        file.close()
        assert read(file.path).is_finished
    finally:
        os.close(go)
        os.close(hold)
        os.waitpid(child, 0)


def test_a_place_without_locks_is_no_place_for_a_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SpoolFile(tmp_path)
    file.close()

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "Not supported")

    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", refuse)
        with pytest.raises(OSError, match="LINEAGE_SPOOL_DIR"):
            SpoolFile(tmp_path)
        with pytest.raises(OSError, match="LINEAGE_SPOOL_DIR"), spool.claim(file.path):
            pass
    assert list(tmp_path.iterdir()) == [file.path]


@pytest.mark.parametrize(
    "line", [b'{"event_id": "e", "records": [NaN]}', b'{"event_id": "e", "records": [1]}', b"[" * 100_000]
)
def test_what_could_not_be_sent_is_damaged(line: bytes) -> None:
    assert spool.read_event(line) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners here")
def test_where_the_spool_cannot_be_written_it_is_another_folder_of_the_users_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    environment = {**os.environ, "LINEAGE_SPOOL_DIR": str(tmp_path / "file"), "LINEAGE_URL": "http://127.0.0.1:9"}
    environment["TMPDIR"] = str(tmp_path)
    command = [sys.executable, "-c", RUN, "forbidden"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "is lost" not in done.stderr.replace("or is lost", "")
    spare = tmp_path / f"lineage-client-{os.getuid()}"
    assert spare.stat().st_mode & 0o777 == 0o700
    (kept,) = (spare / "spool").glob("*.ndjson")
    assert '"state":"completed"' in kept.read_text(encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners here")
def test_a_folder_that_others_may_write_to_is_none_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    spare = tmp_path / f"lineage-client-{os.getuid()}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    spare.symlink_to(elsewhere)
    assert places.spare_folder() is None
    spare.unlink()
    spare.mkdir()
    spare.chmod(0o777)
    assert places.spare_folder() is None
    spare.chmod(0o700)
    assert places.spare_folder() == spare / "spool"
