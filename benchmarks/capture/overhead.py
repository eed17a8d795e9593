"""What capture costs a run: the same script alone and under capture, in turns, each in a process of its own.

Two costs are told apart: what a process pays once (loading the package, at the end one fsync and the hand-over), and
what a run pays within a process that goes on.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_BODY = """
import sys, time
import pandas as pd, numpy as np
def work():
    frame = pd.read_csv("orders.csv")
    for _ in range(int(sys.argv[1])):
        (frame["price"] * frame["pieces"]).to_numpy() @ np.ones(len(frame))
    frame.to_csv("out.csv", index=False)
if sys.argv[2] == "captured":
    before = time.perf_counter()
    import lineage_client.capture
    lineage_client.capture.watch()
    loaded = time.perf_counter() - before
    for _ in range(3):
        before, cpu = time.perf_counter(), time.thread_time()
        with lineage_client.run("measured", outputs="out.csv"):
            entered, cpu_entered = time.perf_counter(), time.thread_time()
            work()
            left, cpu_left = time.perf_counter(), time.thread_time()
        print("run", (entered - before) + (time.perf_counter() - left))
        print("cpu", (cpu_entered - cpu) + (time.thread_time() - cpu_left))
    print("load", loaded)
else:
    for _ in range(3):
        work()
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians in seconds. ``run_cpu`` is what the user's own thread computes for capture: less noisy than waiting."""

    load: float
    first_run: float
    later_run: float
    run_cpu: float
    alone: float
    captured: float
    ratio: float
    cpu_ratio: float


def measure(inputs: Path, work: Path, *, rounds: int = 20_000, turns: int = 5) -> Cost:
    """Take turns. ``rounds`` is how much each of three runs in a process computes: a second or more."""
    names = ("load", "first_run", "later_run", "run_cpu", "alone", "captured", "ratio", "cpu_ratio")
    told: dict[str, list[float]] = {name: [] for name in names}
    folder = work / "folder"
    for _ in range(turns):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(inputs, folder)
        alone, alone_cpu, _ = _run(folder, work, rounds, "alone")
        whole, whole_cpu, lines = _run(folder, work, rounds, "captured")
        runs = [float(value) for name, value in lines if name == "run"]
        told["first_run"].append(runs[0])
        told["later_run"] += runs[1:]
        told["run_cpu"] += [float(value) for name, value in lines if name == "cpu"]
        told["load"] += [float(value) for name, value in lines if name == "load"]
        told["alone"].append(alone)
        told["captured"].append(whole)
        told["ratio"].append(whole / alone)
        told["cpu_ratio"].append(whole_cpu / alone_cpu)
    return Cost(**{name: statistics.median(values) for name, values in told.items()})


def _run(folder: Path, work: Path, rounds: int, how: str) -> tuple[float, float, list[tuple[str, str]]]:
    """Wall and processor time of a process with its children, from start to end, and the lines that it printed."""
    environment = {**os.environ, "LINEAGE_SPOOL_DIR": str(work / "spool"), "LINEAGE_CAPTURE_SEND": "off"}
    command = [sys.executable, "-c", _BODY, str(rounds), how]
    before, cpu = time.perf_counter(), _children()
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    whole, spent = time.perf_counter() - before, _children() - cpu
    return whole, spent, [(line.split()[0], line.split()[1]) for line in done.stdout.splitlines()]


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
