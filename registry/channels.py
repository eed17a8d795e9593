"""By which way something came in. The server says so; a sender may name another only where a grant lists it.

Answers can be limited to what came by trusted ways (``LINEAGE_TRUSTED_CHANNELS``), so nobody may choose theirs freely.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from graph_schema.times import now_micros
from registry.errors import InvalidRequestError
from registry.permission.decide import is_sovereign
from registry.permission.policy import Policy
from registry.permission.principal import Principal
from registry.permission.ways import ATTESTATION, RECORDS, is_claimed
from registry.settings import Settings

EVERY_IMPORT: Final = "import:*"
MOST_TRUSTED: Final = 64
IMPORT: Final = "import:"
"""What ``lineage import SOURCE`` reads comes by ``import:SOURCE``."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A way in, and the other channels that the sender may name somewhere: none, some, or (None) any but attestations.

    Whether they may name it where they write is for the check of that write.
    """

    way: str = RECORDS
    may_claim: frozenset[str] | None = frozenset()

    def channel(self, claimed: str | None) -> str:
        """What is recorded: what the sender says where they may say so, else the way in."""
        if claimed is None or claimed == ATTESTATION:
            return self.way
        if self.may_claim is None:
            return claimed
        # The ways of the server are no claims: the check of the write takes them from everybody.
        return claimed if is_claimed(claimed) and claimed in self.may_claim else self.way


def entrance(policy: Policy, principal: Principal, source: str | None = None) -> Entrance:
    """The way in of records that somebody sends; ``source`` is the capture that they say has read them.

    A grant's channels are those that its holder may name. The administrator's token and the process itself may name any.
    """
    claims = _claims(policy, principal)
    return Entrance(Entrance(RECORDS, claims).channel(f"{IMPORT}{source}" if source else None), claims)


def is_trusted(settings: Settings, channels: Iterable[str]) -> bool:
    """Whether ``LINEAGE_TRUSTED_CHANNELS`` lists one of these: an edge is trusted where somebody trusted has said it."""
    return any(_is_listed(settings, name) for name in channels)


def are_trusted(settings: Settings, channels: Sequence[str]) -> bool:
    """Whether it lists all of these: an entity is trusted where all that it shows came by trusted channels."""
    return bool(channels) and all(_is_listed(settings, name) for name in channels)


def _is_listed(settings: Settings, name: str) -> bool:
    listed = _listed(settings.trusted_channels)
    return name in listed or (EVERY_IMPORT in listed and name.startswith(IMPORT))


def trusted_channels(settings: Settings) -> tuple[str, ...]:
    """The channels that answers can be limited to. Raises InvalidRequestError where none is trusted, or too many are."""
    listed = _listed(settings.trusted_channels)
    if EVERY_IMPORT in listed:
        from registry.capture.registered import offers

        listed = (listed - {EVERY_IMPORT}) | {f"{IMPORT}{name}" for name in offers()}
    if not 1 <= len(listed) <= MOST_TRUSTED:
        raise InvalidRequestError(
            "Nothing says which channels are trusted." if not listed else "Too many channels are trusted.",
            hint=f"Set LINEAGE_TRUSTED_CHANNELS on the server, to at most {MOST_TRUSTED}: attestation, import:*.",
        )
    return tuple(sorted(listed))


@cache
def _listed(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _claims(policy: Policy, principal: Principal) -> frozenset[str] | None:
    if is_sovereign(principal):
        return None
    held = policy.held_by(principal, now_micros())
    return frozenset(channel for grant in held for channel in grant.channels)
