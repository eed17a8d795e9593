"""`lineage audit anchor`: have a transparency log take up the ledger's head, list what it took up, verify one anchor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from registry.cli import options
from registry.cli.failures import ReportingGroup, report
from registry.cli.ledger_place import opened_ledger
from registry.cli.terminal import literal, notices, output, print_json
from registry.errors import (
    ConfigurationError,
    InvalidAnchorError,
    InvalidLedgerError,
    LedgerStorageError,
    RegistryError,
)
from registry.settings import Settings, load_settings

if TYPE_CHECKING:  # every command would wait for what they import else
    from registry.anchors.log_keys import LogKey
    from registry.audit.anchor_folder import KeptAnchor

_REFUTED, _UNREAD = 1, 3
_EXAMPLES = """
Which log, and by which keys it is known: LINEAGE_LEDGER_REKOR_URL and LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE.

**Examples**

- `lineage audit anchor now` has the last signed head taken up; a server does that by itself
- `lineage audit anchor list` shows what was taken up, the newest first
- `lineage audit anchor verify head.checkpoint head.sigstore.json --log-key rekor.pem` needs no network
"""

app = typer.Typer(
    name="anchor",
    cls=ReportingGroup,
    help="Anchors in a transparency log (Rekor): that somebody else's log has taken up the head of this ledger.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)


@app.command()
def now(as_json: options.AsJson = False) -> None:
    """Have the transparency log take up the last signed head, and keep its proof. Sent are a digest and a signature."""
    from registry.audit.anchoring import anchor_head, transparency_log

    with opened_ledger() as (publication, settings), notices().status("Asking the transparency log"):
        log = transparency_log(settings)
        if log is None:
            raise ConfigurationError(
                "No transparency log is named.",
                hint="Set LINEAGE_LEDGER_REKOR_URL and LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE.",
            )
        publication.publish()
        kept = anchor_head(publication, log)
    if kept is None:
        raise ConfigurationError("Another process asks the transparency log just now.", hint="Look again in a minute.")
    if as_json:
        print_json({"entries": kept.size, "file": str(kept.path)})
    else:
        output().print(f"The head of {kept.size:,} entries is anchored: {kept.path}", soft_wrap=True)


@app.command("list")
def list_anchors(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most this many.")] = 20,
    as_json: options.AsJson = False,
) -> None:
    """List the anchors that are kept on this machine, the newest first; each is verified. Opens no connection."""
    from registry.audit.anchor_folder import AnchorFolder
    from registry.audit.place import Place
    from registry.cli.drawing.anchors import draw_anchors

    settings = load_settings()
    kept = AnchorFolder(Place.of(settings).anchors).all()
    rows = _rows(kept[: -limit - 1 : -1], settings)
    if as_json:
        print_json({"anchors": rows, "kept": len(kept)})
    else:
        output().print(draw_anchors(rows, len(kept)))


@app.command()
def key() -> None:
    """Show the public key (PEM) under which the transparency log has what this ledger sent. Monitors look for it."""
    from registry.anchors.rekor import public_pem
    from registry.audit.anchoring import signing_key
    from registry.audit.place import Place

    typer.echo(public_pem(signing_key(Place.of(load_settings()))), nl=False)


@app.command()
def verify(
    head: Annotated[Path, typer.Argument(metavar="HEAD", help="The signed head.", show_default=False)],
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The anchor beside it.", show_default=False)],
    log_key: Annotated[
        Path,
        typer.Option("--log-key", metavar="FILE", help="Keys of the log: PEM, or a trusted_root.json of Sigstore."),
    ],
    roots: Annotated[
        Path | None,
        typer.Option(
            "--roots",
            metavar="FILE",
            help="Certificates (PEM) of the authority that stamped it; else the time is not read.",
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Verify an anchor from its two files, as a reviewer. Ends with 0 where it holds, 1 where not, 3 if it cannot be read."""
    try:
        found = _verified(head, bundle, log_key, roots)
    except RegistryError as error:
        report(error, as_json=as_json)
        refuted = isinstance(error, InvalidAnchorError | InvalidLedgerError)
        raise typer.Exit(_REFUTED if refuted else _UNREAD) from error
    if as_json:
        print_json(found)
        return
    text = f"The log {found['log']} has the head of {found['entries']:,} entries of {found['origin']}, at {found['index']:,}."
    output().print(literal(text), soft_wrap=True)
    if found["time"] is not None:
        stamped = f"It existed at {found['time']}, by the clock of the authority that stamped it."
        output().print(literal(stamped), soft_wrap=True)
    output().print(
        literal(f"It was sent under the key sha256:{found['key']}. Who signed the head was not verified."),
        soft_wrap=True,
    )


def _verified(head: Path, bundle: Path, log_key: Path, roots: Path | None) -> dict[str, Any]:
    from registry.anchors.log_keys import read_log_keys
    from registry.anchors.rekor_bundle import verify_anchor
    from registry.ledger.checkpoint import SignedCheckpoint

    signed = SignedCheckpoint.parse(_read(head))
    found = verify_anchor(_read(bundle), signed.note.text.encode(), read_log_keys(log_key), roots)
    facts = {"entries": signed.checkpoint.size, "origin": signed.checkpoint.origin}
    return facts | {
        "log": found.log,
        "index": found.index,
        "log_size": found.size,
        "key": found.key,
        "time": _said(found.time),
    }


def _rows(kept: Sequence[KeptAnchor], settings: Settings) -> list[dict[str, Any]]:
    from registry.anchors.log_keys import read_log_keys

    log_keys, roots = settings.ledger_rekor_log_keys_file, settings.ledger_timestamp_roots_file
    if log_keys is None:
        return [_about(item) | {"holds": None, "why": "LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE is not set"} for item in kept]
    keys = read_log_keys(log_keys)
    return [_about(item) | _judged(item, keys, roots) for item in kept]


def _about(item: KeptAnchor) -> dict[str, Any]:
    kept_at = datetime.fromtimestamp(item.kept_at, UTC).isoformat(timespec="seconds")
    return {"entries": item.size, "kept_at": kept_at, "file": str(item.path)}


def _judged(item: KeptAnchor, keys: Sequence[LogKey], roots: Path | None) -> dict[str, Any]:
    from registry.anchors.rekor_bundle import verify_anchor

    try:
        found = verify_anchor(item.bundle(), item.head().note.text.encode(), keys, roots)
    except (InvalidAnchorError, InvalidLedgerError, LedgerStorageError) as error:
        return {"holds": False, "why": error.message}
    return {"holds": True, "log": found.log, "index": found.index, "time": _said(found.time)}


def _said(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(1024 * 1024)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from None
