"""``python -m benchmarks.capture``: what capture from Python sees, and what it costs."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.capture.columns import by_confidence
from benchmarks.capture.inputs import write_inputs
from benchmarks.capture.overhead import measure
from benchmarks.capture.witness import Compared, compare_all


def main() -> int:
    """Exit code 1 where the witness is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capture", description=__doc__.partition(": ")[2])
    parser.add_argument("--only", choices=("witness", "overhead"), help="one of the two parts")
    parser.add_argument("--scripts", default="", help="of the witness: only the scripts whose names begin so")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inputs, work = Path(folder, "inputs"), Path(folder, "work")
        inputs.mkdir()
        work.mkdir()
        write_inputs(inputs)
        if options.only != "overhead":
            if shutil.which("strace") is None:
                print("strace is not installed (Debian: apt-get install strace): no witness.", file=sys.stderr)
                return 1
            compared = compare_all(inputs, work, options.scripts)
            show(compared)
            show_columns(compared)
        if options.only != "witness":
            cost = measure(inputs, work)
            print(f"loading the package     {cost.load * 1000:8.1f} ms")
            print(f"around the first run    {cost.first_run * 1000:8.1f} ms")
            print(f"around a later run      {cost.later_run * 1000:8.1f} ms")
            print(f"  of it computing       {cost.run_cpu * 1000:8.1f} ms")
            print(f"process, alone          {cost.alone:8.3f} s")
            print(
                f"process, under capture  {cost.captured:8.3f} s   ratio {cost.ratio:.3f}, of processor time {cost.cpu_ratio:.3f}"
            )
    return 0


def show(compared: list[Compared]) -> None:
    """A table for the documentation: each script with the files that were opened, seen, missed and invented."""
    print("| script | opened | captured | missed | not so |\n| --- | --- | --- | --- | --- |")
    for item in compared:
        row = [f"`{item.script}`", len(item.truth.marked), len(item.captured.marked)]
        print("|", " | ".join(map(str, [*row, ", ".join(item.missed), ", ".join(item.invented)])), "|", flush=True)
    right = sum(len(item.truth.marked & item.captured.marked) for item in compared)
    captured, true = (
        sum(len(side.marked) for side in sides)
        for sides in zip(*((i.captured, i.truth) for i in compared), strict=True)
    )
    print(f"\nprecision {right}/{captured} = {right / captured:.3f}, recall {right}/{true} = {right / true:.3f}")


def show_columns(compared: list[Compared]) -> None:
    """The same for columns, and how often each confidence is right."""
    print("\n| script | pairs of columns | captured | missed | not so |\n| --- | --- | --- | --- | --- |")
    every = [item.columns for item in compared if item.columns.truth or item.columns.captured]
    for item in every:
        row = [
            f"`{item.script}`",
            len(item.truth),
            len(item.captured),
            ", ".join(item.missed),
            ", ".join(item.invented),
        ]
        print("|", " | ".join(map(str, row)), "|")
    right = sum(len(item.truth & item.captured.keys()) for item in every)
    captured, true = sum(len(item.captured) for item in every), sum(len(item.truth) for item in every)
    if captured and true:
        print(f"\nprecision {right}/{captured} = {right / captured:.3f}, recall {right}/{true} = {right / true:.3f}")
    for sure, (so, said) in by_confidence(every).items():
        print(f"confidence {sure}: {so} of {said} are so")


if __name__ == "__main__":
    sys.exit(main())
