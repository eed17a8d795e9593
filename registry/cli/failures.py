"""How a command ends when something goes wrong: what happened, what to do, an exit code, never a traceback."""

from __future__ import annotations

import errno
import tempfile
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from registry.cli.drawing.importing import draw_errors
from registry.cli.terminal import literal, notices, print_json, visible
from registry.errors import RegistryError

_JSON_ASKED = "registry.cli.json"


class ReportingGroup(TyperGroup):
    """The root command: turns every error into text on standard error and exit code 1 (2 for wrong usage).

    Where the command was asked for ``--json`` the error is a problem document, on standard error too, so that
    standard output holds the answer or nothing.
    """

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command. Raises typer.Exit for every failure."""
        try:
            return super().invoke(ctx)
        except RegistryError as error:
            report(error, as_json=bool(ctx.meta.get(_JSON_ASKED)))
            raise typer.Exit(1) from error
        except Exception as error:
            if _is_typers(error):
                raise
            report(_unexpected(error), as_json=bool(ctx.meta.get(_JSON_ASKED)))
            raise typer.Exit(1) from error


def remember_json(ctx: typer.Context, value: bool) -> bool:
    """Callback of ``--json``: errors of this command are JSON too."""
    if value:
        ctx.meta[_JSON_ASKED] = True
    return value


def report(error: RegistryError, *, as_json: bool = False) -> None:
    """Say on standard error what happened and what to do."""
    if as_json:
        print_json(error.as_problem(), stderr=True)
        return
    console = notices()
    console.print(literal("Error: ", "bold red").append(visible(error.message), "default"), soft_wrap=True)
    wrong_records = error.details.get("errors")
    if isinstance(wrong_records, list) and wrong_records:
        console.print(draw_errors(wrong_records))
    suggestions = error.details.get("suggestions")
    if isinstance(suggestions, list) and suggestions:
        console.print("Did you mean:")
        for item in suggestions:
            console.print(literal(f"  {_name_of(item)}", "cyan"), soft_wrap=True)
    elif error.hint:
        console.print(visible(error.hint), soft_wrap=True)
    if error.code == RegistryError.code and "request_id" in error.details:
        console.print(literal(f"Request id: {error.details['request_id']}", "dim"), soft_wrap=True)


def _name_of(suggestion: object) -> object:
    return suggestion.get("urn", suggestion) if isinstance(suggestion, dict) else suggestion


def _is_typers(error: Exception) -> bool:
    """Whether the error is Typer's own way to end a command, or a closed pipe, which Typer knows to handle."""
    broken_pipe = isinstance(error, OSError) and error.errno == errno.EPIPE
    return broken_pipe or isinstance(error, typer.Abort) or hasattr(error, "exit_code")


def _unexpected(error: Exception) -> RegistryError:
    return RegistryError(
        f"Something went wrong that this program does not know by name ({type(error).__name__}).",
        hint=f"This is a defect. Please report it{_with_traceback(error)}.",
    )


def _with_traceback(error: Exception) -> str:
    """Where the traceback was put, for the report; nothing where it could not be."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="lineage-error-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return ""
    return f" with the file {file.name}, after looking for secrets in it"
