"""Statements, bare or in DSSE envelopes and Sigstore bundles. Signatures are counted, not verified."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.capture.documents import decode, mapping, objects, parse_json, read_text
from registry.capture.source import Rejected
from registry.errors import InvalidSourceError

_STATEMENTS = ("https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1")
_PAYLOAD = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, where it stands, and how many signatures lie around it, which nobody verified."""

    where: str
    content: Mapping[str, Any]
    signatures: tuple[dict[str, Any], ...] = ()


def read_statements(path: Path) -> list[Statement | Rejected]:
    """Every statement in a file of JSON, or of JSON a line. Raises InvalidSourceError where there is none."""
    found = [item for where, document in _documents(path) for item in _opened(document, where)]
    if not any(isinstance(item, Statement) for item in found):
        reasons = "; ".join(item.message for item in found[:3] if isinstance(item, Rejected))
        raise InvalidSourceError(f"{path} holds no in-toto statement: {reasons or 'it is empty'}.")
    return found


def _documents(path: Path) -> Iterator[tuple[str, dict[str, Any] | Rejected]]:
    text = read_text(path)
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        yield path.name, parse_json(text, str(path))
    except InvalidSourceError:
        if len(lines) < 2 or not lines[1].lstrip().startswith("{"):
            raise
    else:
        return
    for number, line in enumerate(lines, 1):
        where = f"{path.name}:{number}"
        try:
            yield where, parse_json(line, where)
        except InvalidSourceError as error:
            yield where, Rejected(where, error.code, error.message, line)


def _opened(document: dict[str, Any] | Rejected, where: str) -> Iterator[Statement | Rejected]:
    if isinstance(document, Rejected):
        yield document
        return
    bundles = objects(document.get("attestations")) or [document]
    for bundle in bundles:
        held = mapping(bundle.get("bundle")) or bundle
        envelope = mapping(held.get("dsseEnvelope")) or held
        try:
            yield _unwrapped(envelope, where) if "payload" in envelope else _checked(envelope, where, ())
        except InvalidSourceError as error:
            yield Rejected(where, error.code, error.message)


def _unwrapped(envelope: Mapping[str, Any], where: str) -> Statement:
    if envelope.get("payloadType") != _PAYLOAD:
        raise InvalidSourceError(
            f"the envelope holds {str(envelope.get('payloadType'))[:80]!r}, not an in-toto statement"
        )
    try:
        encoded = str(envelope["payload"]).replace("-", "+").replace("_", "/")
        payload = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidSourceError("the envelope's payload is not base64") from error
    signatures = tuple(objects(envelope.get("signatures")))
    return _checked(parse_json(decode(payload, where), where), where, signatures)


def _checked(content: Mapping[str, Any], where: str, signatures: tuple[dict[str, Any], ...]) -> Statement:
    if content.get("_type") not in _STATEMENTS:
        raise InvalidSourceError(f"its _type is {str(content.get('_type'))[:80]!r}, not a statement of in-toto")
    return Statement(where, content, signatures)
