"""Roles that people and programs have, permissions that routes and fields need, and which role has which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What a route, a field or a write needs."""

    PUBLIC = "public"  # whoever asks, without a credential
    SIGNED_IN = "signed-in"  # whoever has proved who they are
    READ = "read"
    EXPORT = "export"
    WRITE = "write"
    APPROVE = "approve"
    READ_SENSITIVE = "read-sensitive"
    AUDIT = "audit"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What a grant makes of somebody, in the namespaces that it names."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


_READING = frozenset({Permission.READ, Permission.EXPORT})

PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.READER: _READING,
        Role.CONTRIBUTOR: _READING | {Permission.WRITE},
        Role.APPROVER: _READING | {Permission.APPROVE},
        Role.AUDITOR: _READING | {Permission.READ_SENSITIVE, Permission.AUDIT},
        Role.ADMINISTRATOR: frozenset(Permission) - {Permission.PUBLIC, Permission.SIGNED_IN},
    }
)
"""What each role may do. ``public`` and ``signed-in`` need no role."""

APPROVERS_WRITE = frozenset({"Approval", "Decision", "Policy"})
"""Kinds that are written by those who may approve, and by nobody who may only contribute."""

REGISTRY_WIDE = frozenset({Permission.AUDIT, Permission.ADMINISTER})
"""What, asked for without naming a namespace, needs a role in every namespace."""


def needed(permission: Permission, kind: str | None) -> Permission:
    """What a permission comes down to for one kind: writing an approval takes the permission to approve."""
    return Permission.APPROVE if permission is Permission.WRITE and kind in APPROVERS_WRITE else permission
