"""Changing the key that signs the log: an entry signed by the old key and the new one."""

from __future__ import annotations

from typing import Final

from neo4j import ManagedTransaction

from graph_schema.times import now_micros
from registry.audit.append import append
from registry.audit.publication import Publication
from registry.audit.record import act_of
from registry.audit.stored_log import StoredHead
from registry.errors import InvalidKeyError, InvalidRequestError
from registry.key_services.signing import ServiceSigner
from registry.ledger.act import Action
from registry.ledger.keys import Signer, VerifierKey
from registry.ledger.statements import sign_rotation

_ADOPT: Final = """
MATCH (h:LedgerHead {id: 'head'})
SET h.verifiers = h.verifiers + $verifier, h.adopted = h.adopted + $size
"""
_CURRENT: Final = "MATCH (h:LedgerHead {id: 'head'}) SET h.turns = coalesce(h.turns, 0) + 1 RETURN h.verifiers[-1]"


def rotate_key(publication: Publication, adopted: Signer | None = None, reason: str | None = None) -> VerifierKey:
    """Replace the key that signs; the public half of the new one.

    That is the one that is given, else the first configured key that never signed, else one that is made here. Trees with
    the entry of the change, and all greater ones, are signed by the new key. Keep the old one until every server has the
    new one. Raises InvalidKeyError where the old key is not here, or where keys are in a service and none there is new;
    KeyServiceUnavailableError where a service does not answer. Nothing has changed then.
    """
    head = publication.begin()
    old = publication.keys_for(head.frontier.size)[0]
    new = adopted or _next_key(publication, head, old)
    if head.origin is None:
        raise InvalidRequestError("The ledger has not begun.")
    if new.verifier in [item.key for item in head.keys]:
        raise InvalidKeyError("The log was signed with that key before.", hint="Make a fresh one.")
    act = act_of(Action.ROTATE_KEY, head.origin, reason=reason, statement=sign_rotation(head.origin, old, new))

    def work(tx: ManagedTransaction) -> None:
        current = tx.run(_CURRENT).single(strict=True)[0]
        if current != old.verifier.text:
            raise InvalidRequestError("Somebody else has just changed the key.")
        (sequence,) = append(tx, (act,), now_micros())
        tx.run(_ADOPT, verifier=new.verifier.text, size=sequence + 1).consume()

    publication.database.write(work)
    publication.place.remember(new.verifier)
    publication.publish()
    return new.verifier


def _next_key(publication: Publication, head: StoredHead, old: Signer) -> Signer:
    used = {item.key for item in head.keys}
    for key in publication.place.next_keys():
        if key.verifier not in used:
            return key
    if isinstance(old, ServiceSigner):
        raise InvalidKeyError(
            "The key that signs is in a key service, and there is no newer version of it.",
            hint="Make one there (vault write -f transit/keys/NAME/rotate), and say this again.",
        )
    return publication.place.make_key(old.verifier.name)
