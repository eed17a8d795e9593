"""The offline verifier: every case, what it prints and answers with, and that it needs nothing of the registry."""

from __future__ import annotations

import ast
import base64
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.ledger.exported import BUNDLE, HEADS, LOG, OLD, ORIGIN, WITNESS, edited, write_folder
from tests.unit.ledger.verifier_cases import CASES
from tests.unit.ledger.verifier_inputs import spoiled_bytes

PATH = Path(__file__).resolve().parents[3] / "clients/verifier/lineage_verify.py"


def load(path: Path = PATH) -> ModuleType:
    spec = importlib.util.spec_from_file_location("lineage_verify", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


VERIFIER = load()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_case(case: Callable[[Any], None]) -> None:
    case(VERIFIER)


@pytest.mark.nightly
def test_every_flipped_byte_of_a_bundle_fails() -> None:
    spoiled_bytes(VERIFIER, step=1)


def test_it_imports_the_standard_library_and_cryptography_only() -> None:
    tree = ast.parse(PATH.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.split(".")[0] for name in names}
    assert roots - set(sys.stdlib_module_names) == {"cryptography"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.json"
    path.write_text(BUNDLE, encoding="utf-8")
    return path


def test_it_runs_alone(bundle: Path, tmp_path: Path) -> None:
    copied = tmp_path / "alone" / "verify.py"
    copied.parent.mkdir()
    copied.write_text(PATH.read_text(encoding="utf-8"), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-I", str(copied), str(bundle), "--key", OLD.verifier.text],
        capture_output=True, text=True, cwd=copied.parent, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"VERIFIED  {ORIGIN}\n")


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    try:
        code = VERIFIER.main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_it_says_what_holds(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "keys").write_text(f"{OLD.verifier.text}\n\n")
    (tmp_path / "kept").write_text(HEADS[0].note.to_text(), encoding="utf-8")
    code, shown = _run(
        capsys, str(bundle), "--key", str(tmp_path / "keys"), "--witness", WITNESS.verifier.text, "--witnesses", "1",
        "--since", str(tmp_path / "kept"), "--origin", ORIGIN,
    )  # fmt: skip
    assert code == 0
    lines = [line.split() for line in shown.splitlines()]
    assert lines[0] == ["VERIFIED", ORIGIN]
    assert f"signed by {ORIGIN} ({OLD.verifier.key_id.hex()}), {WITNESS.verifier.name}" in shown
    assert "at 2023-11-14T22:13:20Z" in shown
    assert "4 are in the tree: 1, 4, 7, 12" in shown
    assert "3 have the digests" in shown
    assert "changed at 4, 7" in shown
    assert "not that what was recorded is true" in shown


def test_it_says_what_holds_as_json(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, shown = _run(capsys, str(bundle), "--key", OLD.verifier.text, "--json")
    assert code == 0
    assert json.loads(shown)["entries"] == [[1, 1], [4, 4], [7, 7], [12, 12]]
    folder = write_folder(tmp_path / "log", LOG, HEADS[2])
    code, shown = _run(capsys, str(folder), "--key", OLD.verifier.text, "--json")
    assert (code, json.loads(shown)["entries"]) == (0, [[0, 12]])


def test_it_says_what_does_not_hold_and_where(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle.write_text(edited(BUNDLE, lambda it: it["entries"][3]["proof"].pop()), encoding="utf-8")
    code, shown = _run(capsys, str(bundle), "--key", OLD.verifier.text)
    assert (code, shown) == (1, "NOT VERIFIED  entry 12: the inclusion proof is too short\n")
    code, shown = _run(capsys, str(bundle), "--key", OLD.verifier.text, "--json")
    assert (code, json.loads(shown)["reason"]) == (1, "refuted")
    bundle.write_text("{")
    code, shown = _run(capsys, str(bundle), "--key", OLD.verifier.text)
    assert code == 3
    assert shown.startswith("CANNOT BE READ  the bundle is not JSON")
    code, shown = _run(capsys, str(bundle.parent / "missing"), "--key", OLD.verifier.text)
    assert (code, "No such file" in shown) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["--key", "x"], ["--key", WITNESS.verifier.text], ["--key", OLD.verifier.text, "--witness", OLD.verifier.text],
        ["--key", OLD.verifier.text, "--since", "missing"], ["--key", OLD.verifier.text, "--witnesses", "many"],
        ["--key", "x" * 10_000], ["--key", "\0"],
        ["--key", f"\udcff+00000000+{base64.b64encode(bytes([1]) + bytes(32)).decode()}"],  # an argument that is not UTF-8
    ],
)  # fmt: skip
def test_wrong_arguments(bundle: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(capsys, str(bundle), *arguments)[0] == 2


def test_hostile_names_do_not_reach_the_terminal(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = LOG.signed(13, OLD, origin="\u202elog\x7f.example\u009b31m")
    bundle.write_text(json.dumps({"checkpoints": [hostile.note.to_text()], "consistency": [], "entries": [], "format":
        "lineage-ledger-bundle", "version": 1}, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")  # fmt: skip
    code, shown = _run(capsys, str(bundle), "--key", OLD.verifier.text)
    assert (code, shown.splitlines()[0]) == (0, "VERIFIED  ?log?.example?31m")
