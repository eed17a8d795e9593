"""Where the server is and how it does."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from registry.cli.drawing.parts import Json, facts_table, time_text
from registry.cli.terminal import literal


def draw_ready(facts: Json) -> RenderableType:
    """What a person needs right after the start."""
    table = facts_table()
    table.add_row("GraphQL page", literal(facts["graphql"], "cyan"))
    table.add_row("REST", literal(f"{facts['url']}/docs", "cyan"))
    if facts.get("log"):
        table.add_row("log", literal(facts["log"]))
    table.add_row("stop it with", literal(facts["stop"], "bold"))
    ready = Text("The lineage registry is ready at ", style="bold green").append(facts["url"], "bold cyan")
    return Group(ready, table, *_new_token(facts))


def _new_token(facts: Json) -> list[RenderableType]:
    """The administrator's token, the one time that it is shown."""
    if "administrator_token" not in facts:
        return []
    said = Text("\nThe administrator's token, shown this once (`lineage token show-administrator` finds it again):\n")
    said.append(f"  {facts['administrator_token']}\n", "bold")
    said.append("A browser is signed in by opening:\n").append(f"  {facts['sign_in']}", "cyan")
    said.append("\nCommands and notebooks of this user on this machine need nothing more.")
    said.no_wrap, said.overflow = True, "ignore"  # what is copied must not be broken
    return [said]


def draw_status(facts: Json) -> RenderableType:
    """What runs, and what is wrong with it."""
    if facts["ready"]:
        heading = Text("Ready", style="bold green")
    elif facts["running"]:
        heading = Text("Running, not ready", style="bold yellow")
    else:
        heading = Text("Not running", style="bold red").append(": start it with `lineage up --detach`", "not bold")
    return Group(heading, _facts(facts))


def _facts(facts: Json) -> RenderableType:
    table = facts_table()
    for label, key in (("address", "url"), ("GraphQL page", "graphql"), ("process", "pid")):
        if facts[key] is not None:
            table.add_row(label, literal(facts[key]))
    if facts["started_at"]:
        table.add_row("since", time_text(facts["started_at"]))
    if facts["problem"]:
        table.add_row("problem", literal(facts["problem"], "yellow"))
    if (facts.get("sources") or {}).get("scheduled"):
        table.add_row("sources", _sources(facts["sources"]))
    if facts["neo4j"] not in (None, "managed"):
        table.add_row("Neo4j", literal(facts["neo4j"]))
    if facts["managed_neo4j"]:
        table.add_row("Neo4j", _managed(facts["managed_neo4j"]))
    for label, key in (("data folder", "data_dir"), ("log", "log")):
        if facts[key] is not None:
            table.add_row(label, literal(facts[key]))
    return table


def _sources(sources: Json) -> Text:
    """How many sources are scheduled, and which of them ail; `lineage sources list` says the rest."""
    ailing = "".join(f"; {sort}: {', '.join(names)}" for sort, names in sources["ailing"].items())
    return literal(f"{sources['scheduled']:,} scheduled{ailing}", "yellow" if ailing else "")


def _managed(neo4j: Json) -> Text:
    """The managed Neo4j in a line; `lineage db status` says the rest."""
    if neo4j["running"]:
        return literal(f"{neo4j['line']}, managed, {neo4j['uri']} (process {neo4j['pid']})")
    return literal(f"{neo4j['line']}, managed, not running", "dim")
