"""What the local provider knows and does: its keys, its users, codes that wait to be redeemed, tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey

_CODE_SECONDS: Final = 60.0
_TOKEN_SECONDS: Final = 900
_KEYS_KEPT: Final = 2


class RefusedError(Exception):
    """The provider refuses; ``error`` is the code that OAuth has for it."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in, by naming themselves."""

    subject: str
    groups: tuple[str, ...] = ()
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client:
    """A program that may send its users here. Without a secret it is a public client: the code verifier alone proves it."""

    id: str
    redirect_uris: tuple[str, ...]
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Code:
    client: Client
    user: User
    redirect_uri: str
    challenge: str
    nonce: str | None
    until: float


class Provider:
    """One provider. Safe to use from several threads. ``issuer`` is set by who serves it."""

    def __init__(
        self,
        users: Sequence[User] = (),
        clients: Sequence[Client] = (),
        *,
        algorithm: str = "RS256",
        audience: str = "",
    ) -> None:
        self.issuer = ""
        self.users = {user.subject: user for user in users}
        self.clients = {client.id: client for client in clients}
        self.algorithm, self.audience = algorithm, audience
        self._lock = threading.Lock()
        self._codes: dict[str, _Code] = {}
        self._keys: list[RSAKey | ECKey] = []
        self.rotate()

    @property
    def key(self) -> RSAKey | ECKey:
        """The key that signs now."""
        return self._keys[-1]

    def rotate(self, *, forget: bool = False) -> None:
        """Sign with a new key from now on; the one before stays published unless it is to be forgotten."""
        parameters: KeyParameters = {"kid": secrets.token_hex(8), "use": "sig", "alg": self.algorithm}
        key: RSAKey | ECKey = (
            ECKey.generate_key("P-256", parameters)
            if self.algorithm.startswith("ES")
            else RSAKey.generate_key(2048, parameters)
        )
        with self._lock:
            self._keys = [key] if forget else [*self._keys[1 - _KEYS_KEPT :], key]

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
            "code_challenge_methods_supported": ["S256"],
        }

    def jwks(self) -> dict[str, Any]:
        """The public keys."""
        with self._lock:
            return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def issue(self, subject: str, audience: str | None = None, **claims: Any) -> str:
        """A signed token; ``claims`` replace or, where None, leave out what it says by itself."""
        now = int(time.time())
        user = self.users.get(subject, User(subject))
        said: dict[str, Any] = {
            "iss": self.issuer,
            "sub": subject,
            "aud": self.audience if audience is None else audience,
            "iat": now,
            "exp": now + _TOKEN_SECONDS,
            "jti": secrets.token_hex(8),
            "groups": list(user.groups),
            **user.claims,
            **claims,
        }
        header = {"alg": self.algorithm, "kid": self.key.kid}
        return jwt.encode(
            header, {name: value for name, value in said.items() if value is not None}, self.key, [self.algorithm]
        )

    def authorize(self, asked: Mapping[str, str], subject: str) -> str:
        """A code for a user who wants to come in at a client. Raises RefusedError."""
        client = self.client_of(asked)
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            raise RefusedError("invalid_request")
        if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
            raise RefusedError("invalid_request")
        user = self.users.get(subject)
        if user is None:
            raise RefusedError("access_denied")
        code = secrets.token_urlsafe(32)
        with self._lock:
            self._codes[code] = _Code(
                client,
                user,
                asked["redirect_uri"],
                asked["code_challenge"],
                asked.get("nonce"),
                time.monotonic() + _CODE_SECONDS,
            )
        return code

    def client_of(self, asked: Mapping[str, str]) -> Client:
        """The client that asks, whose address to go back to is one of its own. Raises RefusedError."""
        client = self.clients.get(asked.get("client_id", ""))
        if client is None or asked.get("redirect_uri") not in client.redirect_uris:
            raise RefusedError("unauthorized_client")
        return client

    def redeem(self, asked: Mapping[str, str], client_id: str, client_secret: str | None) -> dict[str, Any]:
        """The tokens for a code, which works once. Raises RefusedError."""
        with self._lock:
            code = self._codes.pop(asked.get("code", ""), None)
        if asked.get("grant_type") != "authorization_code" or code is None or code.until < time.monotonic():
            raise RefusedError("invalid_grant")
        if code.client.id != client_id or not hmac.compare_digest(code.client.secret or "", client_secret or ""):
            raise RefusedError("invalid_client")
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked.get("redirect_uri") != code.redirect_uri or not hmac.compare_digest(challenge, code.challenge):
            raise RefusedError("invalid_grant")
        return {
            "access_token": self.issue(code.user.subject),
            "id_token": self.issue(code.user.subject, client_id, nonce=code.nonce),
            "token_type": "Bearer",
            "expires_in": _TOKEN_SECONDS,
        }
