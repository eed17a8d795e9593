"""Asking before a change: `change`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from registry.cli import documents, options
from registry.cli.client import Client
from registry.cli.names import expand_name
from registry.cli.terminal import output, print_json
from registry.settings import load_settings

_EXAMPLES = """
**Examples**

- `lineage change DatasetVersion:demo:wine:v3 --retire` says who breaks for certain, who may, and who is safe
- `lineage change Dataset:demo:wine --drop-column alcohol` asks for the column to be gone from the next version on
- `lineage change LibraryVersion:pypi:numpy:1.26.4 --upgrade-to 2.0` asks for who cannot take the new version
- `lineage change DatasetVersion:demo:wine:v3 --rebuild sha256:ab12 -k Deployment --json` gives deployments to a program
"""
_DOING = "What is going to be done (one of these)"
_DETAIL = "More about it"


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Ask")(change)


def _doing(option: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(option, help=text, metavar=metavar, rich_help_panel=_DOING, show_default=False)


def _detail(option: str, text: str, metavar: str | None = None) -> Any:
    return typer.Option(option, help=text, metavar=metavar, rich_help_panel=_DETAIL, show_default=False)


def change(
    name: options.Name,
    retire: Annotated[bool, _doing("--retire", "The version, or every version of the asset, goes away.")] = False,
    drop_column: Annotated[str | None, _doing("--drop-column", "This column goes away.", "COLUMN")] = None,
    retype_column: Annotated[
        str | None, _doing("--retype-column", "This column gets another --type, or may miss values.", "COLUMN")
    ] = None,
    change_feature: Annotated[
        bool, _doing("--change-feature", "The feature is computed by other --code or gets another --type.")
    ] = False,
    upgrade_to: Annotated[
        str | None, _doing("--upgrade-to", "The library or container is upgraded to this version.", "VERSION")
    ] = None,
    withdraw: Annotated[bool, _doing("--withdraw", "The library or container can no longer be installed.")] = False,
    take_offline: Annotated[bool, _doing("--take-offline", "The telemetry source sends nothing any more.")] = False,
    replace_by: Annotated[
        str | None, _doing("--replace-by", "This model version takes its place (its URN, or its version).", "MODEL")
    ] = None,
    rebuild: Annotated[
        str | None, _doing("--rebuild", "It is built again, with content of this digest.", "DIGEST")
    ] = None,
    data_type: Annotated[str | None, _detail("--type", "The new type of the column or the feature.", "TYPE")] = None,
    nullable: Annotated[
        bool | None, _detail("--nullable/--not-nullable", "Whether values of the column may be missing from now on.")
    ] = None,
    code: Annotated[str | None, _detail("--code", "Digest of the code that computes the feature.", "DIGEST")] = None,
    covers: Annotated[
        str | None,
        _detail("--covers", "What the new digest covers: full (the default), sample, metadata or schema.", "PART"),
    ] = None,
    depth: options.Depth = None,
    kind: options.Kinds = None,
    software: options.Software = False,
    no_possible: options.NoPossible = False,
    limit: options.Limit = 1000,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask before a change: who breaks for certain, who may, who is safe and why. Nothing is changed by asking."""
    from registry.cli.drawing.change import draw_change

    doing: list[tuple[str, bool, dict[str, str | None]]] = [
        ("RETIRE", retire, {}),
        ("DROP_COLUMN", drop_column is not None, {"column": drop_column}),
        ("RETYPE_COLUMN", retype_column is not None, {"column": retype_column}),
        ("CHANGE_FEATURE", change_feature, {}),
        ("UPGRADE", upgrade_to is not None, {"to": upgrade_to}),
        ("WITHDRAW", withdraw, {}),
        ("TAKE_OFFLINE", take_offline, {}),
        ("REPLACE_MODEL", replace_by is not None, {"to": replace_by}),
        ("REBUILD", rebuild is not None, {"digest": rebuild}),
    ]
    more = {"dataType": data_type, "nullable": nullable, "transformationDigest": code, "digestCoverage": covers}
    variables = {
        "urn": expand_name(name),
        "change": _one_of(doing) | {field: value for field, value in more.items() if value is not None},
        "depth": depth,
        "kinds": kind or None,
        "software": software,
        "possible": not no_possible,
        "limit": limit,
        "asOf": as_of,
        "knownAt": known_at,
    }
    with Client.from_settings(load_settings()) as client:
        answer = client.ask(documents.CHANGE, variables)["impact"]["assessment"]
    if as_json:
        print_json(answer)
    else:
        output().print(draw_change(answer))


def _one_of(doing: list[tuple[str, bool, dict[str, str | None]]]) -> dict[str, Any]:
    """The one kind of change that was asked for. Raises typer.BadParameter where there is none, or more."""
    asked = [(kind, fields) for kind, wanted, fields in doing if wanted]
    if len(asked) != 1:
        options_ = ", ".join(f"--{option}" for option in _OPTIONS)
        raise typer.BadParameter(f"say what is going to be done, by exactly one of {options_}")
    kind, fields = asked[0]
    return {"kind": kind} | fields


_OPTIONS = (
    "retire", "drop-column", "retype-column", "change-feature", "upgrade-to", "withdraw", "take-offline",
    "replace-by", "rebuild",
)  # fmt: skip
