"""Finds what was made from itself. Real lineage has such circles: they are kept, with a finding."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

from graph_schema.core import Family
from graph_schema.times import OPEN
from graph_schema.urn import label, parse_urn
from registry.records import Finding, Severity
from registry.writer import statements
from registry.writer.pipe import Pipe

LINEAGE_FAMILIES = frozenset({Family.DATA.value, Family.SERVING.value, Family.SOFTWARE.value})
_MOST_FINDINGS = 20
_MOST_WALKS = 50
_MOST_REACHED = 2_000
"""What one batch may cost: a bulk load that came in a bad order would need a walk for each of its entities."""

Pair = tuple[str, str]  # downstream, upstream


def find_cycles(pipe: Pipe, made: list[Pair], new: set[str]) -> list[Finding]:
    """A finding for each circle that the new edges close, up to twenty.

    Where the batch would take more walks than it may cost, a finding says that not everything was checked.
    """
    arrows = {downstream: set[str]() for downstream, _ in made}
    for downstream, upstream in made:
        arrows[downstream].add(upstream)
    partial = _add_stored_paths(pipe, arrows, made, new)
    findings = [_finding(circle) for circle in _circles(arrows)]
    if partial:
        message = "The batch touches too much that was there before to look for every circle it may close."
        findings.append(Finding("cycle-check-partial", Severity.INFO, made[0][0], message))
    return findings


def _add_stored_paths(pipe: Pipe, arrows: dict[str, set[str]], made: list[Pair], new: set[str]) -> bool:
    sources = sorted({downstream for downstream, _ in made} - new)
    targets = sorted({upstream for _, upstream in made} - new)
    if not sources or not targets:
        return False
    pipe.flush()
    record = pipe.run(statements.CYCLE_SUSPECTS, sources=sources, targets=targets, open=OPEN).single()
    if record is None or not record[0] or not record[1]:
        return False
    walked, ends = record[0][:_MOST_WALKS], set(record[1])
    found = pipe.ask(statements.REACHED_FROM, sources=walked, open=OPEN, most=_MOST_REACHED)
    partial = len(walked) < len(record[0])
    for source, reached in found:
        partial = partial or len(reached) >= _MOST_REACHED
        for urn in ends.intersection(reached):
            arrows.setdefault(urn, set()).add(source)
    return partial


def _circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    circles: list[list[str]] = []
    while len(circles) < _MOST_FINDINGS:
        try:
            TopologicalSorter(arrows).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            circles.append(circle)
            # graphlib names each node before the one that depends on it.
            arrows[circle[1]].discard(circle[0])
        else:
            break
    return circles


def _finding(circle: list[str]) -> Finding:
    ring = circle[:-1]
    start = ring.index(min(ring))
    ordered = [*ring[start:], *ring[:start]]
    parts = [parse_urn(urn) for urn in (*ordered, ordered[0])]
    names = [label(item.name, item.version, version_unknown=item.version_unknown) for item in parts]
    shown = names if len(names) <= 10 else [*names[:5], "…", *names[-4:]]
    return Finding("cycle", Severity.WARNING, ordered[0], f"Made from itself: {' → '.join(shown)}.")
