"""Who asks: somebody, or a program, that has proved who they are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from registry.ledger.canonical import canonical_json


class Method(StrEnum):
    """How somebody proved who they are."""

    ADMINISTRATOR_TOKEN = "administrator-token"  # noqa: S105 - the name of a method
    SERVICE_TOKEN = "service-token"  # noqa: S105 - the name of a method
    OIDC = "oidc"
    SESSION = "session"
    NONE = "none"  # nobody proved anything
    PROCESS = "process"  # the server itself, and what starts with its rights


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``subject`` is unique within ``issuer`` (None: this registry) and holds no personal data.

    ``groups`` are what grants may name beside the subject. ``agents`` are the URNs of the persons, teams and services
    that the principal is or acts for: what they own, the principal owns.
    """

    subject: str
    method: Method
    issuer: str | None = None
    groups: frozenset[str] = field(default=frozenset())
    agents: frozenset[str] = field(default=frozenset())

    @property
    def identity(self) -> str:
        """Names who it is, whichever way they signed in at their issuer: what belongs to them is kept with it.

        Nobody is taken for the administrator token or for the server itself, whatever their subject.
        """
        itself = self.method.value if self.method in (Method.ADMINISTRATOR_TOKEN, Method.PROCESS) else None
        return hashlib.sha256(canonical_json([self.issuer, self.subject, itself])).hexdigest()


NOBODY = Principal("nobody", Method.NONE)
"""Who asks without having proved who they are."""

PROCESS = Principal("registry", Method.PROCESS)
"""The server acting by itself: retention, migrations, what it was told to do at its start."""
