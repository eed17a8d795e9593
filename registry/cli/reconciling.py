"""`lineage reconcile SOURCE WHERE`: does the registry still say what the source says? And, when told to, mend it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.capturing import read_options
from registry.cli.terminal import output, print_json

_EXAMPLES = """
**Examples**

- `lineage reconcile mlflow http://127.0.0.1:5000` lists what is missing, differs or was renamed; exit code 1 if any
- `lineage reconcile mlflow sqlite:///mlflow.db --json` for CI
- `lineage reconcile mlflow sqlite:///mlflow.db --repair` records what the source says, and ends what it no longer has
- `lineage reconcile cyclonedx model.cdx.json --repair` records what the document says, and ends nothing
"""


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Record")(reconcile)


def reconcile(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The name of a capture.", show_default=False)],
    where: Annotated[str, typer.Argument(metavar="WHERE", help="What the capture reads.", show_default=False)],
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="KEY=VALUE", help="For the capture; may be repeated.", show_default=False
        ),
    ] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Make the registry say what the source says.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Compare the registry with a source as it is now, field by field.

    Nothing is changed without --repair. What people or other sources said is not held against the registry. What the
    source no longer has is looked for where it is the whole of its namespace: an MLflow store is, a document is not.
    """
    # Checking records takes a moment to load: only where it is needed.
    from registry.cli.drawing.reconciling import draw_reconciliation
    from registry.cli.repairing import reconcile_source

    answer: dict[str, Any] = reconcile_source(source, where, read_options(option or []), repair=repair)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_reconciliation(answer))
    if not answer["ok"]:
        raise typer.Exit(1)
