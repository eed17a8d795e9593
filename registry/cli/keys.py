"""`lineage key`: the keys of sensitive values; and `lineage erase`."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from registry.cli import options
from registry.cli.client import Client
from registry.cli.failures import ReportingGroup
from registry.cli.terminal import literal, notices, output, print_json
from registry.settings import load_settings

_PATH = "/api/v1/keys"
_LOOK_SECONDS = 0.5
_EXAMPLES = """
**Examples**

- `lineage key new > FILE` makes a key-encryption key; put it (or `vault:transit/NAME`) before the old ones in its file
- `lineage key rotate --wrapping` then wraps every data key with it
- `lineage key rotate --reason "yearly"` replaces every data key, and seals everything anew
- `lineage key destroy "namespace demo" --reason "contract ended"` makes what they sealed unreadable
"""

_ERASE_EXAMPLES = """
**Examples**

- `lineage erase urn:lineage:Person:demo:ann --reason "request 17"` erases a person, with its edges and its key
- `lineage erase urn:lineage:Dataset:demo:orders --reason "retention is over" --yes` leaves the name and the edges
"""

app = typer.Typer(
    name="key",
    cls=ReportingGroup,
    help="The keys of sensitive values: list, rotate, destroy.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

Slot = Annotated[
    str | None, typer.Option("--slot", help="Only this one: `namespace NAME` or `entity URN`.", show_default=False)
]
Reason = Annotated[
    str, typer.Option("--reason", help="Why. It stays in the log for ever: name nobody.", show_default=False)
]
Sure = Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")]


@app.command("list")
def list_command(slot: Slot = None, as_json: options.AsJson = False) -> None:
    """List the data keys: whose they are, how far in their life, how much they sealed."""
    with _client() as client:
        found = client.request("GET", _PATH, params={} if slot is None else {"slot": slot})
    if as_json:
        print_json(found)
        return
    for key in found["keys"]:
        line = f"{key['id']}  {key['state']:<9}  {key['messages']:>10}  {key['slot']}"
        output().print(literal(line), soft_wrap=True)
    counts = ", ".join(f"{count} {state}" for state, count in found["counts"].items())
    output().print(f"{counts or 'no keys yet'}; key-encryption key in force: {found['current'] or 'none'}.")
    if found["rotation"] is not None:
        output().print(_told(found["rotation"]))


@app.command()
def rotate(
    wrapping: Annotated[
        bool, typer.Option("--wrapping", help="Only wrap the data keys with the key-encryption key in force.")
    ] = False,
    slot: Slot = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why. It stays in the log: name nobody.", show_default=False)
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until everything is sealed anew.")] = True,
    as_json: options.AsJson = False,
) -> None:
    """Replace data keys and seal everything anew, in the background; goes on with a rotation that was interrupted."""
    with _client() as client:
        asked = {"only_wrapping": wrapping, "slot": slot, "reason": reason}
        progress = client.submit(f"{_PATH}/rotate", asked)
        with notices().status("Sealing anew …") as status:
            while wait and not progress["done"]:
                time.sleep(_LOOK_SECONDS)
                progress = client.request("GET", _PATH, params={"slot": "none"})["rotation"]
                status.update(_told(progress))
    if as_json:
        print_json(progress)
    else:
        output().print(_told(progress))


@app.command()
def destroy(
    slot: Annotated[str, typer.Argument(help="Whose keys: `namespace NAME` or `entity URN`.", show_default=False)],
    reason: Reason,
    sure: Sure = False,
    as_json: options.AsJson = False,
) -> None:
    """Destroy every key of a slot: what they sealed is unreadable for ever, in backups too."""
    _confirm(f"Destroy the keys of {slot!r}? Nothing brings back what they sealed.", sure=sure)
    with _client() as client:
        done = client.submit(f"{_PATH}/destroy", {"slot": slot, "reason": reason})
    if as_json:
        print_json(done)
    else:
        output().print(f"{len(done['destroyed'])} destroyed; entry {done['sequence']} of the ledger says so.")


@app.command()
def new() -> None:
    """Print a fresh key-encryption key, for the file that LINEAGE_KEY_ENCRYPTION_KEY_FILE names."""
    from registry.secrecy.key_encryption import new_key_text

    typer.echo(new_key_text())


def erase_command(
    urn: Annotated[str, typer.Argument(help="What to erase.", show_default=False)],
    reason: Reason,
    sure: Sure = False,
    as_json: options.AsJson = False,
) -> None:
    """Erase what is recorded of an entity: its states, salt, key and records. The log stays whole."""
    _confirm(f"Erase {urn}? Nothing brings it back.", sure=sure)
    with _client() as client:
        done = client.submit("/api/v1/erasures", {"urn": urn, "reason": reason})
    if as_json:
        print_json(done)
        return
    output().print(
        f"Erased: {done['states']} states, {done['edges']} edges, {done['keys']} keys, and records in "
        f"{done['journal_entries']} entries of the journal. Entry {done['sequence']} of the ledger says so."
    )


def register(root: typer.Typer) -> None:
    """Add `lineage key` and `lineage erase`."""
    root.add_typer(app, rich_help_panel="Trust")
    root.command("erase", epilog=_ERASE_EXAMPLES, rich_help_panel="Trust")(erase_command)


def _confirm(question: str, *, sure: bool) -> None:
    if not sure:
        typer.confirm(question, abort=True, err=True)


def _client() -> Client:
    return Client.from_settings(load_settings())


def _told(progress: dict[str, Any]) -> str:
    done = f"{progress['keys']} keys, {progress['values']} values"
    if progress["done"]:
        return f"Rotation done: {done}."
    waits = progress.get("waits")
    return f"Rotation at {progress['phase']}: {done} so far.{f' It waits: {waits}' if waits else ''}"
