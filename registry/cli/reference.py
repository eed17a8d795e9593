"""`docs/reference/cli.md`: every command with its options, from the commands themselves."""

from __future__ import annotations

import typer
from typer.cli import get_docs_for_click

from registry.cli.app import app

_HEADER = "<!-- Written by registry/cli/reference.py. Do not edit. -->\n\n"


def render() -> str:
    """The page as Markdown. The same program gives the same text on every machine."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="lineage")
    return _HEADER + get_docs_for_click(obj=command, ctx=context, name="lineage", title="Command line").strip() + "\n"
