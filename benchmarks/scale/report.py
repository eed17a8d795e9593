"""Tables of what was measured, and the aims beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.scale import cases
from benchmarks.scale.clients import Load
from benchmarks.scale.measuring import Measured, median_ratio
from benchmarks.scale.streaming import Handover

_MEGABYTE = 1 << 20


@dataclass(slots=True)
class Report:
    """Everything about one size. ``absent`` says what could not be compared with, ``failed`` what went wrong."""

    size: str
    nodes: int
    edges: int
    measured: list[Measured] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether every answer was the truth, and nothing failed."""
        return not self.failed and not any(item.wrong for item in self.measured)

    def median(self, case: str, way: str) -> float | None:
        """The median of a way in a case, None where it was not measured."""
        found = [item.median for item in self.measured if (item.case, item.way) == (case, way)]
        return found[0] if found else None

    def ratio(self, own: tuple[str, str], base: tuple[str, str]) -> float | None:
        """How many times what another (case, way) takes: within one case turn by turn, else of the medians."""
        if own[0] == base[0]:
            times = {item.way: item.times for item in self.measured if item.case == own[0]}
            return median_ratio(times.get(own[1], []), times.get(base[1], []))
        ours, theirs = self.median(*own), self.median(*base)
        return ours / theirs if ours and theirs else None

    def as_json(self) -> dict[str, Any]:
        """Everything, with each single time."""
        return asdict(self) | {"aims": [asdict(aim) for aim in aims(self)]}


@dataclass(frozen=True, slots=True)
class Aim:
    """One aim: the median of a way is at most ``most``, in milliseconds or times that of another way."""

    what: str
    measured: float | None
    most: float
    unit: str

    def line(self) -> str:
        """As one line of text."""
        if self.measured is None:
            return f"  {self.what:66}  not measured"
        verdict = "met" if self.measured <= self.most else "MISSED"
        return f"  {self.what:66} {self.measured:8.2f} {self.unit:2}  (at most {self.most:g})  {verdict}"


def aims(report: Report) -> list[Aim]:
    """The aims that this size has, with what was measured."""
    found = []

    def time(what: str, case: str, way: str, most: float) -> None:
        found.append(Aim(what, report.median(case, way), most, "ms"))

    def ratio(what: str, own: tuple[str, str], base: tuple[str, str], most: float) -> None:
        found.append(Aim(what, report.ratio(own, base), most, "x"))

    for way in ("lineage objects", "impact objects"):
        time(f"small answers, {way}", cases.SMALL, way, 5.0)
    if report.size == "1m":
        time("5,000 results, columns", cases.FIVE, "columns", 100.0)
    for case, way, most in (
        (cases.TEN, "columns", 1.5),
        (cases.TEN, "lineage objects", 2.0),
        (cases.WIDEST, "columns", 1.5),
        (cases.WIDEST, "Arrow", 1.5),
    ):
        ratio(f"{case}, {way}, against bare Cypher", (case, way), (case, cases.BARE), most)
    for other in ("PostgreSQL", "PostgreSQL, names only", "ML Metadata"):
        ratio(f"widest, columns, against {other}", (cases.WIDEST, "columns"), (cases.WIDEST, other), 1.0)
    for case, way in ((cases.SMALL, "lineage objects"), (cases.TEN, "columns"), (cases.WIDEST, "columns")):
        ratio(f"{case}, {way}, asOf against now", (case + cases.AS_OF, way), (case, way), 3.0)
    return found


def print_cases(measured: Iterable[Measured]) -> None:
    """A table of one case."""
    for item in measured:
        if item.wrong:
            print(f"  {item.way:26} {item.wrong}", flush=True)
        elif item.median is not None:
            ratio = "" if item.ratio is None else f"{item.ratio:8.2f} x"
            print(f"  {item.way:26} {item.median:10.2f} ms {ratio}   (median of {len(item.times)})", flush=True)


def print_loads(loads: Iterable[Load]) -> None:
    """A table of clients at once."""
    for load in loads:
        wide = f", {load.wide_per_second:.1f} wide answers/s" if load.wide_per_second else ""
        print(
            f"  {load.clients:3} clients beside {load.beside:22} {load.per_second:8.0f} answers/s,"
            f" median {load.median:7.1f} ms, 95th percentile {load.late:7.1f} ms{wide}",
            flush=True,
        )


def print_handovers(handovers: Iterable[Handover]) -> None:
    """A table of memory and time for the widest answer."""
    for item in handovers:
        print(
            f"  {item.form:24} {item.seconds:6.2f} s, {item.size / _MEGABYTE:7.1f} MB;"
            f" server {item.before / _MEGABYTE:.0f} MB before, {item.peak / _MEGABYTE:.0f} MB at its peak",
            flush=True,
        )


def print_end(report: Report) -> None:
    """Aims, what is missing and what is wrong."""
    print(f"aims at {report.size}:")
    for aim in aims(report):
        print(aim.line())
    for text in report.absent:
        print(f"not compared: {text}")
    for text in report.failed:
        print(f"FAILED: {text}")


def print_sizes(reports: Sequence[Report]) -> None:
    """The small answers beside each other, at every size."""
    print("the same small answers at every size (median ms):")
    for way in (cases.BARE, "lineage objects", "impact objects"):
        times = [(report.size, report.median(cases.SMALL, way)) for report in reports]
        shown = "  ".join(f"{size}: {'-' if time is None else f'{time:.2f}'}" for size, time in times)
        print(f"  {way:26} {shown}")
