"""Grants and sandboxes: all that decides who may do what, as one frozen value with a digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from registry.errors import InvalidGrantError
from registry.ledger.canonical import canonical_json
from registry.permission.namespaces import EVERYWHERE, check_pattern, covers, is_sandbox_name
from registry.permission.principal import Principal
from registry.permission.role import PERMISSIONS, Permission, Role
from registry.permission.sensitivity import HIGHEST, LEVELS, UNLABELLED

_ID_LENGTH = 12
_LONGEST_NAME = 512
_CLEARED: Mapping[Role, str] = MappingProxyType({Role.AUDITOR: HIGHEST, Role.ADMINISTRATOR: HIGHEST})
"""How far a role is cleared where the grant does not say; the others only for what is internal."""


@dataclass(frozen=True)
class Grant:
    """One role for one subject or one group of one issuer (None: this registry) in the namespaces that it names.

    ``namespaces`` are patterns (:mod:`registry.permission.namespaces`); ``ceiling`` the highest sensitivity it covers.
    ``owned`` leaves only what the holder's agents own; ``channels`` those by which writes may come (empty: any);
    ``expires_at`` is in microseconds (None: never). Raises InvalidGrantError where a part is not in its form.
    """

    role: Role
    subject: str | None = None
    group: str | None = None
    issuer: str | None = None
    namespaces: tuple[str, ...] = ()
    ceiling: str | None = None
    owned: bool = False
    channels: frozenset[str] = frozenset()
    expires_at: int | None = None

    def __post_init__(self) -> None:
        if (self.subject is None) == (self.group is None):
            raise InvalidGrantError("A grant names a subject or a group, one of the two.")
        for name, text in (("subject", self.subject), ("group", self.group), ("issuer", self.issuer)):
            if text is not None:
                _check_text(name, text)
        for text in self.channels:
            _check_text("channel", text)
        if not self.namespaces:
            raise InvalidGrantError("A grant names at least one namespace.", hint="`*` is every namespace.")
        for pattern in self.namespaces:
            try:
                check_pattern(pattern)
            except ValueError as error:
                raise InvalidGrantError(f"The namespace {pattern[:80]!r} cannot be granted: {error}.") from None
        if self.ceiling is not None and self.ceiling not in LEVELS:
            raise InvalidGrantError(f"A ceiling is one of {', '.join(LEVELS)}.")
        object.__setattr__(self, "namespaces", tuple(sorted(set(self.namespaces))))

    @cached_property
    def id(self) -> str:
        """Names the grant by its content: the same grant has the same id wherever it comes from."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()[:_ID_LENGTH]

    @property
    def cleared(self) -> str:
        """The highest sensitivity that it covers."""
        return self.ceiling or _CLEARED.get(self.role, UNLABELLED)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What its role may do."""
        return PERMISSIONS[self.role]

    @property
    def everywhere(self) -> bool:
        """Whether it holds in every namespace (sandboxes apart) for things of every owner."""
        return EVERYWHERE in self.namespaces and not self.owned

    def is_for(self, principal: Principal) -> bool:
        """Whether the principal holds it. A subject or a group of another issuer is somebody else."""
        if principal.issuer != self.issuer:
            return False
        return principal.subject == self.subject if self.group is None else self.group in principal.groups

    def covers(self, namespace: str) -> bool:
        """Whether it holds in a namespace. An administrator of every namespace is so in sandboxes too."""
        if self.role is Role.ADMINISTRATOR and self.everywhere:
            return True
        return any(covers(pattern, namespace) for pattern in self.namespaces)

    def holds_at(self, now: int) -> bool:
        """Whether it has not expired (microseconds)."""
        return self.expires_at is None or now < self.expires_at

    def as_json(self) -> dict[str, Any]:
        """What it says; what is not said is left out."""
        said: dict[str, Any] = {
            "role": self.role.value,
            "subject": self.subject,
            "group": self.group,
            "issuer": self.issuer,
            "namespaces": list(self.namespaces),
            "ceiling": self.ceiling,
            "owned": self.owned or None,
            "channels": sorted(self.channels) or None,
            "expires_at": self.expires_at,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True)
class Sandbox:
    """A place to work that only those see who hold a grant in it. Times in microseconds."""

    name: str
    expires_at: int

    def __post_init__(self) -> None:
        if not is_sandbox_name(self.name):
            raise InvalidGrantError(
                "A sandbox's name has 1 to 63 small letters, digits, points, dashes and underscores."
            )

    def as_json(self) -> dict[str, Any]:
        """What it says."""
        return {"name": self.name, "expires_at": self.expires_at}


@dataclass(frozen=True)
class Policy:
    """Everything that decides. ``digest`` (``sha256:…``) names the content; the order of what it holds is no part of it."""

    grants: tuple[Grant, ...] = ()
    sandboxes: tuple[Sandbox, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "grants", tuple({grant.id: grant for grant in sorted(self.grants, key=_id)}.values()))
        object.__setattr__(self, "sandboxes", tuple(sorted(set(self.sandboxes), key=lambda sandbox: sandbox.name)))

    @cached_property
    def digest(self) -> str:
        """The digest of the canonical JSON."""
        return "sha256:" + hashlib.sha256(canonical_json(self.as_json())).hexdigest()

    @cached_property
    def sandbox_names(self) -> frozenset[str]:
        """The names of the sandboxes that there are."""
        return frozenset(sandbox.name for sandbox in self.sandboxes)

    def held_by(self, principal: Principal, now: int) -> tuple[Grant, ...]:
        """The grants that the principal holds and that have not expired, in the order of their ids."""
        found = list(self._by_holder.get((principal.issuer, principal.subject, None), ()))
        for group in principal.groups:
            found += self._by_holder.get((principal.issuer, None, group), ())
        return tuple(sorted((grant for grant in found if grant.holds_at(now)), key=_id))

    @cached_property
    def _by_holder(self) -> dict[tuple[str | None, str | None, str | None], list[Grant]]:
        found: dict[tuple[str | None, str | None, str | None], list[Grant]] = {}
        for grant in self.grants:
            found.setdefault((grant.issuer, grant.subject, grant.group), []).append(grant)
        return found

    def as_json(self) -> dict[str, Any]:
        """What it says."""
        return {
            "grants": [grant.as_json() for grant in self.grants],
            "sandboxes": [sandbox.as_json() for sandbox in self.sandboxes],
        }


def _id(grant: Grant) -> str:
    return grant.id


def _check_text(name: str, text: str) -> None:
    if not 0 < len(text) <= _LONGEST_NAME or not text.isprintable() or text != text.strip():
        raise InvalidGrantError(
            f"The {name} of a grant is a text of 1 to {_LONGEST_NAME} characters that can be shown."
        )
