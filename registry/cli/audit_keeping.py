"""`lineage audit`: what an operator does on the machine that keeps the ledger. Works with a running server or without."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from registry.cli import options
from registry.cli.ledger_place import connected, opened_ledger
from registry.cli.terminal import notices, output, print_json
from registry.errors import ConfigurationError
from registry.settings import load_settings

Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (publish, keys, rotate_key, explain_incident, digest, rebuild):
        app.command()(command)
    app.add_typer(witness)


def publish(as_json: options.AsJson = False) -> None:
    """Publish and sign what was committed, now. A running server does that every second."""
    with opened_ledger() as (publication, _), _bar("Inventory") as progress:
        signed = publication.publish(progress)
    facts = {"origin": signed.checkpoint.origin, "size": signed.checkpoint.size, "root": signed.checkpoint.root.hex()}
    if as_json:
        print_json(facts | {"folder": str(publication.place.folder)})
    else:
        output().print(f"{facts['size']:,} entries are signed, in {publication.place.folder}", soft_wrap=True)


def keys(as_json: options.AsJson = False) -> None:
    """Show the public keys of the ledger. Give them to reviewers in a way that does not pass through the registry."""
    with opened_ledger() as (publication, _):
        head = publication.stored.head()
    if as_json:
        print_json(
            {"origin": head.origin, "keys": [{"key": item.key.text, "from_size": item.size} for item in head.keys]}
        )
        return
    for item in head.keys:
        output().print(f"{item.key.text}  from {item.size:,} entries on", soft_wrap=True, markup=False, highlight=False)


def rotate_key(
    reason: Reason,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            help="File of the new key. Default: the first configured key that never signed, else one is made here.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Change the key that signs: an entry signed by the old key and the new one. Every server needs the new key then."""
    from registry.audit.rotation import rotate_key as rotate
    from registry.ledger.key_files import read_key_file

    with opened_ledger() as (publication, _):
        new = rotate(publication, read_key_file(key_file) if key_file else None, reason)
    if as_json:
        print_json({"key": new.text})
    else:
        output().print("The ledger is signed with this key from now on:")
        output().print(new.text, soft_wrap=True, markup=False, highlight=False)


