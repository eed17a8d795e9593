"""What the page on capture says can be typed and is so; and, at night, that its figures hold."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lineage_client
from lineage_client.capture import quiet

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/capture-from-python.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TABLE = "id,customer,price,pieces\n1,7,2.5,3\n2,8,4,1\n3,9,1,1\n4,7,9,2\n"


def blocks(language: str) -> list[str]:
    return [code for found, code in _BLOCK.findall(PAGE.read_text(encoding="utf-8")) if found == language]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("orders.csv", "test.csv"):
        (tmp_path / name).write_text(TABLE, encoding="utf-8")
    (tmp_path / "train.py").write_text(
        "import pandas\npandas.read_csv('orders.csv').to_csv('out.csv')\n", encoding="utf-8"
    )
    return tmp_path


def environment(folder: Path, url: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ, "PATH": path, "LINEAGE_URL": url, "LINEAGE_SPOOL_DIR": str(folder / "spool"),
        "LINEAGE_CAPTURE_WAIT": "60",
    }  # fmt: skip


def test_the_pages_python_runs_and_its_answer_comes(folder: Path, api_url: str) -> None:
    code = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, env=environment(folder, api_url), capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    with lineage_client.connect(api_url) as client:
        assert "price" in {hit.name for hit in client.search("price", kinds=["Model"])}


def test_the_pages_commands_run(folder: Path, api_url: str) -> None:
    for block in blocks("sh"):
        for command in block.splitlines():
            if not command.startswith(("pip ", "export ", "apt-get ")):
                done = subprocess.run(
                    ["sh", "-c", command], cwd=folder if "benchmarks" not in command else ROOT,
                    env=environment(folder, api_url), capture_output=True, text=True, timeout=120, check=False,
                )  # fmt: skip
                assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert (folder / "out.csv").exists()
    assert list((folder / "spool").glob("*.ndjson")) == []


def test_every_setting_that_is_read_is_on_the_page() -> None:
    package = Path(quiet.__file__).parent
    read = {
        name for path in package.rglob("*.py") for name in re.findall(r'"(LINEAGE_[A-Z_]+)"', path.read_text("utf-8"))
    }
    assert read <= set(re.findall(r"`(LINEAGE_[A-Z_]+)", PAGE.read_text(encoding="utf-8")))


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace, the witness, is not installed")
def test_capture_sees_what_strace_sees(tmp_path: Path) -> None:
    from benchmarks.capture.inputs import write_inputs
    from benchmarks.capture.witness import compare_all

    inputs, work = tmp_path / "inputs", tmp_path / "work"
    inputs.mkdir()
    work.mkdir()
    write_inputs(inputs)
    compared = {item.script: item for item in compare_all(inputs, work)}
    assert len(compared) >= 34
    page = PAGE.read_text(encoding="utf-8")
    for item in compared.values():
        assert item.truth.marked, item.script
        assert f"| `{item.script}` | {len(item.truth.marked)} | {len(item.captured.marked)} |" in page, item
        if item.columns.truth:
            assert f"| `{item.script}` | {len(item.columns.truth)} | {len(item.columns.captured)} |" in page, (
                item.columns
            )
    # What it is known to miss: files that look like no data, databases that SQL attaches.
    assert {name for name, item in compared.items() if item.missed} == {
        "plain_files",
        "unseen_database",
        "fresh_attached",
        "fresh_cache",
        "later_files",
    }
    assert {name for name, item in compared.items() if item.invented or item.columns.invented} == set()
