"""`lineage timestamp`: have an authority stamp a document, and verify what it stamped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from registry.anchors.timestamps import MAX_DOCUMENT, Timestamp, request_timestamp, verify_timestamp
from registry.cli import options
from registry.cli.failures import report
from registry.cli.terminal import literal, output, print_json
from registry.cli.written import write_new_file
from registry.errors import ConfigurationError, InvalidTimestampError, RegistryError, TooLargeError

_REFUTED, _UNREAD = 1, 3
_EXAMPLES = """
Ends with 0 where the time stamp holds, 1 where it does not, 2 for wrong usage, 3 where something cannot be read.

**Examples**

- `lineage timestamp checkpoint.txt --authority https://tsa.example.org --roots tsa.pem` writes checkpoint.txt.tsr
- `lineage timestamp checkpoint.txt --verify checkpoint.txt.tsr --roots tsa.pem` needs no network
"""


def register_commands(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Trust")(timestamp)


def timestamp(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="A checkpoint of the ledger, an envelope, any document.")
    ],
    roots: Annotated[
        Path, typer.Option("--roots", metavar="FILE", help="Certificates, in PEM, that the authority is of.")
    ],
    authority: Annotated[
        str | None, typer.Option("--authority", metavar="URL", help="The authority to ask.", show_default=False)
    ] = None,
    verify: Annotated[
        Path | None, typer.Option("--verify", metavar="FILE", help="Verify this time stamp.", show_default=False)
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Default: FILE.tsr.", show_default=False)
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Prove by somebody else's clock that a document existed (RFC 3161). The document itself is not sent."""
    if (authority is None) == (verify is None):
        raise typer.BadParameter("Say --authority URL to get a time stamp, or --verify FILE to check one.")
    try:
        document = _read(path)
        if verify is not None:
            found = verify_timestamp(_read(verify), document, roots)
        else:
            target = to or path.with_name(f"{path.name}.tsr")
            if target.exists():
                raise ConfigurationError(f"{target} is there already.", hint="Say --output with another name.")
            response, found = request_timestamp(str(authority), document, roots)
            write_new_file(target, response)
    except RegistryError as error:
        report(error, as_json=as_json)
        raise typer.Exit(_REFUTED if isinstance(error, InvalidTimestampError) else _UNREAD) from error
    _tell(found, as_json=as_json)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > MAX_DOCUMENT:
        raise TooLargeError(f"{path} is longer than {MAX_DOCUMENT:,} bytes.")
    if not content:
        raise ConfigurationError(f"{path} is empty.")
    return content


def _tell(found: Timestamp, *, as_json: bool) -> None:
    time = found.time.isoformat()
    if as_json:
        print_json({"time": time, "authority": found.authority, "serial": str(found.serial)})
        return
    output().print(literal(f"Existed at {time}, says {found.authority} (serial {found.serial})."), soft_wrap=True)
