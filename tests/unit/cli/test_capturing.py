"""`lineage import SOURCE WHERE` and `lineage captures` with a small capture, where no server is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from registry.capture import registered
from registry.capture.source import ENTRY_POINTS, Captured, Progressed, Rejected, Unmapped
from registry.cli import spool
from registry.cli.app import app
from registry.cli.errand import Errand
from registry.cli.reached import From
from registry.errors import InvalidSourceError


class Notes:
    """Reads a folder of notes: a line a data set."""

    name = "notes"
    summary = "Notes, a data set a line."
    maps: Mapping[str, str] = {"line": "Dataset"}
    does_not_map: Mapping[str, str] = {"doodles": "nobody can read them"}

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        return len(self._lines(where))

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        for number, line in enumerate(self._lines(where), 1):
            yield Progressed()
            if line.startswith("?"):
                yield Rejected(f"line {number}", "unreadable", "nobody can read that", line)
            elif line.startswith("~"):
                yield Unmapped(f"line {number}", "doodle")
            else:
                yield {"entity": "Dataset", "namespace": options.get("namespace", "notes"), "name": line}

    def _lines(self, where: str) -> list[str]:
        try:
            return Path(where).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise InvalidSourceError(f"{where} cannot be read.") from error


NOT_A_CAPTURE = "just a text"


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What packages with such entry points would bring."""
    points = (
        EntryPoint("notes", f"{__name__}:Notes", ENTRY_POINTS),
        EntryPoint("broken", f"{__name__}.absent:Nothing", ENTRY_POINTS),
        EntryPoint("wrong", f"{__name__}:NOT_A_CAPTURE", ENTRY_POINTS),
    )
    monkeypatch.setattr(registered, "entry_points", lambda group: points)


@pytest.fixture(autouse=True)
def this_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the entry points find this module, which the tests load by its path."""
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or _self())


def _self() -> Any:
    import types

    module = types.ModuleType(__name__)
    module.__dict__.update(Notes=Notes, NOT_A_CAPTURE=NOT_A_CAPTURE)
    return module


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def write(folder: Path, *lines: str) -> str:
    path = folder / "notes.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_dry_run_reads_checks_and_counts_without_a_server(tmp_path: Path) -> None:
    where = write(tmp_path, "orders", "~ a flower", "wine", "~ a tree")
    result = run("import", "notes", where, "--dry-run", "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert (answer["read"], answer["read_by_kind"], answer["sent"]) == (2, {"Dataset": 2}, False)
    assert answer["unmapped"] == [{"what": "doodle", "count": 2, "example": "line 2"}]


def test_what_is_rejected_is_listed_with_the_reason_and_ends_with_1(tmp_path: Path) -> None:
    where = write(tmp_path, "orders", "? illegible", "")
    for form in ((), ("--json",)):
        result = run("import", "notes", where, "--dry-run", *form)
        assert result.exit_code == 1
        for part in ("line 2", "unreadable", "nobody can read that"):
            assert part in result.stdout
    rejections = json.loads(run("import", "notes", where, "--dry-run", "--json").stdout)["rejections"]
    assert [item["reason"] for item in rejections] == ["unreadable"]


def test_a_document_that_the_server_would_refuse_is_rejected_by_rule(tmp_path: Path) -> None:
    where = write(tmp_path, "orders", "with\x00control", "x" * 2_000)
    answer = json.loads(run("import", "notes", where, "--dry-run", "--json").stdout)
    assert (answer["read"], answer["rejected"]) == (1, 2)
    assert {item["reason"] for item in answer["rejections"]} == {"pattern", "length"}
    assert answer["rejections"][1]["where"].startswith("Dataset:notes:xxx")


def test_options_reach_the_capture_and_must_read_key_value(tmp_path: Path) -> None:
    where = write(tmp_path, "orders")
    assert run("import", "notes", where, "--dry-run", "-o", "namespace=a=b").exit_code == 0
    for wrong in (("-o", "namespace"), ("-o", "=x"), ("-o", "a=1", "-o", "a=2"), ("--event-id", "mine")):
        assert run("import", "notes", where, "--dry-run", *wrong).exit_code == 2
    assert run("import", where, "--dry-run").exit_code == 2


def test_an_unknown_source_brings_the_nearest(tmp_path: Path) -> None:
    result = run("import", "nots", write(tmp_path, "x"), "--dry-run")
    assert result.exit_code == 1
    assert "Did you mean" in result.stderr
    assert "notes" in result.stderr
    lone = run("import", "notes")
    assert lone.exit_code == 1
    assert "lineage import notes WHERE" in lone.stderr


def test_a_source_that_cannot_be_read_is_said_once(tmp_path: Path) -> None:
    result = run("import", "notes", str(tmp_path / "absent"), "--dry-run", "--json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert json.loads(result.stderr)["code"] == "invalid-source"


@pytest.mark.parametrize("name", ["broken", "wrong"])
def test_a_capture_that_is_none_names_its_package(name: str, tmp_path: Path) -> None:
    result = run("import", name, "x", "--dry-run")
    assert result.exit_code == 1
    assert "unknown package" in result.stderr


def test_captures_are_listed_with_what_they_map_the_broken_ones_too() -> None:
    listed = {item["name"]: item for item in json.loads(run("captures", "--json").stdout)}
    assert listed["notes"]["maps"] == {"line": "Dataset"}
    assert listed["notes"]["does_not_map"] == {"doodles": "nobody can read them"}
    assert "cannot be loaded" in listed["broken"]["broken"]
    text = run("captures").stdout
    assert "doodles" in text
    assert "Notes, a data set a line." in text


def test_the_progress_adds_up_to_the_count(tmp_path: Path) -> None:
    where = write(tmp_path, *(f"d{index}" for index in range(50)), "? no", "~ no")
    gone: list[int] = []
    with spool.spooled(Notes().read(where, {}), gone.append) as read:
        assert sum(gone) == Notes().count(where, {}) == 52
        lines = b"".join(read.chunks()).splitlines()
        assert read.lines == len(lines) == 50
        assert read.size == sum(len(line) + 1 for line in lines)
        assert read.documents([1, 50]) == {1: json.loads(lines[0]), 50: json.loads(lines[49])}
        path = read.path
    assert not path.exists()


def test_only_so_many_rejections_are_kept_and_all_are_counted() -> None:
    many = (Rejected(str(index), "r", "m") for index in range(spool.MOST_LISTED + 5))
    with spool.spooled(many, lambda _: None) as read:
        assert read.rejections == spool.MOST_LISTED + 5
        assert len(read.rejected) == spool.MOST_LISTED


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("postgresql://me:secret@db:5432/mlflow?x=1", "postgresql://db:5432/mlflow"),
        ("postgresql://db/mlflow?user=me&password=secret", "postgresql://db/mlflow"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("/a/b@c", "/a/b@c"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_a_password_is_never_shown(where: str, shown: str) -> None:
    assert Errand(Notes(), where, {}, keep_good=False, dry_run=True, begin=From()).title == shown
