"""Whether a token is the issuer's and for this registry; the principal that it speaks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, extract_compact

from graph_schema.urn import UrnError, parse_urn
from registry.errors import UnauthenticatedError
from registry.identity.authenticated import Authenticated
from registry.identity.oidc.claims import INVALID, check_audience, check_text, check_time, read_names, read_subject
from registry.identity.oidc.issuer import Discovery, Issuer
from registry.identity.oidc.keys import SigningKeys
from registry.permission.principal import Method, Principal

_REFUSED_HEADERS: Final = frozenset({"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip", "enc"})
"""Headers by which a token could bring its own key, or change what is signed. Keys come from the issuer alone."""
_TYPES: Final = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_LONGEST_KEY_ID: Final = 256


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that holds: all its claims, and until when (seconds since 1970, the leeway included)."""

    claims: Mapping[str, Any]
    expires_at: float

    @property
    def id(self) -> str | None:
        """Its ``jti``, by which it can be revoked; None where the issuer gives none."""
        value = self.claims.get("jti")
        return value if isinstance(value, str) else None


class Verifier:
    """Verifies tokens of one issuer. Safe to use from several threads; blocks while keys are fetched."""

    def __init__(self, issuer: Issuer, *, clock: Callable[[], float] = time.time) -> None:
        self.issuer = issuer
        self.discovery = Discovery(issuer.address)
        self.keys = SigningKeys(lambda: self.discovery.address("jwks_uri"))
        self._clock = clock
        self._registry = JWSRegistry(algorithms=sorted(issuer.algorithms), strict_check_header=False)

    def verify(self, text: str, *, audience: str | None = None) -> VerifiedToken:
        """The token, once signature, issuer, audience and times are checked.

        ``audience`` stands in for the configured one. Raises UnauthenticatedError, whose reason is for the log, and
        IdentityProviderError.
        """
        header = self._header(text)
        key = self.keys.find(header.get("kid"))
        if key is None:
            raise UnauthenticatedError(INVALID, reason="kid is not known")
        try:
            claims = jwt.decode(text, key, algorithms=sorted(self.issuer.algorithms), registry=self._registry).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise UnauthenticatedError(INVALID, reason=type(error).__name__) from None
        check_text(claims, "iss", self.issuer.address)
        check_audience(claims, audience or self.issuer.audience, self.issuer.trusted_audiences)
        return VerifiedToken(claims, check_time(claims, self._clock(), self.issuer.leeway))

    def principal(self, token: VerifiedToken, method: Method = Method.OIDC) -> Principal:
        """Who a verified token speaks for. Raises UnauthenticatedError."""
        issuer = self.issuer
        agents = read_names(token.claims, issuer.agents_claim) if issuer.agents_claim else frozenset()
        return Principal(
            read_subject(token.claims),
            method,
            issuer.address,
            read_names(token.claims, issuer.groups_claim),
            frozenset(urn for urn in agents if _is_urn(urn)),
        )

    def authenticate(self, text: str) -> tuple[Authenticated, str | None]:
        """Who the token speaks for, and its ``jti``. Raises what :meth:`verify` raises."""
        token = self.verify(text)
        return Authenticated(self.principal(token), f"oidc/{token.id or '-'}", token.expires_at), token.id

    def _header(self, text: str) -> Mapping[str, Any]:
        try:
            header = extract_compact(text.encode(), registry=self._registry).protected
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise UnauthenticatedError(INVALID, reason=type(error).__name__) from None
        refused = _REFUSED_HEADERS & set(header)
        if refused:
            raise UnauthenticatedError(INVALID, reason=f"header {sorted(refused)[0]}")
        if header.get("alg") not in self.issuer.algorithms:
            raise UnauthenticatedError(INVALID, reason="alg")
        if str(header.get("typ", "jwt")).lower() not in _TYPES:
            raise UnauthenticatedError(INVALID, reason="typ")
        key_id = header.get("kid")
        if key_id is not None and not (isinstance(key_id, str) and 0 < len(key_id) <= _LONGEST_KEY_ID):
            raise UnauthenticatedError(INVALID, reason="kid")
        return header


def _is_urn(text: str) -> bool:
    try:
        parse_urn(text)
    except UrnError:
        return False
    return True
