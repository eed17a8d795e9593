"""What an event may be called for whoever asks for it: in a sandbox it has the sandbox's name before its id."""

from __future__ import annotations

from registry.permission.decide import decide
from registry.permission.namespaces import SANDBOX_PREFIX, sandbox_of
from registry.permission.policy import Policy
from registry.permission.principal import Principal
from registry.permission.role import Permission
from registry.permission.scope import Resource
from registry.writer.confining import confined_id


def ids_of(event_id: str, policy: Policy, principal: Principal) -> list[str]:
    """The ids under which to look for an event: its own, then those in the sandboxes that the principal may read.

    Empty where the id is one of a sandbox that the principal may not read.
    """
    home = sandbox_of(event_id)
    if home is not None:
        return [event_id] if _may_read(home, policy, principal) else []
    readable = (name for name in sorted(policy.sandbox_names) if _may_read(name, policy, principal))
    return [event_id, *(confined_id(name, event_id) for name in readable)]


def _may_read(name: str, policy: Policy, principal: Principal) -> bool:
    return decide(policy, principal, Permission.READ, Resource(SANDBOX_PREFIX + name)).allowed
