"""``python -m benchmarks.capture``: what capture from Python sees, and what it costs."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.capture.inputs import write_inputs
from benchmarks.capture.overhead import measure
from benchmarks.capture.witness import Compared, compare_all


def main() -> int:
    """Exit code 1 where the witness is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capture", description=__doc__.partition(": ")[2])
    parser.add_argument("--only", choices=("witness", "overhead"), help="one of the two parts")
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
            show(compare_all(inputs, work))
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


if __name__ == "__main__":
    sys.exit(main())
