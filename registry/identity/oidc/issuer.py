"""One issuer as it is configured, and what its discovery document says."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any, Final, Self

from registry.errors import ConfigurationError, IdentityProviderError
from registry.identity.oidc.documents import check_address, fetch_object
from registry.settings import Settings

ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"}
)
"""Signatures that need a private key to make; never ``none`` or HS…, whose key the verifier would hold too."""
MOST_LEEWAY: Final = 60
_KEPT_SECONDS: Final = 3_600.0
_PAUSE_SECONDS: Final = 5.0
"""How long an issuer that did not answer is not asked again: whoever waits meanwhile hears so at once."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who may sign tokens, for whom, and how.

    ``groups_claim`` and ``agents_claim`` name claims, with dots between nested ones. ``trusted_audiences`` are who else a
    token may be for.
    """

    address: str
    audience: str
    algorithms: frozenset[str]
    leeway: int
    groups_claim: str
    agents_claim: str | None = None
    trusted_audiences: frozenset[str] = frozenset()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """The issuer that the settings name; None where they name none. Raises ConfigurationError."""
        if settings.oidc_issuer is None:
            return None
        if not settings.oidc_audience:
            raise ConfigurationError(
                "LINEAGE_OIDC_ISSUER is set without LINEAGE_OIDC_AUDIENCE.",
                hint="Tokens for other programs must not open this one: set the audience that the issuer writes for it.",
            )
        algorithms = _names(settings.oidc_algorithms)
        if not algorithms or not algorithms <= ALGORITHMS:
            raise ConfigurationError(
                "LINEAGE_OIDC_ALGORITHMS names what is not taken.", hint=f"Taken are {', '.join(sorted(ALGORITHMS))}."
            )
        return cls(
            check_address(settings.oidc_issuer, "LINEAGE_OIDC_ISSUER"),
            settings.oidc_audience,
            algorithms,
            settings.oidc_leeway_seconds,
            settings.oidc_groups_claim,
            settings.oidc_agents_claim,
            _names(settings.oidc_trusted_audiences),
        )


def _names(text: str) -> frozenset[str]:
    return frozenset(item.strip() for item in text.split(",") if item.strip())


class Discovery:
    """The discovery document of an issuer, fetched when it is first needed. Safe to use from several threads."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._lock = threading.Lock()
        self._document: dict[str, Any] | None = None
        self._fetched = 0.0
        self._failed: tuple[float, IdentityProviderError] | None = None

    def address(self, name: str) -> str:
        """The address that the document has under a name, such as ``jwks_uri``.

        Raises IdentityProviderError, also where the document is another issuer's or the address is not safe.
        """
        value = self._read().get(name)
        if not isinstance(value, str):
            raise IdentityProviderError(f"The identity provider's discovery document has no {name}.")
        try:
            return check_address(value, name)
        except ConfigurationError as error:
            raise IdentityProviderError(error.message) from None

    def _read(self) -> dict[str, Any]:
        with self._lock:
            if self._document is None or time.monotonic() - self._fetched > _KEPT_SECONDS:
                self._document = self._fetch(self._document)
                self._fetched = time.monotonic()
            return self._document

    def _fetch(self, before: dict[str, Any] | None) -> dict[str, Any]:
        if before is None and self._failed is not None and time.monotonic() - self._failed[0] < _PAUSE_SECONDS:
            raise IdentityProviderError(self._failed[1].message)
        try:
            document = fetch_object(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        except IdentityProviderError as error:
            if before is None:
                self._failed = (time.monotonic(), error)
                raise
            return before
        if document.get("issuer") != self._issuer:
            raise IdentityProviderError("The discovery document is another issuer's than LINEAGE_OIDC_ISSUER names.")
        return document
