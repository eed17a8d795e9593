"""Which sandboxes there are, who made them and until when, and who works in them. Every change is an entry of the ledger."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from neo4j import ManagedTransaction

from graph_schema.times import format_time, now_micros
from registry.audit.access_records import record_access, watched
from registry.audit.append import append
from registry.audit.record import act_of
from registry.errors import InvalidRequestError, NotFoundError
from registry.grants.statements import MOVE_HEAD
from registry.grants.stored import NothingToChangeError, put_grant, told
from registry.graph.database import Database
from registry.permission.cause import current_cause
from registry.permission.decide import decide, is_sovereign
from registry.permission.namespaces import SANDBOX_PREFIX, is_sandbox_name, sandbox_patterns
from registry.permission.policy import Grant, Policy
from registry.permission.principal import Principal
from registry.permission.role import Permission, Role
from registry.permission.scope import Resource
from registry.permission.sensitivity import HIGHEST
from registry.sandbox import statements

MOST_DAYS: Final = 366
_DAY: Final = 86_400_000_000
_MEMBERS: Final = frozenset({Role.READER, Role.CONTRIBUTOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """A sandbox as it is listed; times in microseconds."""

    name: str
    created_at: int
    created_by: str
    expires_at: int
    reason: str | None

    def as_json(self) -> dict[str, Any]:
        """For an API."""
        return {
            "name": self.name,
            "namespace": SANDBOX_PREFIX + self.name,
            "created_at": format_time(self.created_at),
            "created_by": self.created_by,
            "expires_at": format_time(self.expires_at),
            "reason": self.reason,
        }


def create_sandbox(database: Database, name: str, days: int, reason: str | None = None) -> SandboxInfo:
    """Make a sandbox that whoever asks administers; it goes, with what is in it, after so many days.

    Raises InvalidRequestError where the name cannot be used, is taken, or was: names are not given twice.
    """
    if not is_sandbox_name(name):
        raise InvalidRequestError(
            "A sandbox's name has 1 to 63 small letters, digits, points, dashes and underscores.",
            hint="Such as ada or churn-2.",
        )
    now, who = now_micros(), current_cause().principal
    made = SandboxInfo(name, now, who.subject, now + _duration(days), reason)

    def put(tx: ManagedTransaction) -> None:
        values = {"name": name, "now": now, "by": who.subject, "expires_at": made.expires_at, "reason": reason}
        if not tx.run(statements.CREATE, values).single(strict=True)[0]:
            raise InvalidRequestError("That name is taken, or was.", hint=f"Choose another one, such as {name[:60]}-2.")
        tx.run(MOVE_HEAD).consume()

    def create(tx: ManagedTransaction) -> None:
        _, changes = watched(tx, "Sandbox", [name], put)
        if not is_sovereign(who):
            grant = _grant(name, Role.ADMINISTRATOR, subject=who.subject, issuer=who.issuer)
            changes += watched(tx, "Grant", [grant.id], lambda tx: put_grant(tx, grant, reason))[1]
        act = act_of("sandbox.create", SANDBOX_PREFIX + name, reason=reason)
        append(tx, [replace(act, changes=tuple(changes))], now)

    database.write(create)
    return made


def list_sandboxes(database: Database, policy: Policy, principal: Principal) -> list[SandboxInfo]:
    """The sandboxes that the principal works in."""
    rows = database.read_text(statements.LIST, {}, from_leader=True)
    return [SandboxInfo(*row) for row in rows if may(policy, principal, Permission.READ, row[0])]


def members_of(policy: Policy, name: str) -> list[Grant]:
    """The grants for a sandbox and nothing else."""
    patterns = set(sandbox_patterns(name))
    return [grant for grant in policy.grants if set(grant.namespaces) <= patterns]


def share_sandbox(
    database: Database,
    name: str,
    role: Role,
    *,
    subject: str | None = None,
    group: str | None = None,
    issuer: str | None = None,
    reason: str | None = None,
) -> Grant:
    """Let somebody else work in a sandbox; again changes nothing. Raises InvalidGrantError, InvalidRequestError."""
    if role not in _MEMBERS:
        raise InvalidRequestError(f"In a sandbox one is {', '.join(sorted(_MEMBERS))}.")
    grant = _grant(name, role, subject=subject, group=group, issuer=issuer)
    with suppress(NothingToChangeError):
        act = act_of("grant.add", f"grant:{grant.id}", reason=told(grant, reason))
        record_access(database, act, "Grant", [grant.id], also=lambda tx: put_grant(tx, grant, reason))
    return grant


def prolong_sandbox(database: Database, name: str, days: int, reason: str | None = None) -> int:
    """Keep a sandbox for so many days from now; until when, in microseconds. Raises NotFoundError."""
    expires_at = now_micros() + _duration(days)

    def prolong(tx: ManagedTransaction) -> None:
        if tx.run(statements.PROLONG, name=name, expires_at=expires_at).single() is None:
            raise missing()
        tx.run(MOVE_HEAD).consume()

    act = act_of("sandbox.prolong", SANDBOX_PREFIX + name, reason=reason)
    record_access(database, act, "Sandbox", [name], also=prolong)
    return expires_at


def may(policy: Policy, principal: Principal, permission: Permission, name: str) -> bool:
    """Whether somebody may do something with a whole sandbox."""
    return decide(policy, principal, permission, Resource(SANDBOX_PREFIX + name)).allowed


def require(policy: Policy, principal: Principal, permission: Permission, name: str) -> None:
    """Raise NotFoundError unless the sandbox is there and one may: hidden looks as missing does."""
    if name not in policy.sandbox_names or not may(policy, principal, permission, name):
        raise missing()


def missing() -> NotFoundError:
    """What is said of a sandbox that is not there, or not for whoever asks."""
    return NotFoundError("There is no such sandbox for you.", hint="`lineage sandbox list` shows yours.")


def _grant(
    name: str, role: Role, *, subject: str | None = None, group: str | None = None, issuer: str | None = None
) -> Grant:
    return Grant(role, subject, group, issuer, namespaces=sandbox_patterns(name), ceiling=HIGHEST)


def _duration(days: int) -> int:
    if not 1 <= days <= MOST_DAYS:
        raise InvalidRequestError(f"A sandbox lasts 1 to {MOST_DAYS} days.")
    return days * _DAY
