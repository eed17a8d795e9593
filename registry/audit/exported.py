"""Noting what left the registry as a whole: exports and streams, by what they start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graph_schema.urn import UrnError, parse_urn
from registry.audit.digests import is_personal, target_of
from registry.audit.observed import observe
from registry.graph.database import Database
from registry.ledger.act import Action, Effect
from registry.permission.cause import current_cause

PERSONAL: Final = "personal"
"""What the ledger calls personal data that has no salt, as it is not there."""
_SALTS: Final = "UNWIND $urns AS urn MATCH (n:Entity {urn: urn}) WHERE n.salt IS NOT NULL RETURN urn, n.salt"


def note_export(database: Database, starts: Sequence[str]) -> None:
    """Note that who asks took everything from these: URNs, or another word for what was taken.

    ``database`` has to be one that sees everything. No name of a person gets into the log.
    """
    kinds = {name: _kind(name) for name in starts}
    personal = sorted(name for name, kind in kinds.items() if is_personal(kind))
    salts = dict(database.read_text(_SALTS, {"urns": personal})) if personal else {}
    for name, kind in kinds.items():
        target = name if not is_personal(kind) else _target(name, kind, salts.get(name))
        observe(current_cause(), Action.EXPORT, target, Effect.ALLOW)


def _target(urn: str, kind: str, salt: bytes | None) -> str:
    return PERSONAL if salt is None else target_of(urn, kind, bytes(salt))


def _kind(name: str) -> str:
    try:
        return parse_urn(name).kind
    except UrnError:
        return ""
