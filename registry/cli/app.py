"""The command `lineage`: every command group, and how commands fail."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from registry.cli import (
    attesting,
    audit,
    capturing,
    changing,
    database,
    diffs,
    doctor,
    exporting,
    grants,
    importing,
    keys,
    paths,
    quarantine,
    reading,
    reconciling,
    sandboxes,
    server,
    sources,
    timestamping,
    token,
    verifying,
    watching,
)
from registry.cli.failures import ReportingGroup
from registry.cli.terminal import tolerate_encoding

app = typer.Typer(
    name="lineage",
    cls=ReportingGroup,
    help="Which models, deployments and predictions does a change touch, why, and who must agree?",
    epilog="Start with `lineage up --detach`, or with `lineage doctor` when something is wrong.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"lineage {version('lineage-registry')}")
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold the options of the root command."""


reading.register(app)
changing.register(app)
paths.register(app)
diffs.register(app)
watching.register(app)
exporting.register(app)
importing.register(app)
capturing.register(app)
reconciling.register(app)
attesting.register_commands(app)
verifying.register_commands(app)
timestamping.register_commands(app)
server.register(app)
app.add_typer(audit.app, rich_help_panel="Trust")
app.add_typer(quarantine.app, rich_help_panel="Record")
app.add_typer(sources.app, rich_help_panel="Record")
app.add_typer(database.app, rich_help_panel="Run")
keys.register(app)
app.add_typer(token.app, rich_help_panel="Trust")
app.add_typer(grants.grants, rich_help_panel="Trust")
app.add_typer(grants.policy, rich_help_panel="Trust")
app.add_typer(sandboxes.app, rich_help_panel="Record")
doctor.register(app)


def main() -> None:
    """Run the command that the arguments name. Ends the process."""
    tolerate_encoding()
    app(prog_name="lineage")
