"""An MLflow database read, imported, and imported again: times, records a second, memory, what the progress bar said.

The store is seeded (``store.py``); the server is ``lineage up`` with the managed Neo4j. Beside it, reading alone
(``--dry-run``), as the part that is not the registry's.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.mlflow_import.store import make_store
from benchmarks.mlflow_import.watched import Watched, watch
from benchmarks.server import measured_server, peak_memory


def measure(store: Path, url: str | None, *more: str) -> Watched:
    """Run ``lineage import mlflow`` in a process of its own."""
    command = [sys.executable, "-m", "registry.cli", "import", "mlflow", str(store), "--json", *more]
    return watch(command, {"LINEAGE_URL": url} if url else {})


def show(label: str, measured: Watched) -> None:
    """One line, and one for each phase of the progress bar."""
    answer = measured.answer
    rate = answer["read"] / measured.seconds
    counts = f"created {answer['created']:>9,}  changed {answer['changed']:>5,}"
    print(
        f"{label:<14}{measured.seconds:>8.1f} s{rate:>10,.0f} records/s{measured.peak_mib:>8.0f} MiB  {counts}",
        flush=True,
    )
    for name, phase in measured.phases.items():
        quarters = ", ".join(f"{phase.at(share):.0%} at {share:.0%}" for share in (0.25, 0.5, 0.75))
        clock, told = phase.worst()
        print(
            f"  the bar, {name.lower()} ({phase.seconds:.0f} s): {quarters} of the time;"
            f" furthest off: {told:.0%} told at {clock:.0%}",
            flush=True,
        )


def add_runs(store: Path, runs: int) -> None:
    """So many runs more, that ended a moment ago."""
    now = time.time_ns() // 1_000_000
    database = sqlite3.connect(store)
    with database:
        rows = [(f"{number:032x}", f"new {number}", "u", "FINISHED", now, now, "active", "s3://a", 1) for number in
                range(2**64, 2**64 + runs)]  # fmt: skip
        columns = "run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id"
        database.executemany(f"INSERT INTO runs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()


def main() -> None:
    """Measure; exit code 1 where importing again created or changed anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--once", action="store_true", help="leave out importing all of it a second time")
    parser.add_argument("--heap", default="1g", help="of Neo4j")
    parser.add_argument("--read-only", action="store_true", help="read the store, and start no server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        store = Path(folder) / "mlflow.db"
        make_store(store, options.runs)
        print(f"{options.runs:,} runs, {store.stat().st_size / 2**20:,.0f} MiB of SQLite")
        show("reading", measure(store, None, "--dry-run"))
        if options.read_only:
            return
        with measured_server(heap=options.heap) as server, peak_memory(server.process) as memory:
            show("importing", measure(store, server.url))
            again = None if options.once else measure(store, server.url, "--full")
            if again is not None:
                show("once more", again)
            add_runs(store, 100)
            show("100 runs more", measure(store, server.url))
            show("nothing more", measure(store, server.url))
        print(
            f"peak memory of the server's process: {memory[1] / 2**20:,.0f} MiB, beside Neo4j's heap of {options.heap}"
        )
    if again is not None and (again.answer["created"] or again.answer["changed"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
