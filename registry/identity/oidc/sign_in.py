"""Signing in at the issuer with a browser: authorization code with PKCE, a state, and a nonce in the identity token."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import quote, urlencode, urlsplit

import httpx

from registry.errors import ConfigurationError, IdentityProviderError, UnauthenticatedError
from registry.identity.authenticated import Authenticated
from registry.identity.oidc.documents import read_object
from registry.identity.oidc.verifier import Verifier
from registry.identity.token_text import same
from registry.permission.principal import Method
from registry.settings import Settings

_SECONDS: Final = 10.0
_MOST_BYTES: Final = 262_144
_REFUSED: Final = "Signing in did not work."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in, which the browser keeps in a cookie until it comes back. Not shown in a ``repr``."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def begin(cls) -> Self:
        """A new one."""
        return cls(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        """What the issuer holds the code verifier to."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class SignIn:
    """Signing in as one client of the issuer. Blocks while it asks the issuer."""

    def __init__(self, verifier: Verifier, settings: Settings) -> None:
        """Raises ConfigurationError where the settings name no client, or scopes without ``openid``."""
        if settings.oidc_client_id is None:
            raise ConfigurationError("LINEAGE_OIDC_CLIENT_ID is not set.")
        if "openid" not in settings.oidc_scopes.split():
            raise ConfigurationError("LINEAGE_OIDC_SCOPES does not name openid.")
        self._verifier, self._client, self._scopes = verifier, settings.oidc_client_id, settings.oidc_scopes
        self._secret = settings.oidc_client_secret_source

    def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send the browser. Raises IdentityProviderError."""
        endpoint = self._verifier.discovery.address("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": redirect_uri,
            "scope": self._scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    def finish(self, attempt: Attempt, code: str, redirect_uri: str) -> Authenticated:
        """Who has signed in, by the code that the browser brought. Raises UnauthenticatedError, IdentityProviderError."""
        text = self._redeem(attempt, code, redirect_uri).get("id_token")
        if not isinstance(text, str):
            raise IdentityProviderError("The identity provider gives no identity token.")
        token = self._verifier.verify(text, audience=self._client)
        if token.claims.get("azp", self._client) != self._client:
            raise UnauthenticatedError(_REFUSED, reason="azp")
        nonce = token.claims.get("nonce")
        if not isinstance(nonce, str) or not same(nonce, attempt.nonce):
            raise UnauthenticatedError(_REFUSED, reason="nonce")
        return Authenticated(self._verifier.principal(token, Method.SESSION), "sign-in", token.expires_at)

    def _redeem(self, attempt: Attempt, code: str, redirect_uri: str) -> dict[str, Any]:
        endpoint = self._verifier.discovery.address("token_endpoint")
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._client,
            "code_verifier": attempt.verifier,
        }
        secret = self._secret.current()
        proof = None if secret is None else httpx.BasicAuth(quote(self._client, safe=""), quote(secret, safe=""))
        direct = urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")
        try:
            with httpx.Client(timeout=_SECONDS, trust_env=not direct, follow_redirects=False, auth=proof) as client:
                answer = client.post(endpoint, data=body, headers={"Accept": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IdentityProviderError(f"The identity provider does not answer: {type(error).__name__}.") from error
        if answer.is_client_error:
            raise UnauthenticatedError(_REFUSED, reason=f"the issuer refuses the code with status {answer.status_code}")
        if not answer.is_success or len(answer.content) > _MOST_BYTES:
            raise IdentityProviderError(f"The identity provider answers with status {answer.status_code}.")
        return read_object(answer.content)
