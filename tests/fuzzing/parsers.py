"""Parsers of what comes from outside, fed by a fuzzer that follows their branches (atheris, where the machine has it).

    python tests/fuzzing/parsers.py TARGET [-max_total_time=SECONDS] [CORPUS_FOLDER]

Whatever the bytes, a parser answers or raises an error that it states; anything else ends the run with the input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

try:
    import atheris
except ImportError:  # it has no build for every machine
    sys.exit("atheris is not installed: it is there for Linux on x86-64 only.")

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "verifier"))
with atheris.instrument_imports(include=["graph_schema", "registry", "lineage_verify"]):
    lineage_verify: Any = import_module("lineage_verify")
    from graph_schema.urn import UrnError, parse_urn
    from registry.api.graphql.schema import build_schema
    from registry.attestation.documents import read_document
    from registry.attestation.envelope import Envelope as SignedEnvelope
    from registry.attestation.public_keys import read_public_key
    from registry.attestation.statement import Statement
    from registry.capture.openlineage.event import read_event
    from registry.errors import RegistryError
    from registry.grants.file import parse_policy
    from registry.identity.token_text import TokenText
    from registry.ledger.bundles import decode_bundle
    from registry.ledger.canonical import parse_canonical
    from registry.ledger.checkpoint import SignedCheckpoint
    from registry.ledger.entry import parse_entry
    from registry.ledger.keys import VerifierKey
    from registry.ledger.note import SignedNote
    from registry.ledger.proof_file import ProofFile
    from registry.ledger.tiles import TileAddress
    from registry.lineage.cursor import read_cursor
    from registry.strict_json import NotJsonError, read_json
    from registry.validation.batching import BatchReader
    from registry.validation.parsing import Envelope

STATED = (RegistryError, UrnError, NotJsonError, lineage_verify.RefutedError, lineage_verify.MalformedError)


def text_of(content: bytes) -> str:
    """Text of every sort, lone surrogates included, as JSON and HTTP can bring it."""
    if content[:1] == b"\xff":
        return content[1:].decode("latin-1").replace("\xff", "\ud800")
    return content.decode("utf-8", "replace")


def on_urns(content: bytes) -> None:
    """What is a URN is written as it was read."""
    text = text_of(content)
    urn = parse_urn(text)
    if str(urn) != text:
        raise AssertionError(f"{text!r} is read as {urn}")


def on_records(content: bytes) -> None:
    """One JSON record, or several a line each."""
    reader = BatchReader(Envelope("e", 1_700_000_000_000_000))
    for number, line in enumerate(content.split(b"\n"), start=1):
        reader.add(read_json(line), number)
    reader.finish()


def on_notes(content: bytes) -> None:
    """Notes, heads and proofs."""
    for parse in (SignedNote.parse, SignedCheckpoint.parse, ProofFile.parse):
        _quietly(parse, content)


def on_ledger_forms(content: bytes) -> None:
    """Entries, canonical JSON, bundles of entries, addresses of tiles, keys."""
    if json.loads(json.dumps(value := parse_canonical(content))) != value:
        raise AssertionError("canonical JSON is read as something else")
    _quietly(parse_entry, content)


def on_ledger_texts(content: bytes) -> None:
    """Bundles of entries, addresses of tiles, keys."""
    _quietly(lambda given: decode_bundle(given, 1 + len(given) % 256), content)
    for parse in (TileAddress.parse, VerifierKey.parse, TokenText.read, lineage_verify.parse_key):
        _quietly(parse, text_of(content))


def on_offline_verifier(content: bytes) -> None:
    """The bundle that the one-file verifier reads."""
    lineage_verify.verify_bundle(text_of(content), lineage_verify.Trust([], []), None)


def on_attestations(content: bytes) -> None:
    """Envelopes, statements, bundles of signers, public keys."""
    for parse in (SignedEnvelope.parse, Statement.parse, read_document):
        _quietly(parse, content)
    _quietly(read_public_key, text_of(content))


def on_events(content: bytes) -> None:
    """An OpenLineage event."""
    read_event(read_json(content))


def on_policies(content: bytes) -> None:
    """A policy file."""
    parse_policy(content, "policy.toml")


def on_cursors(content: bytes) -> None:
    """A cursor, as it came and with the check that anybody can compute."""
    _quietly(lambda text: read_cursor(("q",), text, (str, int)), text_of(content))


_CHECKER = build_schema().checker


def on_documents(content: bytes) -> None:
    """A GraphQL document."""
    _CHECKER.check(text_of(content))


TARGETS: dict[str, Callable[[bytes], None]] = {
    function.__name__.removeprefix("on_"): function
    for function in (
        on_urns, on_records, on_notes, on_ledger_forms, on_ledger_texts, on_offline_verifier, on_attestations, on_events,
        on_policies, on_cursors, on_documents,
    )
}  # fmt: skip


def _quietly(parse: Callable[[Any], Any], given: Any) -> None:
    try:
        parse(given)
    except STATED:
        return


def main() -> None:
    """Feed one target until it fails, or the time is over."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: parsers.py TARGET …, with one of {', '.join(TARGETS)}")
    target = TARGETS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, lambda content: _quietly(target, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
