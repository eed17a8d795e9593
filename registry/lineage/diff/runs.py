"""How two things were made: the runs that made them, compared with where they ran and what they needed."""

from __future__ import annotations

from graph_schema.urn import parse_urn
from registry.graph.database import Database
from registry.lineage.answer import Certainty, Node
from registry.lineage.diff.answer import RunComparison
from registry.lineage.diff.differences import compare, state_differences
from registry.lineage.diff.side import Side, read_around, read_makers, read_states
from registry.lineage.diff.wording import run_sentence
from registry.lineage.reading import Bookmarks
from registry.lineage.request import Direction
from registry.lineage.state import EntityState

_NEEDED = "dependencies."


def compare_runs(database: Database, before: Side, after: Side, bookmarks: Bookmarks) -> tuple[RunComparison, ...]:
    """The runs that made the two things; of something that several runs made, those of both sides by name."""
    if len(before.answer.start) != 1 or len(after.answer.start) != 1:
        return ()
    one, other = before.answer.start[0].urn, after.answer.start[0].urn
    older = read_makers(database, before, [one], bookmarks).get(one, [])
    newer = read_makers(database, after, [other], bookmarks).get(other, [])
    pairs = _paired_runs(older, newer)
    olds, news = [run for run, _ in pairs], [run for _, run in pairs]
    known, now = read_states(database, before, olds, bookmarks), read_states(database, after, news, bookmarks)
    around, around_now = read_around(database, before, olds, bookmarks), read_around(database, after, news, bookmarks)
    return tuple(
        _run(known[mine], now[theirs], around.get(mine, []), around_now.get(theirs, []))
        for mine, theirs in pairs
        if mine in known and theirs in now
    )


def _paired_runs(older: list[str], newer: list[str]) -> list[tuple[str, str]]:
    same = [run for run in older if run in newer]
    mine, theirs = [run for run in older if run not in same], [run for run in newer if run not in same]
    return [*((run, run) for run in same), *(zip(mine, theirs, strict=True) if len(mine) == len(theirs) else ())]


def _run(older: EntityState, newer: EntityState, around: list[str], around_now: list[str]) -> RunComparison:
    told = state_differences(older, newer) + compare(_surroundings(around), _surroundings(around_now))
    before, after = _maker(older), _maker(newer)
    return RunComparison(before, after, told, run_sentence(before, after, told))


def _surroundings(urns: list[str]) -> dict[str, object]:
    """Environments by kind, what was needed by its asset, so that another version of a library is one change."""
    found: dict[str, object] = {}
    for urn in urns:
        name = parse_urn(urn)
        if name.logical is None:
            kind = name.kind.lower()
            found[kind] = sorted([*_listed(found.get(kind)), name.name])
        else:
            version = "unknown" if name.version is None else name.version
            key = f"{_NEEDED}{name.name}"
            found[key] = sorted([*_listed(found.get(key)), version])
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in found.items()}


def _listed(value: object) -> list[str]:
    return value if isinstance(value, list) else []


def _maker(state: EntityState) -> Node:
    title = state.attributes.get("title")
    return Node(
        state.urn, state.kind, state.namespace, state.name, state.version, state.version_unknown, state.placeholder,
        title, state.true_to, 1, Certainty.CERTAIN, Direction.UPSTREAM,
    )  # fmt: skip
