"""`lineage audit`: what was done, by whom, and the proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from registry.cli import anchoring, audit_keeping, options
from registry.cli.audit_verifying import verify_here, verify_there
from registry.cli.client import Client
from registry.cli.drawing.audit import draw_entries, draw_entry
from registry.cli.failures import ReportingGroup
from registry.cli.names import check_time, expand_name
from registry.cli.terminal import notices, output, print_json
from registry.errors import InvalidRequestError, RegistryError
from registry.ledger.durable import write_whole
from registry.ledger.proof_file import SUFFIX, ProofFile
from registry.settings import load_settings

_PATH = "/api/v1/audit"
_EXAMPLES = """
**Examples**

- `lineage audit list --target DatasetVersion:demo:wine:v3` says who did what to it
- `lineage audit list --decision deny --since 2026-05-01` lists what was denied
- `lineage audit prove 17` writes a proof that entry 17 is in the tree
- `lineage audit export --target DatasetVersion:demo:wine:v3 -o wine.json` makes a file for the offline verifier
- `lineage audit verify --graph` compares the graph with the log
"""


app = typer.Typer(
    name="audit",
    cls=ReportingGroup,
    help="The ledger: what was done, by whom, and the proof that the record was not changed.",
    epilog=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
audit_keeping.register(app)
app.add_typer(anchoring.app)

Target = Annotated[
    str | None, typer.Option("--target", metavar="URN", help="What it was done to: a URN, its short form, or another target.", show_default=False)
]  # fmt: skip
Time = Annotated[str | None, typer.Option(metavar="TIME", callback=check_time, show_default=False)]
Out = Annotated[Path | None, typer.Option("--output", "-o", help="File to write; - for standard output.", show_default=False)]  # fmt: skip
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")]


@app.command("list")
def list_entries(
    target: Target = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Subject of who acted.", show_default=False)] = None,
    action: Annotated[
        str | None, typer.Option("--action", help="Such as records.write, or token.*.", show_default=False)
    ] = None,
    decision: Annotated[str | None, typer.Option("--decision", help="allow or deny.", show_default=False)] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="At this time or later.", callback=check_time)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Before this time.", callback=check_time)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="At most this many.")] = 50,
    before: Annotated[
        int | None, typer.Option("--before", metavar="SEQ", min=0, help="Only older ones than this.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """List entries, the newest first."""
    given = {
        "target": _target(target), "actor": actor, "action": action, "decision": decision, "since": since, "until": until,
    }  # fmt: skip
    with Client.from_settings(load_settings()) as client, notices().status("Looking"):
        answer = _pages(client, {name: value for name, value in given.items() if value is not None}, limit, before)
    if as_json:
        print_json(answer)
    else:
        output().print(draw_entries(answer))


@app.command()
def show(
    sequence: Annotated[int, typer.Argument(metavar="SEQ", min=0, help="Place of the entry.", show_default=False)],
    as_json: options.AsJson = False,
) -> None:
    """Show one entry, whole."""
    with Client.from_settings(load_settings()) as client:
        entry = client.request("GET", f"{_PATH}/entries/{sequence}")
    if as_json:
        print_json(entry)
    else:
        output().print(draw_entry(entry))


@app.command()
def prove(
    sequence: Annotated[
        int | None, typer.Argument(metavar="[SEQ]", min=0, help="Place of the entry.", show_default=False)
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="The last entry at this time.", callback=check_time)
    ] = None,
    target: Target = None,
    file: Out = None,
    force: Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Write a proof (c2sp.org/tlog-proof) that an entry is in the signed tree; the entry is in it, too."""
    if [sequence, at, target].count(None) != 2:
        raise typer.BadParameter("Name one of SEQ, --at and --target.", param_hint="SEQ")
    given = {"sequence": sequence, "at": at, "target": _target(target)}
    with Client.from_settings(load_settings()) as client:
        text = client.document(
            "GET", f"{_PATH}/proof", {name: value for name, value in given.items() if value is not None}
        ).decode()
    proof = ProofFile.parse(text)
    path = file or Path(f"entry-{proof.index}{SUFFIX}")
    if str(path) == "-":
        typer.echo(text, nl=False)
        return
    _write(path, text.encode(), force=force)
    head = proof.checkpoint.checkpoint
    if as_json:
        print_json({"sequence": proof.index, "size": head.size, "root": head.root.hex(), "file": str(path)})
    else:
        output().print(f"Entry {proof.index} is in the tree of {head.size:,} entries: {path}", soft_wrap=True)


