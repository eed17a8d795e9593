"""`lineage attest`, `lineage signing-key`: signed statements about what is registered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from registry.attestation.artifacts import Artifact
from registry.attestation.building import build_statement, check_artifacts
from registry.attestation.claims import claims_of, wanted_algorithms
from registry.attestation.documents import SignedDocument, read_document
from registry.attestation.envelope import sign_statement
from registry.attestation.judging import compare_content
from registry.attestation.statement import Statement
from registry.attestation.verification import Verified
from registry.cli import options
from registry.cli.attested import read_known, register
from registry.cli.client import Client
from registry.cli.hashing import digest_paths
from registry.cli.names import expand_name
from registry.cli.terminal import literal, output, print_json
from registry.cli.written import write_new_file
from registry.errors import ConfigurationError, InvalidAttestationError, RefutedAttestationError
from registry.ledger.key_files import read_key_file, write_key_file
from registry.ledger.keys import SigningKey, new_key
from registry.settings import load_settings

_EXAMPLES = """
**Examples**

- `lineage signing-key ci.key --name ci.example/attest` makes a key, and shows the public half to give to reviewers
- `lineage attest ModelVersion:demo:churn:4 --file model.safetensors --key ci.key` reads the file again, signs and registers
- `lineage attest DatasetVersion:demo:wine:v3 --dir wine/ --key ci.key --output wine.intoto.json`
- `lineage attest Run:demo:train-17 --key ci.key` signs the provenance of a run, as SLSA writes it
- `lineage attest ModelVersion:demo:churn:4 --dir churn/ --signed churn/model.sig` registers what OpenSSF model signing made
"""
_KEY_EXAMPLES = """
**Examples**

- `lineage signing-key ci.key --name ci.example/attest` writes the secret to ci.key and shows what to trust
- `lineage signing-key ci.key --name ci.example/attest > ci.pub` keeps the public half in a file of its own
"""
_MOST_BYTES = 16 << 20


def register_commands(app: typer.Typer) -> None:
    """Add these commands to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Trust")(attest)
    app.command("signing-key", epilog=_KEY_EXAMPLES, rich_help_panel="Trust")(signing_key)


def signing_key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to put it; the file must not be there.")],
    name: Annotated[
        str, typer.Option("--name", help="Whose it is: an address without scheme, such as ci.example/attest.")
    ],
    as_json: options.AsJson = False,
) -> None:
    """Make a signing key that only you may read, and show its public half."""
    key = new_key(name)
    write_key_file(key, path)
    if as_json:
        print_json({"file": str(path), "name": name, "verifierKey": key.verifier.text})
        return
    console = output()
    console.print(literal(key.verifier.text), soft_wrap=True)


def attest(
    name: options.Name,
    files: Annotated[
        list[Path] | None,
        typer.Option("--file", metavar="FILE", help="A file that it is; may be repeated.", show_default=False),
    ] = None,
    folders: Annotated[
        list[Path] | None,
        typer.Option("--dir", metavar="DIR", help="A folder that it is; may be repeated.", show_default=False),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The key to sign with.", show_default=False)
    ] = None,
    signed: Annotated[
        Path | None,
        typer.Option(
            "--signed",
            metavar="FILE",
            help="Do not sign: register this envelope, or bundle of OpenSSF model signing, that somebody else signed.",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the envelope there, too.", show_default=False),
    ] = None,
    no_register: Annotated[bool, typer.Option("--no-register", help="Do not send it to the registry.")] = False,
    follow_links: Annotated[bool, typer.Option("--follow-links", help="Read the files that links name.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Sign what the registry knows of a version, a run or a result, and what its files hold now.

    Files are read again; nothing is signed where they are not what is registered.
    """
    if (key_file is None) == (signed is None):
        raise typer.BadParameter("Say --key FILE to sign, or --signed FILE for what is signed already.")
    if no_register and to is None and signed is None:
        raise typer.BadParameter("--no-register without --output FILE would keep nothing.")
    urn, paths = expand_name(name), [*(files or ()), *(folders or ())]
    key = None if key_file is None else read_key_file(key_file)
    document = None if signed is None else read_document(read_small(signed))
    if to is not None and to.exists():
        raise ConfigurationError(f"{to} is there already; nothing was signed.", hint="Choose another name.")
    claims = [] if document is None else claims_of(Statement.within(document.envelope))
    artifacts = digest_paths(paths, algorithms=wanted_algorithms(claims), links=follow_links)
    with Client.from_settings(load_settings()) as client:
        content = _signed(client, urn, artifacts, key) if document is None else _checked(document, artifacts)
        if to is not None:
            write_new_file(to, content)
        answer = None if no_register else register(client, content, urn)
    _tell(content, answer, to, as_json=as_json)


def read_small(path: Path) -> bytes:
    """A document that is read whole. Raises InvalidAttestationError where it cannot be."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InvalidAttestationError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > _MOST_BYTES:
        raise InvalidAttestationError(f"{path} has more than {_MOST_BYTES:,} bytes.")
    return content


def _signed(client: Client, urn: str, artifacts: Sequence[Artifact], key: SigningKey | None) -> bytes:
    if key is None:
        raise AssertionError("what is not signed already is signed")
    known = read_known(client, urn)
    check_artifacts(known, artifacts)
    envelope = sign_statement(build_statement(known, artifacts).to_bytes(), key)
    return orjson.dumps(envelope.as_json()) + b"\n"


def _checked(document: SignedDocument, artifacts: Sequence[Artifact]) -> bytes:
    """The document as it came, once the artifacts are what it speaks of; who signed is the server's to verify."""
    unverified = Verified(Statement.within(document.envelope), (), 0, ())
    for artifact in artifacts:
        against = compare_content(artifact, unverified, document.digest)
        if against:
            raise RefutedAttestationError(f"{artifact.path} is not what was signed: {'; '.join(against)}.")
    return document.content


def _tell(content: bytes, answer: dict[str, Any] | None, to: Path | None, *, as_json: bool) -> None:
    if as_json:
        statement = Statement.within(read_document(content).envelope)
        told = {"predicateType": statement.predicate_type, "subjects": [item.as_json() for item in statement.subjects]}
        print_json({"statement": told, "output": str(to) if to else None, "registered": answer})
        return
    console = output()
    if to is not None:
        console.print(literal(f"Wrote {to}."), soft_wrap=True)
    if answer is not None:
        who = ", ".join(answer["signedBy"]) or "nobody whom the server trusts"
        console.print(
            literal(f"Registered {answer['urn']}: {answer['verification']}, signed by {who}."), soft_wrap=True
        )
        for item in answer["subjects"]:
            console.print(
                literal(f"  {item['urn']} {item['digest'] or '(no digest of it is registered)'}"), soft_wrap=True
            )
