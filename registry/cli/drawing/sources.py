"""Scheduled sources and their runs, for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.capturing import draw_capture
from registry.cli.drawing.parts import Json, counted, facts_table, plain_table
from registry.cli.drawing.reconciling import draw_reconciliation
from registry.cli.terminal import literal

_STYLES = {
    "succeeded": "green", "differs": "yellow", "incomplete": "yellow", "failed": "bold red", "stopped": "dim",
    "running": "cyan", "waiting": "cyan",
}  # fmt: skip
_SAID = (
    ("compared", "compared"), ("created", "created"), ("changed", "changed"), ("missing_here", "missing here"),
    ("missing_there", "missing there"), ("edges_missing_there", "edges missing there"), ("differing", "differing"),
    ("renamed", "renamed"), ("orphaned", "orphaned"), ("rejected", "rejected"), ("unchanged", "unchanged"),
)  # fmt: skip
_SECONDS = 19
_ID_DIGITS = 12


def draw_sources(sources: Sequence[Json]) -> RenderableType:
    """A row a source."""
    if not sources:
        return Text("No source is scheduled. LINEAGE_SOURCES_FILE names the list that the server reads.")
    table = plain_table("Source", "Reads", "When", "Next", "Last run", "It found")
    for item in sources:
        last = item["last"] or {}
        table.add_row(
            literal(item["name"], "bold"),
            literal(f"{item['do']} {item['capture']} {item['where']}"),
            literal(item["schedule"] if item["enabled"] else "by hand only"),
            _next(item),
            _state(last),
            literal(last.get("message") or found_text(last.get("found") or {})),
        )
    return table


def draw_source(source: Json, runs: Sequence[Json], report: Json | None) -> RenderableType:
    """What is done with a source, its runs, and what one of them found."""
    facts = facts_table()
    facts.add_row("source", literal(f"{source['capture']} {source['where']}"))
    facts.add_row("does", literal(source["do"] + (", and repairs" if source["repair"] else "")))
    facts.add_row("when", literal(source["schedule"] if source["enabled"] else "by hand only"))
    facts.add_row("next", _next(source))
    if source["options"]:
        facts.add_row("options", literal(", ".join(f"{key}={value}" for key, value in source["options"].items())))
    facts.add_row("last success", literal((source["last_success_at"] or "never")[:_SECONDS]))
    if source["failures"]:
        facts.add_row("failures in a row", literal(source["failures"], "bold red"))
    parts: list[RenderableType] = [literal(source["name"], "bold"), facts]
    if runs:
        parts += [Text("\nRuns", style="bold"), _runs(runs)]
    return Group(*parts, Text(), draw_run(report)) if report is not None else Group(*parts)


def draw_run(run: Json) -> RenderableType:
    """What became of one run, with its report."""
    heading = literal(f"Run {run['id'][:_ID_DIGITS]} ", "bold").append_text(_state(run))
    report = run.get("report") or {}
    parts: list[RenderableType] = [heading]
    if run.get("message"):
        parts.append(literal(run["message"], "red"))
    hint = (report.get("problem") or {}).get("hint")
    if hint:
        parts.append(literal(hint))
    if report.get("cut"):
        parts.append(literal(found_text(run["found"])))
    elif "differences" in report:
        parts.append(draw_reconciliation(report))
    elif "read_by_kind" in report:
        parts.append(draw_capture(report))
    return Group(*parts)


def draw_check(answer: Json) -> RenderableType:
    """A row for each source of a list, and what keeps it from running."""
    sources = answer["sources"]
    table = plain_table("Source", "Reads", "When", "Next", "")
    for item in sources:
        table.add_row(
            literal(item["name"], "bold"),
            literal(f"{item['do']} {item['capture']} {item['where']}"),
            literal(item["schedule"]),
            literal((item["next_at"] or "by hand only")[:_SECONDS]),
            literal("; ".join(item["problems"]), "red") if item["problems"] else Text("ok", style="green"),
        )
    bad = sum(bool(item["problems"]) for item in sources)
    sentence = f"{counted(len(sources), 'source')}, {counted(bad, 'cannot', 'cannot')} run here."
    return Group(table, literal(sentence, "red" if bad else "green"))


def found_text(found: Json) -> str:
    """The numbers that are not zero: ``3 created, 1 rejected``."""
    return ", ".join(f"{found[key]:,} {words}" for key, words in _SAID if found.get(key)) or "–"


def _runs(runs: Sequence[Json]) -> RenderableType:
    table = plain_table("Run", "Began", "Ended", "State", "It found")
    for item in runs:
        table.add_row(
            literal(item["id"][:_ID_DIGITS], "cyan"),
            literal((item["started_at"] or "")[:_SECONDS]),
            literal((item["ended_at"] or "")[:_SECONDS]),
            _state(item),
            literal(item["message"] or found_text(item["found"])),
        )
    return table


def _state(run: Json) -> Text:
    state = run.get("state") or "never ran"
    return literal(state, _STYLES.get(state, "dim"))


def _next(source: Json) -> Text:
    if source["running"]:
        return literal("runs now", "cyan")
    if not source["active"]:
        return literal("on no running server's list", "yellow")
    return literal("as soon as it can" if source["asked"] else (source["next_at"] or "–")[:_SECONDS])
