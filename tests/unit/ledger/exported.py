"""A log as a registry would have written it, with two changes of keys and a witness, and what can be exported of it."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from registry.ledger.act import Act, Action, Actor, Change, Decision, Effect, EntityDigests, Payload
from registry.ledger.appending import append_acts
from registry.ledger.checkpoint import Checkpoint, SignedCheckpoint
from registry.ledger.content import content_digest, edges_document, entity_document
from registry.ledger.export import Disclosure, export_bundle
from registry.ledger.folder import LogFolder
from registry.ledger.frontier import Frontier
from registry.ledger.keys import Algorithm, SigningKey
from registry.ledger.note import sign_note
from registry.ledger.statements import sign_rotation
from registry.ledger.tiles import TileAddress, grow_tiles
from registry.ledger.verified_tiles import VerifiedTiles

ORIGIN = "log.example/lineage"
OLD, NEW, NEWEST = (SigningKey(ORIGIN, bytes([item]) * 32) for item in (1, 2, 3))
STRANGER = SigningKey(ORIGIN, bytes([9]) * 32)
WITNESS, SECOND_WITNESS = (
    SigningKey(f"witness.example/w{item}", bytes([item]) * 32, Algorithm.COSIGNATURE) for item in (4, 5)
)
FIRST_ROTATION, SECOND_ROTATION = 4, 7
SALT = bytes(range(32))
STATE, EDGES = entity_document("urn:a", {"weight": 1.5, "name": "Ω"}), edges_document("urn:a", [{"upstream": "urn:b"}])
PAYLOAD = b"\xff\x00 not text"
_DECISION = Decision(Effect.ALLOW, "contributor-writes", content_digest(b"the policy"))
_ACT = Act(Actor("alice", "token"), Action.WRITE, "urn:a", _DECISION, reason="a reason", event="e-1")
RICH = dataclasses.replace(
    _ACT,
    changes=(Change("urn:a", None, EntityDigests(content_digest(STATE, SALT), content_digest(EDGES))),),
    payload=Payload(content_digest(PAYLOAD), len(PAYLOAD), "application/octet-stream"),
)


def rotation(retired: SigningKey, adopted: SigningKey, origin: str = ORIGIN) -> Act:
    return dataclasses.replace(_ACT, action=Action.ROTATE_KEY, statement=sign_rotation(origin, retired, adopted))


class KeptLog:
    """A log in memory that entries can be exported from."""

    def __init__(self, acts: list[Act]) -> None:
        self.contents = [item.content for item in append_acts(Frontier(), acts, 1_777_900_000_000_000).entries]
        self._leaves = [item.leaf for item in append_acts(Frontier(), acts, 1_777_900_000_000_000).entries]
        self._tiles: dict[TileAddress, bytes] = dict(grow_tiles(self._tiles_of, 0, self._leaves))

    def _tiles_of(self, address: TileAddress) -> bytes:
        return self._tiles[address]

    def frontier(self, size: int) -> Frontier:
        return Frontier().append(self._leaves[:size])

    def tiles(self) -> VerifiedTiles:
        return VerifiedTiles(self._tiles_of, self.frontier(len(self.contents)))

    def read_entries(self, first: int, end: int) -> Iterator[tuple[int, bytes]]:
        return iter(list(enumerate(self.contents))[first:end])

    def signed(self, size: int, *keys: SigningKey, origin: str = ORIGIN) -> SignedCheckpoint:
        checkpoint = Checkpoint(origin, size, self.frontier(size).root())
        return SignedCheckpoint(sign_note(checkpoint.to_text(), keys, 1_700_000_000), checkpoint)


ACTS = [
    _ACT, RICH, _ACT, _ACT, rotation(OLD, NEW), _ACT, _ACT, rotation(NEW, NEWEST),
    *(dataclasses.replace(_ACT, target=f"urn:{item}") for item in range(5)),
]  # fmt: skip
LOG = KeptLog(ACTS)
HEADS = [
    LOG.signed(3, OLD, WITNESS), LOG.signed(7, STRANGER, NEW, WITNESS), LOG.signed(13, NEWEST, WITNESS, SECOND_WITNESS),
]  # fmt: skip
DISCLOSURES = [
    Disclosure(1, content_digest(STATE, SALT), STATE, SALT),
    Disclosure(1, content_digest(EDGES), EDGES),
    Disclosure(1, content_digest(PAYLOAD), PAYLOAD),
]
ROTATIONS = (FIRST_ROTATION, SECOND_ROTATION)
BUNDLE = export_bundle(LOG, HEADS, [1, 12, *ROTATIONS], disclosures=DISCLOSURES).decode()
RANGE = export_bundle(LOG, HEADS[2:], ROTATIONS, span=(5, 11)).decode()
WHOLE = export_bundle(LOG, HEADS, span=(0, 13)).decode()


def keys_of(v: Any, *keys: SigningKey) -> list[Any]:
    return [v.parse_key(item.verifier.text) for item in keys]


def trust(v: Any, *keys: SigningKey, witnesses: tuple[SigningKey, ...] = (), needed: int = 0) -> Any:
    return v.Trust(keys_of(v, *keys), keys_of(v, *witnesses), needed)


def outcome(v: Any, work: Callable[[], Any]) -> str:
    """What a verification says: verified, refuted or malformed. Any other end is a defect and goes through."""
    try:
        work()
    except v.RefutedError:
        return "refuted"
    except v.MalformedError:
        return "malformed"
    return "verified"


def bundle_outcome(v: Any, content: str, *keys: SigningKey, since: Any = None, **options: Any) -> str:
    return outcome(v, lambda: v.verify_bundle(content, trust(v, *(keys or (OLD,)), **options), since))


def edited(content: str, change: Callable[[Any], Any]) -> str:
    """The bundle after a change of its document, in canonical form again."""
    document = json.loads(content)
    change(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def hash_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def write_folder(folder: Path, log: KeptLog, head: SignedCheckpoint) -> Path:
    written = LogFolder(folder)
    written.append(0, log.contents)
    written.publish(head)
    return folder
