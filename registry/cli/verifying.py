"""`lineage verify`: whether files, folders and registered versions are what was registered and attested."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from registry.attestation.artifacts import Artifact
from registry.attestation.claims import claims_of, wanted_algorithms
from registry.attestation.documents import read_document
from registry.attestation.judging import Asked, Attested, Judged, Verdict, judge_artifact, judge_registered
from registry.attestation.model_signing import verify_document
from registry.attestation.public_keys import PublicKey, read_public_key
from registry.attestation.trust import Trust, read_trust_file
from registry.cli import options
from registry.cli.attested import find_attestations, find_registered, read_known
from registry.cli.attesting import read_small
from registry.cli.client import Client
from registry.cli.failures import report
from registry.cli.hashing import digest_paths
from registry.cli.names import expand_name
from registry.cli.terminal import literal, output, print_json, visible
from registry.errors import InvalidAttestationError, InvalidUrnError, RefutedAttestationError, RegistryError
from registry.settings import load_settings

REFUTED, MALFORMED = 1, 3
_EXAMPLES = """
Ends with 0 where everything is verified, 1 where something is refuted, 2 for wrong usage, 3 where something cannot be read.

**Examples**

- `lineage verify model.safetensors` finds which version has this content, and who attested it
- `lineage verify wine/ --of DatasetVersion:demo:wine:v3 --trust trust.toml` asks for that version, attested by somebody trusted
- `lineage verify churn/ --attestation churn/model.sig --key signer.pub --offline` asks no server
- `lineage verify ModelVersion:demo:churn:4 --trust trust.toml` compares what is registered with what is attested
"""


@dataclass(frozen=True, slots=True)
class _Case:
    """What holds for every target: who is trusted, documents that were handed over, and what is asked."""

    trust: Trust
    given: tuple[Attested, ...]
    signed: bool
    client: Client | None
    now: float


def register_commands(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Trust")(verify)


def verify(
    targets: Annotated[
        list[str], typer.Argument(metavar="FILE|DIR|URN...", help="What to verify.", show_default=False)
    ],
    of: Annotated[
        str | None,
        typer.Option("--of", metavar="URN", help="The version that the files should be.", show_default=False),
    ] = None,
    attestations: Annotated[
        list[Path] | None,
        typer.Option(
            "--attestation",
            metavar="FILE",
            help="A DSSE envelope or Sigstore bundle about each target; may be repeated.",
            show_default=False,
        ),
    ] = None,
    trust_file: Annotated[
        Path | None,
        typer.Option("--trust", metavar="FILE", help="Who is trusted to attest what. Default: LINEAGE_TRUST_FILE."),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--key", metavar="KEY", help="A public key to trust: its text, or a file with it; may be repeated."
        ),
    ] = None,
    signed: Annotated[
        bool, typer.Option("--signed", help="Ask for a trusted signature; so do --attestation, --trust and --key.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server: only what is handed over counts.")] = False,
    follow_links: Annotated[bool, typer.Option("--follow-links", help="Read the files that links name.")] = False,
    as_json: options.AsJson = False,
) -> None:
    """Read files again and compare them with what is registered and what is attested."""
    if offline and not attestations:
        raise typer.BadParameter("--offline needs --attestation FILE: without a server nothing else is known.")
    asked_for = signed or bool(attestations or trust_file or keys)
    try:
        found = _verified(
            targets, of, attestations or (), _trust(trust_file, keys or ()), asked_for, offline, follow_links
        )
    except RegistryError as error:
        report(error, as_json=as_json)
        raise typer.Exit(REFUTED if isinstance(error, RefutedAttestationError) else MALFORMED) from error
    refuted = any(item.verdict is Verdict.REFUTED for item in found)
    if as_json:
        verdict = Verdict.REFUTED if refuted else Verdict.VERIFIED
        print_json({"verdict": verdict.value, "targets": [item.as_json() for item in found]})
    else:
        _draw(found)
    raise typer.Exit(REFUTED if refuted else 0)


def _verified(
    targets: Sequence[str],
    of: str | None,
    attestations: Sequence[Path],
    trust: Trust,
    signed: bool,
    offline: bool,
    follow_links: bool,
) -> list[Judged]:
    urn = expand_name(of) if of is not None else None
    given = tuple(_attested(str(path), read_small(path), trust, given=True) for path in attestations)
    claims = [claim for item in given if item.verified for claim in claims_of(item.verified.statement)]
    paths = [Path(item) for item in targets if _is_path(item)]
    artifacts = iter(digest_paths(paths, algorithms=wanted_algorithms(claims), links=follow_links))
    client = None if offline else Client.from_settings(load_settings())
    case = _Case(trust, given, signed, client, time.time())
    try:
        return [
            _judge_artifact(case, next(artifacts), urn) if _is_path(item) else _judge_urn(case, expand_name(item))
            for item in targets
        ]
    finally:
        if client is not None:
            client.__exit__(None, None, None)


def _is_path(target: str) -> bool:
    if os.path.lexists(target):
        return True
    try:
        expand_name(target)
    except InvalidUrnError as error:
        raise typer.BadParameter(f"{target} is neither there as a file or folder nor a name: {error.message}") from None
    return False


def _judge_artifact(case: _Case, artifact: Artifact, urn: str | None) -> Judged:
    registered, found = None, case.given
    if case.client is not None:
        registered = find_registered(case.client, artifact.digest)
        rows = find_attestations(case.client, [*registered, *([urn] if urn else ())])
        found += tuple(_attested(row["urn"], row["document"].encode(), case.trust, given=False) for row in rows)
    return judge_artifact(artifact, found, Asked(case.signed, registered, urn), case.now)


def _judge_urn(case: _Case, urn: str) -> Judged:
    if case.client is None:
        raise InvalidAttestationError(f"{urn} is in the registry, which --offline does not ask.")
    known = read_known(case.client, urn)
    rows = find_attestations(case.client, [urn])
    found = tuple(_attested(row["urn"], row["document"].encode(), case.trust, given=False) for row in rows)
    return judge_registered(known, (*case.given, *found), Asked(case.signed, None, urn), case.now)


def _attested(origin: str, content: bytes, trust: Trust, *, given: bool) -> Attested:
    document = read_document(content)
    try:
        verified = verify_document(document, trust)
        claims_of(verified.statement)
    except RefutedAttestationError as error:
        return Attested(origin, document.digest, None, error.message, given)
    return Attested(origin, document.digest, verified, None, given)


def _trust(path: Path | None, keys: Sequence[str]) -> Trust:
    chosen = path or load_settings().trust_file
    trust = Trust() if chosen is None else read_trust_file(chosen)
    return trust.and_keys(_key(item) for item in keys)


def _key(text: str) -> PublicKey:
    path = Path(text)
    if len(text) < 1024 and path.is_file():
        return read_public_key(read_small(path).decode("utf-8", "replace"))
    return read_public_key(text)


def _draw(found: Sequence[Judged]) -> None:
    console = output()
    for item in found:
        good = item.verdict is Verdict.VERIFIED
        console.print(
            literal(f"{'VERIFIED' if good else 'REFUTED'} ", "green" if good else "bold red").append(
                visible(item.what), "default"
            ),
            soft_wrap=True,
        )
        lines = [("digest", item.digest), *(("registered as", urn) for urn in item.registered)]
        for told in item.attestations:
            who = ", ".join(told["signers"]) or "nobody who is trusted here"
            lines.append(("attested", f"{told['predicateType'] or 'unreadable'} by {who} ({told['origin']})"))
        lines += [("because", reason) for reason in item.reasons]
        for name, value in lines:
            if value is not None:
                console.print(literal(f"  {name}: {value}"), soft_wrap=True)
