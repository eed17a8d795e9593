"""Finding who has a given sensitive value, without opening any: by the keyed index of each envelope.

The index hangs on the entity's own URN, so that equal values cannot be seen from the database; looking for one asks each
envelope of that field, which costs a digest for each.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from typing import Any, Final

import orjson

from graph_schema.catalogue import KINDS
from graph_schema.times import OPEN
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.secrecy import data_keys
from registry.secrecy.envelope import Envelope, UnreadableError, index_of
from registry.secrecy.fields import sealed_name
from registry.secrecy.reading import May, Wanted, read_sensitive
from registry.secrecy.vault import Vault

MOST_FOUND: Final = 500
_PAGE: Final = 1_000


def find_equal(database: Database, vault: Vault, kind: str, field: str, value: Any, may: May) -> tuple[list[str], bool]:
    """The entities that have this value now, of those whose value may be seen, by URN; whether these are all.

    ``database`` has to be one that sees everything: ``may`` alone decides. ``value`` is in the graph's form. Finding is a reading: it is observed for each that is found. Raises
    InvalidRequestError where the field is not a sensitive one, EncryptionKeyMissingError.
    """
    if kind not in KINDS or field not in vault.fields.attributes_of(kind):
        raise InvalidRequestError("That is no sensitive attribute of that kind.", hint="The vocabulary lists them.")
    content = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    shown: list[str] = []
    for urn, envelope in _matching(database, vault, kind, field, content):
        (found,) = read_sensitive(database, vault, [Wanted(urn, ((field, envelope),))], may)
        if found.get(field) == value:
            shown.append(urn)
        if len(shown) > MOST_FOUND:
            return shown[:MOST_FOUND], False
    return shown, True


def _matching(database: Database, vault: Vault, kind: str, field: str, content: bytes) -> Iterator[tuple[str, str]]:
    after = ""
    while True:
        rows = database.read_text(_page_of(kind, field), {"after": after, "count": _PAGE, "open": OPEN})
        parsed = [(urn, sealed, found) for urn, sealed in rows if (found := _parse(sealed)) is not None]
        ids = sorted({envelope.key_id for _, _, envelope in parsed})
        kept = database.read_text(data_keys.FIND, {"ids": ids}, from_leader=True)
        keys = data_keys.unwrapped(((str(a), b, c) for a, b, c in kept), vault.keys.require())
        for urn, sealed, envelope in parsed:
            material = keys.get(envelope.key_id)
            if material is not None and hmac.compare_digest(index_of(material, urn, field, content), envelope.index):
                yield urn, sealed
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _page_of(kind: str, field: str) -> str:
    """Both names are of the closed vocabulary."""
    name = sealed_name(field)
    return (
        f"MATCH (n:{KINDS[kind].name}) WHERE n.{name} IS NOT NULL AND n.urn > $after AND n.recorded_to = $open "
        f"WITH n ORDER BY n.urn LIMIT $count RETURN n.urn, n.{name}"
    )


def _parse(text: str) -> Envelope | None:
    try:
        return Envelope.parse(text)
    except UnreadableError:
        return None
