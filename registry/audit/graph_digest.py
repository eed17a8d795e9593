"""One digest of the whole graph, without salts: two databases with the same digest hold the same, whoever wrote them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from registry.audit.digests import edges_content, state_content
from registry.audit.stored_graph import StoredEntity, read_entities
from registry.graph.database import Database
from registry.secrecy.sealing import without_sealing

Progress = Callable[[int, int], None]


def graph_digest(database: Database, progress: Progress | None = None) -> str:
    """``sha256:…`` over every entity with its edges and replaced states, in the order of URNs. Bounded memory.

    The digest says something only of a graph that nobody writes to meanwhile. Raises InvalidLedgerError where the graph
    holds what has no canonical form.
    """
    digest = hashlib.sha256()
    for done, (item, total) in enumerate(read_entities(database), 1):
        for content in contents_of(item):
            digest.update(len(content).to_bytes(8, "big"))
            digest.update(content)
        if progress is not None and (done % 500 == 0 or done == total):
            progress(done, total)
    return f"sha256:{digest.hexdigest()}"


def contents_of(item: StoredEntity) -> Iterator[bytes]:
    """What a digest of the graph has of an entity: its state, its edges, its replaced states, and no salt.

    Of a sealed value it has the keyed index, so that keys may be changed and the digest stays.
    """
    yield state_content(without_sealing(item.properties))
    yield edges_content(item.urn, item.edges)
    yield from (state_content(without_sealing(state)) for state in sorted(item.states, key=_since))


def _since(state: dict[str, Any]) -> int:
    return int(state["recorded_from"])
