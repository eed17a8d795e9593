"""What capture costs a run: the same script alone and under capture, in turns, each in a process of its own.

Two costs are told apart: what a process pays once (loading the package, at the end one fsync and the hand-over), and
what a run pays within a process that goes on.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_BODY = """
import sys, time
began = time.perf_counter()
import pandas as pd, numpy as np
def work():
    frame = pd.read_csv("orders.csv")
    end = time.perf_counter() + float(sys.argv[1])
    while time.perf_counter() < end:
        (frame["price"] * frame["pieces"]).to_numpy() @ np.ones(len(frame))
    frame.to_csv("out.csv", index=False)
if sys.argv[2] == "captured":
    before = time.perf_counter()
    import lineage_client.capture
    lineage_client.capture.watch()
    loaded = time.perf_counter() - before
    for _ in range(3):
        before = time.perf_counter()
        with lineage_client.run("measured", outputs="out.csv"):
            entered = time.perf_counter()
            work()
            left = time.perf_counter()
        print("run", (entered - before) + (time.perf_counter() - left))
    print("load", loaded)
else:
    for _ in range(3):
        work()
print("whole", time.perf_counter() - began)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Medians in seconds: loading the package, around the first run and later ones, whole processes and their ratio."""

    load: float
    first_run: float
    later_run: float
    alone: float
    captured: float
    ratio: float


def measure(inputs: Path, work: Path, *, seconds: float = 2.0, turns: int = 5) -> Cost:
    """Take turns. ``seconds`` is how long the work of each of three runs in a process takes."""
    told: dict[str, list[float]] = {"load": [], "first": [], "later": [], "alone": [], "captured": [], "ratio": []}
    folder = work / "folder"
    for _ in range(turns):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(inputs, folder)
        alone, _ = _run(folder, work, seconds, "alone")
        whole, lines = _run(folder, work, seconds, "captured")
        runs = [float(value) for name, value in lines if name == "run"]
        told["first"].append(runs[0])
        told["later"] += runs[1:]
        told["load"] += [float(value) for name, value in lines if name == "load"]
        told["alone"].append(alone)
        told["captured"].append(whole)
        told["ratio"].append(whole / alone)
    middle = {name: statistics.median(values) for name, values in told.items()}
    return Cost(middle["load"], middle["first"], middle["later"], middle["alone"], middle["captured"], middle["ratio"])


def _run(folder: Path, work: Path, seconds: float, how: str) -> tuple[float, list[tuple[str, str]]]:
    """Wall time of a process from its start to its end, and the lines that it printed."""
    environment = {**os.environ, "LINEAGE_SPOOL_DIR": str(work / "spool"), "LINEAGE_CAPTURE_SEND": "off"}
    command = [sys.executable, "-c", _BODY, str(seconds), how]
    before = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    whole = time.perf_counter() - before
    return whole, [(line.split()[0], line.split()[1]) for line in done.stdout.splitlines()]
