"""Whether somebody may write what they send, given what is stored, by these rules beside those of deciding.

- An entity that is spoken of, and the downstream end of an edge, must be writable as it is stored; a version that is not
  there yet, as its asset is. The upstream end's namespace must be readable or writable, whatever is or is not there.
- ``SAME_AS`` joins its ends: both must be writable.
- Approvals, decisions and policies, and edges ``APPROVED_BY``, are written by approvers, contributors or not. A proposal is
  approved by somebody whose agents are known and do not own it; one that nobody owns is approved by nobody, and so it is not
  taken: it comes with who asks. Whoever says first who owns a proposal is one of them, and takes themselves away never:
  nobody asks in the name of others alone.
- A sensitivity that is given must be within the ceiling of a grant that lets one write there.
- What others own is neither given to other owners, nor taken from them, nor retracted, deleted or ended, nor made less
  sensitive, but by its owners and by those who administer its namespace. What nobody owns may be claimed by whoever may
  write it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from graph_schema.times import now_micros
from graph_schema.urn import asset_of, parse_urn
from registry.errors import PermissionDeniedError
from registry.permission.boundary import JOINING, check_boundary
from registry.permission.cause import Cause
from registry.permission.decide import DENIED, decide_by, is_sovereign
from registry.permission.policy import Grant, Policy
from registry.permission.role import Permission, needed
from registry.permission.scope import Resource, resource_of
from registry.permission.sensitivity import rank
from registry.permission.stored import Stored, resource_at
from registry.records import EdgeRecord, EntityRecord, Op, Record

NOBODY: Final = frozenset[str]()
_OWNERSHIP: Final = "OWNED_BY"
_PROPOSAL: Final = "Proposal"
_APPROVAL: Final = "APPROVED_BY"
_SENSITIVITY: Final = "sensitivity"
_SEPARATION: Final = "separation-of-duties"


def check_batch(
    policy: Policy,
    cause: Cause,
    records: Sequence[Record],
    stored: Mapping[str, Stored],
    *,
    now: int | None = None,
) -> frozenset[str]:
    """Raise PermissionDeniedError or SandboxBoundaryError unless all of it may be written for this cause.

    ``records`` are those of one event; ``stored`` has what is there of all that they name, and of the assets of these.
    Returns the upstream ends that are there and that the writer may not see: in answers they count as missing ones do.
    """
    principal = cause.principal
    if is_sovereign(principal):
        check_boundary(records, policy.sandbox_names, stored, lambda _urn: True)
        return frozenset()
    held = policy.held_by(principal, now_micros() if now is None else now)
    check = _Check(policy, cause, held, stored, _named_owners(records))
    for record in records:
        if isinstance(record, EntityRecord):
            check.entity(record)
        else:
            check.edge(record)
    check_boundary(records, policy.sandbox_names, stored, check.can_see)
    return frozenset(
        record.upstream
        for record in records
        if isinstance(record, EdgeRecord) and record.upstream in stored and not check.can_see(record.upstream)
    )


def _named_owners(records: Iterable[Record]) -> dict[str, frozenset[str]]:
    """The owners that a batch names."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if not isinstance(record, EdgeRecord) or record.relation != _OWNERSHIP:
            continue
        if record.op is Op.PUT and record.true_to is None:
            found[record.downstream].add(record.upstream)
    return {urn: frozenset(owners) for urn, owners in found.items()}


def _ends(record: Record) -> bool:
    """Whether a record says that something is no longer so, or never was."""
    return record.op in (Op.RETRACT, Op.DELETE) or record.true_to is not None


