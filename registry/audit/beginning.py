"""How the log of a database begins: with a signed statement of everything that was there before."""

from __future__ import annotations

from typing import Final

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.append import append
from registry.audit.inventory import Progress, take_inventory
from registry.audit.place import Place
from registry.audit.record import act_of
from registry.errors import LedgerStorageError
from registry.graph.database import Database
from registry.ledger.act import Action
from registry.ledger.keys import Signer
from registry.ledger.statements import Genesis, sign_genesis
from registry.permission.cause import ITSELF

HOLD_CLOCK: Final = """
MERGE (c:RegistryClock {id: 'clock'})
ON CREATE SET c.sequence = 0, c.recorded_at = 0
SET c.sequence = c.sequence
RETURN c.sequence
"""
"""Takes the writers' turn, so that nothing changes in the graph until the transaction ends."""
_CLOCK: Final = "OPTIONAL MATCH (c:RegistryClock {id: 'clock'}) RETURN coalesce(c.sequence, 0)"
_LOCK_HEAD: Final = """
MERGE (h:LedgerHead {id: 'head'})
ON CREATE SET h.size = 0, h.frontier = ''
SET h.turns = coalesce(h.turns, 0) + 1
RETURN h.origin
"""
_NAME: Final = """
MATCH (h:LedgerHead {id: 'head'})
SET h.origin = $origin, h.verifiers = [$verifier], h.adopted = [0]
"""
_TRIES: Final = 5


def begin(database: Database, place: Place, key: Signer, progress: Progress) -> bool:
    """Begin the log of this database, signed with this key; False where somebody else began it meanwhile.

    Raises LedgerStorageError where the graph is written to so often that no inventory of it can be taken.
    """
    origin = place.origin or key.verifier.name
    for _ in range(_TRIES):
        clock = read_clock(database)
        found = take_inventory(database, place.inventory, progress)
        statement = sign_genesis(Genesis(origin, found.digest, found.entities, found.edges), key)

        def work(tx: ManagedTransaction, clock: int = clock, statement: str = statement) -> bool | None:
            if tx.run(HOLD_CLOCK).single(strict=True)[0] != clock:
                return None
            if tx.run(_LOCK_HEAD).single(strict=True)[0] is not None:
                return False
            append(tx, (act_of(Action.GENESIS, origin, cause=ITSELF, statement=statement),), now_micros())
            tx.run(_NAME, origin=origin, verifier=key.verifier.text).consume()
            return True

        begun = database.write(work)[0]
        if begun is not None:
            return begun
    raise LedgerStorageError(
        "The ledger cannot begin while others write.", hint="Stop whatever writes to the database, and start again."
    )


def read_clock(database: Database) -> int:
    """The number of the last write, to see whether there was another one."""
    return int(database.read_text(_CLOCK, from_leader=True)[0][0])