@app.command()
def export(
    sequences: Annotated[
        list[int] | None, typer.Argument(metavar="[SEQ]...", min=0, help="Entries.", show_default=False)
    ] = None,
    first: Annotated[int | None, typer.Option("--from", metavar="SEQ", min=0, help="A range: from this entry.")] = None,
    end: Annotated[
        int | None, typer.Option("--to", metavar="SEQ", min=1, help="A range: up to this, which is not in it.")
    ] = None,
    target: Target = None,
    since: Annotated[Path | None, typer.Option("--since", help="A checkpoint that the reviewer has kept.")] = None,
    file: Out = None,
    force: Force = False,
    as_json: options.AsJson = False,
) -> None:
    """Write a bundle for the offline verifier, `lineage_verify.py`, which needs neither server nor network."""
    if not sequences and first is None and end is None and target is None:
        raise typer.BadParameter("Name entries, a range (--from, --to) or --target.", param_hint="SEQ")
    path = file or Path("ledger.json")
    if str(path) != "-":
        _check_new(path, force=force)
    given: dict[str, Any] = {"sequence": sequences, "first": first, "end": end, "target": _target(target)}
    with Client.from_settings(load_settings()) as client, notices().status("Proving"):
        parameters = {name: value for name, value in given.items() if value is not None}
        content = client.document("POST", f"{_PATH}/bundle", parameters, _kept(since))
        keys = client.request("GET", f"{_PATH}/keys")
    if str(path) == "-":
        typer.echo(content.decode(), nl=False)
        return
    _write(path, content, force=force)
    if as_json:
        print_json({"file": str(path), "bytes": len(content), **keys})
        return
    output().print(f"{path} has {len(content):,} bytes. Verify it with:", soft_wrap=True)
    output().print(f"  python lineage_verify.py {path} --key '{keys['keys'][0]['key']}'", soft_wrap=True, markup=False)


@app.command()
def checkpoint(file: Out = None, force: Force = False) -> None:
    """Show the last signed head. Keep it elsewhere: `verify --since` shows that nothing before it was changed."""
    with Client.from_settings(load_settings()) as client:
        content = client.document("GET", f"{_PATH}/checkpoint", {})
    if file is None or str(file) == "-":
        typer.echo(content.decode(), nl=False)
    else:
        _write(file, content, force=force)


@app.command()
def verify(
    graph: Annotated[bool, typer.Option("--graph", help="Compare every entity and edge with the log, too.")] = False,
    since: Annotated[
        Path | None, typer.Option("--since", help="A checkpoint that you kept; nothing before it may differ.")
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--key", help="Verifier key of the ledger, or a file of them. Default: those known on this machine."
        ),
    ] = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Have the server do it; default where LINEAGE_URL is set.")
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Verify the ledger. Ends with 0 where everything holds, 1 where something does not, 3 where it cannot be read."""
    try:
        kept = _kept(since)
        if remote or (load_settings().url is not None and not keys):
            good = verify_there(graph=graph, since=kept, as_json=as_json)
        else:
            good = verify_here(graph=graph, since=kept, keys=keys or [], as_json=as_json)
    except RegistryError as error:
        from registry.cli.failures import report

        report(error, as_json=as_json)
        raise typer.Exit(3) from error
    if not good:
        raise typer.Exit(1)


def _pages(client: Client, given: dict[str, Any], limit: int, before: int | None) -> dict[str, Any]:
    entries: list[Any] = []
    while True:
        parameters = given | {"limit": min(500, limit - len(entries))} | ({} if before is None else {"before": before})
        page = client.request("GET", f"{_PATH}/entries", params=parameters)
        entries += page["entries"]
        before = page["next"]
        if before is None or len(entries) >= limit:
            return {"entries": entries, "next": before, "size": page["size"]}


def _target(name: str | None) -> str | None:
    """The URN behind a short form; any other target as it is."""
    if name is None:
        return None
    try:
        return expand_name(name)
    except RegistryError:
        return name


def _kept(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequestError(f"{path} cannot be read: {error.strerror}.") from None


def _check_new(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise InvalidRequestError(
            f"{path} exists.", hint="Name another file with -o, or replace this one with --force."
        )


def _write(path: Path, content: bytes, *, force: bool) -> None:
    _check_new(path, force=force)
    write_whole(path, content)
