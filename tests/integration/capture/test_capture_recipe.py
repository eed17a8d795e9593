"""The recipe for a capture of one's own, followed to the letter: a package is built, installed and found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_recipe_makes_a_capture_that_is_found_and_reads(tmp_path: Path) -> None:
    recipe = (ROOT / "docs/how-to/add-a-capture.md").read_text(encoding="utf-8")
    package, installed = tmp_path / "package", tmp_path / "installed"
    package.mkdir()
    for name, content in _FILE.findall(recipe):
        (package / name).write_text(content, encoding="utf-8")
    assert {item.name for item in package.iterdir()} == {"pyproject.toml", "shelf_capture.py"}
    build = ["-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([sys.executable, *build, "--target", str(installed), str(package)], check=True, timeout=120)

    def lineage(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(installed), "LINEAGE_DATA_DIR": str(tmp_path / "data")}
        command = [sys.executable, "-m", "registry.cli", *arguments, "--json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=tmp_path)

    listed = {item["name"]: item for item in json.loads(lineage("captures").stdout)}
    assert listed["shelf"]["package"] == "lineage-capture-shelf"
    assert listed["shelf"]["does_not_map"]["note"]

    rows = "model,version,data,note\nquality,3,s3://lake/wine,\nprice,1,/data/homes.csv,by hand\n"
    (tmp_path / "models.csv").write_text(rows, encoding="utf-8")
    answer = json.loads(lineage("import", "shelf", "models.csv", "--dry-run").stdout)
    assert answer["read_by_kind"] == {"DERIVED_FROM": 2, "ModelVersion": 2}
    assert answer["unmapped"] == [{"what": "note", "count": 1, "example": "line 3"}]
    (tmp_path / "models.csv").write_text(rows + ",,,\n", encoding="utf-8")
    done = lineage("import", "shelf", "models.csv", "--dry-run")
    assert done.returncode == 1
    assert json.loads(done.stdout)["rejections"][0]["where"] == "line 4"
