"""An MLflow database read, imported, and imported once more: times, records a second, peak memory of the command.

The store is seeded (``store.py``); the server is ``lineage up`` with the managed Neo4j. Beside it, reading alone
(``--dry-run``), as the part that is not the registry's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.mlflow_import.store import make_store
from benchmarks.server import measured_server, peak_memory


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the command."""

    seconds: float
    peak_mib: float
    answer: dict[str, Any]


def measure(store: Path, url: str | None, *more: str) -> Measured:
    """Run ``lineage import mlflow`` in a process of its own."""
    command = [sys.executable, "-m", "registry.cli", "import", "mlflow", str(store), "--json", *more]
    environment = os.environ | ({"LINEAGE_URL": url} if url else {})
    began = time.perf_counter()
    with (
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as child,
        peak_memory(psutil.Process(child.pid)) as memory,
    ):
        out, _ = child.communicate()
    seconds = time.perf_counter() - began
    return Measured(seconds, memory[1] / 2**20, json.loads(out))


def show(label: str, measured: Measured) -> None:
    """One line."""
    answer = measured.answer
    rate = answer["read"] / measured.seconds
    counts = f"created {answer['created']:>9,}  changed {answer['changed']:>5,}"
    print(
        f"{label:<14}{measured.seconds:>8.1f} s{rate:>10,.0f} records/s{measured.peak_mib:>8.0f} MiB  {counts}",
        flush=True,
    )


def main() -> None:
    """Measure; exit code 1 where importing again created or changed anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--read-only", action="store_true", help="read the store, and start no server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        store = Path(folder) / "mlflow.db"
        make_store(store, options.runs)
        print(f"{options.runs:,} runs, {store.stat().st_size / 2**20:,.0f} MiB of SQLite")
        show("reading", measure(store, None, "--dry-run"))
        if options.read_only:
            return
        with measured_server() as server:
            show("importing", measure(store, server.url))
            again = measure(store, server.url)
            show("once more", again)
    if again.answer["created"] or again.answer["changed"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
