"""Mermaid itself reads what is exported, with names that nobody should have; and reads the names as they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from registry.export import mermaid
from registry.export.subgraph import Subgraph
from tests.unit.export.graphs import graphs, wine

pytestmark = pytest.mark.nightly

_PACKAGES = ("mermaid@11", "jsdom@26")
_READ = """
import { JSDOM } from 'jsdom';
import fs from 'node:fs';
const page = new JSDOM('<!DOCTYPE html><body></body>');
globalThis.window = page.window;
globalThis.document = page.window.document;
const mermaid = (await import('mermaid')).default;
mermaid.initialize({});
const found = [];
for (const name of process.argv.slice(2)) {
  const text = fs.readFileSync(name, 'utf8');
  await mermaid.parse(text);
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  const labels = [...db.getVertices().values()].map((vertex) => vertex.text);
  found.push({ labels, edges: db.getEdges().length });
}
console.log(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script beside the program that it runs, which is fetched once for this test run."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm")
    folder = tmp_path_factory.mktemp("mermaid")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    (folder / "read.mjs").write_text(_READ)
    subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *_PACKAGES], cwd=folder, check=True)
    return folder / "read.mjs"


def _read(reader: Path, texts: list[bytes]) -> list[dict[str, object]]:
    for number, text in enumerate(texts):
        (reader.parent / f"{number}.mmd").write_bytes(text)
    names = [f"{number}.mmd" for number in range(len(texts))]
    made = subprocess.run(["node", reader.name, *names], cwd=reader.parent, capture_output=True, env={**os.environ})
    assert made.returncode == 0, made.stderr.decode()[-2_000:]
    found: list[dict[str, object]] = json.loads(made.stdout)
    return found


def test_mermaid_reads_every_export(reader: Path) -> None:
    made: list[Subgraph] = [wine(), wine(reasons=("size",))]

    @settings(max_examples=100, database=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
    @given(graphs())
    def collect(graph: Subgraph) -> None:
        made.append(graph)

    collect()
    for graph, found in zip(made, _read(reader, [mermaid.write(one) for one in made]), strict=True):
        notes = 0 if graph.extent.complete else 1
        labels = found["labels"]
        assert isinstance(labels, list)
        assert (len(labels), found["edges"]) == (len(graph.entities) + notes, len(graph.edges))
