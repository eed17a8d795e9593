"""Who put something away, as it is stored with it: what is sent again is checked as if they sent it."""

from __future__ import annotations

from typing import Any

import orjson

from registry.permission.principal import Method, Principal


def sender_document(sender: Principal) -> str:
    """A sender as it is stored."""
    document = shown_sender(sender) | {"groups": sorted(sender.groups), "agents": sorted(sender.agents)}
    return orjson.dumps(document).decode()


def read_sender(stored: str | None) -> Principal | None:
    """The sender that was stored; None where none was."""
    if stored is None:
        return None
    said = orjson.loads(stored)
    return Principal(
        said["subject"], Method(said["method"]), said["issuer"], frozenset(said["groups"]), frozenset(said["agents"])
    )


def shown_sender(sender: Principal) -> dict[str, Any]:
    """What is shown of a sender."""
    return {"subject": sender.subject, "method": sender.method.value, "issuer": sender.issuer}
