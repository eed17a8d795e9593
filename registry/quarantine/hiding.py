"""What could not come in may be sensitive: it is sealed before it is put away, whatever it says."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from registry.quarantine.entry import Form
from registry.secrecy.data_keys import Asks
from registry.secrecy.fields import FACETS
from registry.secrecy.vault import Kept, Vault

QUARANTINED = "Quarantined"
"""Label of what is put away."""
_ID_DIGITS = 32


def hide(vault: Vault, pipe: Asks, rows: dict[str, dict[str, Any]]) -> None:
    """Seal the content of rows, and have their ids, which are digests of it, hang on a key.

    Where there is no key, what says something sensitive is noted without its content.
    """
    if vault.keys.find() is None:
        for row in rows.values():
            if _may_be_sensitive(vault, row):
                row |= {"content": zlib.compress(b"", 1), "kept": 0}
        return
    ordered = list(rows.values())
    for row, digest in zip(ordered, vault.digests_at_rest(pipe, [row["id"].encode() for row in ordered]), strict=True):
        row["id"] = digest[:_ID_DIGITS]
    kept = [Kept(QUARANTINED, row["id"], row["content"]) for row in ordered]
    for row, content in zip(ordered, vault.seal_at_rest(pipe, kept), strict=True):
        row["content"] = content


def _may_be_sensitive(vault: Vault, row: dict[str, Any]) -> bool:
    if row["form"] != Form.RECORDS:
        return vault.fields.names_facets
    try:
        records = orjson.loads(zlib.decompress(row["content"]))["records"]
    except (ValueError, KeyError, TypeError):
        return True
    return any(_says_something(vault, record) for record in records)


def _says_something(vault: Vault, record: Any) -> bool:
    kind, said = record.get("entity"), record.get("attributes")
    if not isinstance(kind, str) or not isinstance(said, dict):
        return False
    facets = said.get(FACETS)
    named = not vault.fields.attributes_of(kind).isdisjoint(said)
    return named or (isinstance(facets, dict) and not vault.fields.facets_of(kind).isdisjoint(facets))