@dataclass(slots=True)
class _Check:
    """The check of one event; decisions are kept, since most of its records ask the same."""

    policy: Policy
    cause: Cause
    held: tuple[Grant, ...]
    stored: Mapping[str, Stored]
    named: Mapping[str, frozenset[str]]
    _kept: dict[tuple[Permission, Resource, str | None], bool] = field(default_factory=dict)
    _reached: dict[str, bool] = field(default_factory=dict)
    _resources: dict[str, Resource] = field(default_factory=dict)

    def entity(self, record: EntityRecord) -> None:
        resource = self._resource(record.urn)
        channel = record.source.channel
        self._need(Permission.WRITE, resource, channel)
        given = record.attributes.get(_SENSITIVITY)
        if given is not None and given != resource.sensitivity:
            self._need(Permission.WRITE, replace(resource, sensitivity=given), channel)
        if record.kind == _PROPOSAL and record.op is Op.PUT:
            self._check_asked(record.urn)
        lowers = _SENSITIVITY in record.attributes and rank(given) < rank(resource.sensitivity)
        if lowers or _ends(record):
            self._need_ownership(resource)

    def edge(self, record: EdgeRecord) -> None:
        downstream, channel = self._resource(record.downstream), record.source.channel
        approves = record.relation == _APPROVAL
        self._need(Permission.APPROVE if approves else Permission.WRITE, downstream, channel)
        if record.relation in JOINING:
            self._need(Permission.WRITE, self._resource(record.upstream), channel)
        elif not self._reaches(parse_urn(record.upstream).namespace):
            self._refuse()
        if record.relation == _OWNERSHIP and record.downstream in self.stored:
            self._need_ownership(downstream)
        if downstream.kind == _PROPOSAL and record.relation == _OWNERSHIP:
            self._check_who_asks(record, downstream)
        if downstream.kind == _PROPOSAL and approves:
            self._check_separation(downstream)

    def can_see(self, urn: str) -> bool:
        """Whether what is stored under a name may be read."""
        held = self.stored.get(urn)
        if held is None or held.scope is None:
            return False
        return self._may(Permission.READ, resource_of(held.scope), None)

    def _resource(self, urn: str) -> Resource:
        found = self._resources.get(urn)
        if found is None:
            found = resource_at(urn, self.stored)
            claimed = self._claimed(urn)
            if claimed:
                found = replace(found, owners=found.owners | claimed)
            self._resources[urn] = found
        return found

    def _claimed(self, urn: str) -> frozenset[str]:
        """The owners that the batch names of what is new with it."""
        asset = asset_of(urn)
        if urn in self.stored or asset in self.stored:
            return NOBODY
        return self.named.get(urn, NOBODY) | self.named.get(asset or "", NOBODY)

    def _may(self, permission: Permission, resource: Resource, channel: str | None) -> bool:
        # Of the kind only counts whether approvers write it, so that few questions are asked.
        kind = resource.kind if needed(permission, resource.kind) is not permission else None
        key = (permission, replace(resource, kind=kind), channel)
        allowed = self._kept.get(key)
        if allowed is None:
            principal = self.cause.principal
            decision = decide_by(self.held, self.policy, principal, permission, key[1], channel=channel)
            allowed = self._kept[key] = decision.allowed
        return allowed

    def _reaches(self, namespace: str) -> bool:
        """Whether anything in a namespace may be read or written, whatever is there."""
        found = self._reached.get(namespace)
        if found is None:
            wanted = (Permission.READ, Permission.WRITE, Permission.APPROVE)
            found = any(
                grant.covers(namespace) and any(permission in grant.permissions for permission in wanted)
                for grant in self.held
            )
            self._reached[namespace] = found
        return found

    def _need(self, permission: Permission, resource: Resource, channel: str | None) -> None:
        if not self._may(permission, resource, channel):
            self._refuse()

    def _need_ownership(self, resource: Resource) -> None:
        if resource.owners and resource.owners.isdisjoint(self.cause.principal.agents):
            self._need(Permission.ADMINISTER, resource, None)

    def _check_who_asks(self, record: EdgeRecord, proposal: Resource) -> None:
        agents = self.cause.principal.agents
        if _ends(record):
            if not proposal.owners.isdisjoint(agents):
                self._refuse_alone()
            self._need(Permission.ADMINISTER, proposal, None)
        elif not self._was_owned(record.downstream) and self.named.get(record.downstream, NOBODY).isdisjoint(agents):
            self._refuse_alone()

    def _check_asked(self, urn: str) -> None:
        """A proposal that nobody owns could be approved by nobody, and would lie there for ever."""
        if not self._was_owned(urn) and self.named.get(urn, NOBODY).isdisjoint(self.cause.principal.agents):
            raise PermissionDeniedError(
                "A proposal says who asks for it.",
                hint="Send with it, in one event, an edge OWNED_BY to an agent that you act for.",
                rule=_SEPARATION,
            )

    def _was_owned(self, urn: str) -> bool:
        held = self.stored.get(urn)
        return held is not None and held.scope is not None and bool(resource_of(held.scope).owners)

    def _check_separation(self, proposal: Resource) -> None:
        agents = self.cause.principal.agents
        if not proposal.owners:
            raise PermissionDeniedError(
                "Nobody owns this proposal, so nobody is known to be another than who asks for it.",
                hint="Who asks claims it first, with an edge OWNED_BY to an agent that they act for.",
                rule=_SEPARATION,
            )
        if not agents or not proposal.owners.isdisjoint(agents):
            self._refuse_alone()

    def _refuse_alone(self) -> NoReturn:
        raise PermissionDeniedError(
            "A proposal is approved by somebody else than who asks for it.",
            hint="It is owned by who asks, whoever writes it first among them; you approve it as an agent that does not own it.",
            rule=_SEPARATION,
        )

    def _refuse(self) -> NoReturn:
        raise PermissionDeniedError("You may not write all that this says. Nothing was written.", rule=DENIED)
