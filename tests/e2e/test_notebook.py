"""The example notebook: run by a real kernel against a real registry, and committed without what a run left in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import nbformat
import pytest
from nbclient import NotebookClient

from registry.graph.database import Database
from tests.integration.client.conftest import RECORDS, V3, write

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples/notebooks").glob("*.ipynb"))
WINE = ROOT / "examples/notebooks/wine.ipynb"


@pytest.fixture
def registry(
    api: httpx.Client, api_url: str, clean_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A registry that knows wine v3, then what uses it; a kernel finds it, and writes nowhere but below here."""
    write(api, "notebook-1", [record for record in RECORDS if record.get("urn") == V3])
    write(api, "notebook-2", RECORDS)
    monkeypatch.setenv("LINEAGE_URL", api_url)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "clients/python"))


def run(path: Path, folder: Path) -> list[Any]:
    """The outputs of each code cell, in order."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def shown(outputs: Any, media: str) -> str:
    return "".join("".join(output.data.get(media, "")) for output in outputs if "data" in output)


@pytest.mark.usefixtures("registry")
def test_the_notebook_answers_its_question(tmp_path: Path) -> None:
    search, impact, why, drawn, frame, graph, past = run(WINE, tmp_path)
    assert "wine v3" in shown(search, "text/html")
    page = shown(impact, "text/html")
    assert "taster v1 was trained by run train-1 on wine v3 (observed)" in page
    assert "<svg" in page
    assert "Complete." in page
    assert "GENERATED_BY" in "".join(output.text for output in why)
    assert "<svg" in shown(drawn, "text/html")
    assert "taster-fine" in shown(frame, "text/html")
    assert shown(graph, "text/plain") == "['guesser v1', 'taster v1', 'taster-fine v1']"
    assert "nothing affected is recorded" in shown(past, "text/html")
    assert not [
        output for outputs in (search, impact, drawn, past) for output in outputs if output.output_type == "stream"
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_committed_without_what_a_run_left(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert not cell.metadata
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