def explain_incident(
    reason: Reason,
    key_lost: Annotated[bool, typer.Option("--key-lost", help="The old key is lost; go on with another.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Go on after the ledger shrank, was rewritten, or lost its key or its checkpoints; say why, in a signed entry."""
    from registry.audit.incident import explain_incident as explain

    with opened_ledger() as (publication, _), _bar("Inventory") as progress:
        signed = explain(publication, reason, progress, key_lost=key_lost)
    if as_json:
        print_json({"size": signed.checkpoint.size, "root": signed.checkpoint.root.hex()})
    else:
        output().print(
            f"The ledger goes on with entry {signed.checkpoint.size - 1:,}, which says why. Writes are taken again.",
            soft_wrap=True,
        )


def digest(as_json: options.AsJson = False) -> None:
    """One digest of the whole graph: two databases with the same one hold the same."""
    from registry.audit.graph_digest import graph_digest

    with connected(load_settings()) as database, _bar("Entities") as progress:
        found = graph_digest(database, progress)
    if as_json:
        print_json({"digest": found})
    else:
        output().print(found, soft_wrap=True, highlight=False)


def rebuild(
    into: Annotated[
        str,
        typer.Option(
            "--into",
            metavar="URI",
            help="An empty Neo4j; its credentials: LINEAGE_REBUILD_USERNAME and LINEAGE_REBUILD_PASSWORD.",
            show_default=False,
        ),
    ],
    as_json: options.AsJson = False,
) -> None:
    """Make the graph again, in an empty database, from the records that the ledger has the digests of; compare both."""
    from graph_schema.catalogue import KINDS
    from registry.audit import rebuilding
    from registry.audit.graph_digest import graph_digest
    from registry.audit.rebuild_comparing import Differences, compare
    from registry.graph.database import Database
    from registry.graph.migrate import migrate

    settings = load_settings()
    username, password = os.environ.get("LINEAGE_REBUILD_USERNAME", "neo4j"), os.environ.get("LINEAGE_REBUILD_PASSWORD")
    if into == settings.neo4j_uri:
        raise ConfigurationError("A database is not rebuilt into itself.", hint="Name another one with --into.")
    with connected(settings) as source, Database(into, username, password) as target, _bar("Transactions") as progress:
        migrate(target)
        rebuilding.copy_keys(source, target)
        total = rebuilding.count_journal(source)
        past, persons = rebuilding.read_past(source), rebuilding.names_of_persons(source, KINDS)
        journal = rebuilding.read_journal(source, past)
        made = rebuilding.rebuild(journal, target, settings, lambda done: progress(done, total), persons)
        digests = graph_digest(source), graph_digest(target)
        differing = Differences() if digests[0] == digests[1] else compare(source, target, past)
    facts = {
        "transactions": made.transactions, "records": made.records, "partial": made.partial,
        "before_the_ledger": past.older, "source": digests[0], "rebuilt": digests[1], "same": digests[0] == digests[1],
    } | differing.as_json()  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        _say_rebuilt(facts)
    if not facts["same"]:
        raise typer.Exit(1)


witness = typer.Typer(name="witness", help="A witness, run by somebody else: cosigns heads that extend the last one.", no_args_is_help=True)  # fmt: skip


@witness.command("key")
def witness_key(
    name: Annotated[str, typer.Argument(help="Name of the witness, such as witness.example.org.", show_default=False)],
    file: Annotated[Path, typer.Option("--key-file", help="File for the new key (0600).", show_default=False)],
) -> None:
    """Make a key for a witness and show its public half."""
    from registry.ledger.key_files import write_key_file
    from registry.ledger.keys import Algorithm, new_key

    key = new_key(name, Algorithm.COSIGNATURE)
    write_key_file(key, file)
    output().print(key.verifier.text, soft_wrap=True, markup=False, highlight=False)


@witness.command("serve")
def witness_serve(
    key_file: Annotated[Path, typer.Option("--key-file", help="File of the witness's key.", show_default=False)],
    logs: Annotated[
        list[str],
        typer.Option(
            "--log",
            metavar="KEY",
            help="Verifier key of a ledger, or `ORIGIN KEY`. May be repeated.",
            show_default=False,
        ),
    ],
    folder: Annotated[Path, typer.Option("--folder", help="Where it keeps what it has signed.", show_default=False)],
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8775,
) -> None:
    """Serve `POST /add-checkpoint` (c2sp.org/tlog-witness) until Ctrl-C."""
    import uvicorn

    from registry.audit.witness_server import Witness, witness_app
    from registry.ledger.key_files import read_key_file

    served = Witness(read_key_file(key_file), [_log_of(text) for text in logs], folder)
    notices().print(f"The witness listens at http://{host}:{port}", soft_wrap=True)
    uvicorn.run(witness_app(served), host=host, port=port, log_level="warning", server_header=False)


def _log_of(text: str) -> tuple[str, Any]:
    from registry.ledger.keys import VerifierKey

    origin, _, key = text.rpartition(" ")
    verifier = VerifierKey.parse(key)
    return origin or verifier.name, verifier


def _say_rebuilt(facts: dict[str, Any]) -> None:
    output().print(f"{facts['transactions']:,} transactions with {facts['records']:,} records were written again.")
    if facts["partial"]:
        output().print(f"Of {facts['partial']:,} of them a part was erased, or went with a sandbox; it stays away.")
    if facts["same"]:
        output().print(f"Both graphs have the digest {facts['source']}.", style="green", soft_wrap=True)
        return
    from registry.audit.rebuild_comparing import WORDS, Why

    output().print(f"The graphs differ: {facts['source']} here, {facts['rebuilt']} there.", style="red", soft_wrap=True)
    for why, count in facts["differences"].items():
        differ = "1 entity differs" if count == 1 else f"{count:,} entities differ"
        output().print(f"{differ}, {WORDS[Why(why)]}.", soft_wrap=True, highlight=False)
    for item in facts["differing"]:
        output().print(f"  {item['target']}  ({item['why']})", soft_wrap=True, markup=False, highlight=False)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    console = notices()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
