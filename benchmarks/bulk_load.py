"""Bring a generated graph into an empty data folder at once, past the API: ``neo4j-admin database import``."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from benchmarks.import_files import Progress, write_import_files
from benchmarks.lineage_graph import LineageGraph
from registry.graph.local.admin import run_admin
from registry.graph.local.backup import DATABASE, stopped
from registry.settings import Settings


def bulk_load(graph: LineageGraph, settings: Settings, files: Path, progress: Progress) -> None:
    """Make the graph the content of the managed Neo4j that the settings name, which must never have been started.

    ``files`` is an empty folder for the CSV files; they are removed again. Constraints and indexes are made by the
    migrations of the first start.
    """
    started = time.perf_counter()
    written = write_import_files(graph, files, progress)
    progress(f"files written after {time.perf_counter() - started:.0f} s; importing …")
    arguments = ["database", "import", "full", DATABASE, "--id-type=integer", f"--report-file={files / 'report.txt'}"]
    arguments += [f"--nodes={item}" for item in written.nodes]
    arguments += [f"--relationships={item}" for item in written.relationships]
    with stopped(settings, "benchmark", None) as admin:
        run_admin(admin, arguments, "The import failed")
    shutil.rmtree(files)
    progress(f"imported after {time.perf_counter() - started:.0f} s")
