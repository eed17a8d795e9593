"""Tokens and whom they speak for."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from registry.cli.drawing.parts import Json, facts_table, time_text
from registry.cli.terminal import literal


def draw_made(made: Json) -> RenderableType:
    """A token, the one time that it is shown, and how to use it."""
    table = facts_table()
    table.add_row("service", literal(made["name"]))
    table.add_row("id", literal(made["id"]))
    table.add_row("until", time_text(made["expires_at"]))
    for grant in made["grants"]:
        table.add_row("grant", literal(f"{grant['role']} in {', '.join(grant['namespaces'])}"))
    warning = (
        "It is shown this once: keep it where only the service can read it, as LINEAGE_TOKEN or LINEAGE_TOKEN_FILE."
    )
    return Group(Text(made["token"], style="bold"), Text(), table, Text(warning, style="yellow"))


def draw_tokens(tokens: list[Json]) -> RenderableType:
    """The tokens of services."""
    if not tokens:
        return Text("No tokens. `lineage token create NAME` makes one.")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("service", "id", "made", "by", "until", "state"):
        table.add_column(name, overflow="fold")
    for token in tokens:
        style = "" if token["state"] == "valid" else "dim"
        table.add_row(
            literal(token["name"], style), literal(token["id"], style), time_text(token["created_at"]),
            literal(token["created_by"], style), time_text(token["expires_at"]), literal(token["state"], style),
        )  # fmt: skip
    return table


def draw_whoami(answer: Json) -> RenderableType:
    """Whom a token speaks for."""
    table = facts_table()
    table.add_row("who", literal(answer["subject"], "bold"))
    if answer["issuer"]:
        table.add_row("of", literal(answer["issuer"]))
    table.add_row("by", literal(answer["method"]))
    if answer["groups"]:
        table.add_row("groups", literal(", ".join(answer["groups"])))
    for urn in answer["agents"]:
        table.add_row("acts for", literal(urn))
    if answer["expires_at"]:
        table.add_row("until", time_text(answer["expires_at"]))
    for grant in answer["grants"]:
        table.add_row("grant", literal(f"{grant['role']} in {', '.join(grant['namespaces'])}"))
    return table
