"""Showing sensitive values: only what was asked for by name, only to who may see it, and each reading is observed.

Who may not see a value gets what he would get if there were none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from graph_schema.urn import parse_urn
from registry.audit.digests import target_of
from registry.audit.observed import observe
from registry.graph.database import Database
from registry.ledger.act import Action, Effect
from registry.permission.cause import current_cause
from registry.permission.scope import Resource, resource_of
from registry.secrecy.vault import Sealed, Vault

May = Callable[[Resource], bool]
"""Whether who asks may see the sensitive values of something."""

_SCOPES: Final = """
UNWIND $urns AS urn
MATCH (n:Entity {urn: urn})
RETURN urn, coalesce(n.scope, n.namespace), n.salt
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Sensitive attributes of one entity, as they are kept: envelopes by name."""

    urn: str
    sealed: tuple[tuple[str, str], ...]


def read_sensitive(database: Database, vault: Vault, wanted: Sequence[Wanted], may: May) -> list[Mapping[str, Any]]:
    """The values by name, in the graph's form, of those that may be seen; nothing of others.

    ``database`` has to be one that sees everything, as scopes and keys are read from it: ``may`` alone decides. The one
    who asks is that of the current cause. What cannot be opened any more is left out. Raises
    EncryptionKeyMissingError where the key-encryption key is not given.
    """
    asked = [item for item in wanted if item.sealed]
    known = _look_up(database, {item.urn for item in asked})
    allowed = [item for item in asked if item.urn in known and may(known[item.urn][0])]
    flat = [Sealed(item.urn, name, envelope) for item in allowed for name, envelope in item.sealed]
    values = dict(zip(flat, vault.open(database, flat), strict=True))
    shown = {item.urn for item in allowed}
    for urn in {item.urn for item in asked}:
        _note(urn, known.get(urn), Effect.ALLOW if urn in shown else Effect.DENY)
    return [_values(item, values) if item.urn in shown else {} for item in wanted]


def _look_up(database: Database, urns: set[str]) -> dict[str, tuple[Resource, bytes | None]]:
    """What decides about entities now, also about what they were before, and their salts."""
    if not urns:
        return {}
    rows = database.read_text(_SCOPES, {"urns": sorted(urns)})
    return {
        urn: (replace(resource_of(scope), kind=parse_urn(urn).kind), None if salt is None else bytes(salt))
        for urn, scope, salt in rows
    }


def _values(item: Wanted, values: Mapping[Sealed, Any]) -> dict[str, Any]:
    found = {name: values[Sealed(item.urn, name, envelope)] for name, envelope in item.sealed}
    return {name: value for name, value in found.items() if value is not None}


def _note(urn: str, known: tuple[Resource, bytes | None] | None, effect: Effect) -> None:
    salt = known[1] if known is not None else None
    target = target_of(urn, parse_urn(urn).kind, salt or b"")
    observe(current_cause(), Action.READ_SENSITIVE, target, effect)
