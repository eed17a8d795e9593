"""Digests that stand in the log for what they commit to: states of entities, their edges, payloads.

Each is the digest of one canonical JSON document that names what it is about, so that no digest can be passed off as one
of something else. Where the content is personal data the digest is keyed with a salt that is kept beside the content:
with the salt gone nobody can find the content by trying, and the log still verifies.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

from registry.errors import InvalidLedgerError
from registry.ledger.canonical import canonical_json

SALT_SIZE: Final = 32
_DIGEST = re.compile(r"(sha256|hmac-sha256):[0-9a-f]{64}")


def new_salt() -> bytes:
    """32 random bytes. Use one for each piece of content, keep it with the content, destroy it to erase."""
    return secrets.token_bytes(SALT_SIZE)


def content_digest(content: bytes, salt: bytes | None = None) -> str:
    """``sha256:…`` of the bytes, or ``hmac-sha256:…`` keyed with the salt. Raises ValueError for a salt of another length."""
    if salt is None:
        return f"sha256:{hashlib.sha256(content).hexdigest()}"
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    return f"hmac-sha256:{hmac.digest(salt, content, 'sha256').hex()}"


def check_digest(text: object) -> str:
    """The text, if it is a digest in one of the two forms. Raises InvalidLedgerError otherwise."""
    if not isinstance(text, str) or _DIGEST.fullmatch(text) is None:
        raise InvalidLedgerError(
            "A digest reads sha256:<64 hexadecimal digits>, or hmac-sha256:<…> where it is salted."
        )
    return text


def verify_content(digest: str, content: bytes, salt: bytes | None = None) -> None:
    """Check that the digest is of this content. Raises InvalidLedgerError where it is not."""
    if not hmac.compare_digest(check_digest(digest), content_digest(content, salt)):
        raise InvalidLedgerError("The content is not what the log has the digest of.")


def entity_document(urn: str, state: Mapping[str, Any]) -> bytes:
    """What the digest of an entity's state is made of. Raises InvalidLedgerError for a state that is not JSON."""
    return canonical_json({"type": "entity", "urn": urn, "state": dict(state)})


def edges_document(urn: str, edges: Iterable[Mapping[str, Any]]) -> bytes:
    """What the digest of an entity's edges is made of: those that point from it upstream, in whatever order they come.

    Every edge belongs to exactly one entity this way, and a digest of none is a statement too: a left-out edge shows.
    Raises InvalidLedgerError where an edge comes twice.
    """
    ordered = sorted(canonical_json(dict(edge)) for edge in edges)
    if len(set(ordered)) != len(ordered):
        raise InvalidLedgerError("An edge comes twice.")
    return b'{"edges":[' + b",".join(ordered) + b'],"type":"edges","urn":' + canonical_json(urn) + b"}"
