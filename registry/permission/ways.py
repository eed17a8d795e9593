"""The ways in that the server itself names. Any other channel is one that a sender claims, and a grant has to list."""

from __future__ import annotations

from typing import Final

RECORDS: Final = "records"
OPENLINEAGE: Final = "openlineage"
ATTESTATION: Final = "attestation"
"""Only the registry itself says so: of attestations that it has verified."""
WAYS: Final = frozenset({RECORDS, OPENLINEAGE, ATTESTATION})


def is_claimed(channel: str | None) -> bool:
    """Whether a sender has named the channel, rather than come by a way of the server's."""
    return channel is not None and channel not in WAYS
