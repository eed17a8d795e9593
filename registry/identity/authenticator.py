"""One place that turns the text of a credential into who asks, whichever sort it is."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import replace
from typing import Final

import structlog

from registry.errors import UnauthenticatedError
from registry.graph.database import Database
from registry.identity.administrator import Administrator
from registry.identity.authenticated import Authenticated
from registry.identity.oidc.issuer import Issuer
from registry.identity.oidc.verifier import Verifier
from registry.identity.process_tokens import ProcessTokens
from registry.identity.revoked_tokens import RevokedTokens, key_of
from registry.identity.service_tokens import ServiceTokens
from registry.identity.sessions import Sessions
from registry.identity.token_text import Sort, TokenText, digest_of
from registry.permission.principal import Method
from registry.settings import Settings

LONGEST_TOKEN: Final = 8_192
TRUSTED_SECONDS: Final = 5.0
"""How long a token that was found good is not looked up again: what another server revokes ends here within that time."""
_MOST_KNOWN: Final = 10_000
_INVALID: Final = "The token is not valid here."
_log = structlog.get_logger("lineage.identity")


class Authenticator:
    """Finds out who asks. Safe to use from several threads. Raises ConfigurationError for settings that cannot be used."""

    def __init__(self, settings: Settings, database: Database) -> None:
        issuer = Issuer.from_settings(settings)
        self.verifier = None if issuer is None else Verifier(issuer)
        self.service_tokens = ServiceTokens(database)
        self.process_tokens = ProcessTokens()
        self.sessions = Sessions(database)
        self.revoked = RevokedTokens(database)
        self._administrator = Administrator(settings, database)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Authenticated]] = OrderedDict()

    def known(self, text: str, *, session: bool = False) -> Authenticated | None:
        """Who asks, where that was found out a moment ago; None where it takes :meth:`authenticate`."""
        key = digest_of(text)
        with self._lock:
            until, found = self._known.get(key, (0.0, None))
        if found is None or until <= time.monotonic() or found.has_expired():
            return None
        return found if found.credential.startswith("session/") == session else None

    def authenticate(self, text: str, *, session: bool = False) -> Authenticated:
        """Who asks, by a token, or by the cookie of a ``session``; each only opens the way that it is for.

        May ask the database and the issuer. Raises UnauthenticatedError, IdentityProviderError and what the database
        raises.
        """
        found = self.known(text, session=session)
        if found is not None:
            return found
        try:
            found = self._session(text) if session else self._token(text)
        except UnauthenticatedError as error:
            _log.info("token refused", reason=error.reason)
            raise
        if found.has_expired():
            raise UnauthenticatedError("The token has expired.", reason="expired")
        self._keep(text, found)
        return found

    def was_good(self, text: str) -> bool:
        """Whether somebody came in with it not long ago, though it may be expired or revoked by now."""
        with self._lock:
            return digest_of(text) in self._known

    def forget(self) -> None:
        """Look every token up again: one was revoked."""
        with self._lock:
            self._known.clear()

    def _session(self, text: str) -> Authenticated:
        token = TokenText.read(text)
        found = self.sessions.find(token) if token is not None and token.sort is Sort.BROWSER else None
        if found is None:
            raise UnauthenticatedError("The session has ended.", reason="session is not known")
        if found.principal.method is Method.ADMINISTRATOR_TOKEN and not self._administrator.is_current(found.source):
            raise UnauthenticatedError("The session has ended.", reason="the administrator's token is another one now")
        return found

    def _token(self, text: str) -> Authenticated:
        if not 0 < len(text) <= LONGEST_TOKEN or not text.isascii():
            raise UnauthenticatedError(_INVALID, reason="length or characters")
        if self._administrator.is_given(text):
            return self._administrator.authenticated(text)
        token = TokenText.read(text)
        if token is not None:
            return self._own(token)
        if self.verifier is None or text.count(".") != 2:
            raise UnauthenticatedError(_INVALID, reason="not a token of the registry, and no issuer takes it")
        found, token_id = self.verifier.authenticate(text)
        if token_id is None:
            return found
        issuer = self.verifier.issuer.address
        if self.revoked.is_denied(issuer, token_id):
            raise UnauthenticatedError("The token was revoked.", reason="jti is denied")
        return replace(found, source=key_of(issuer, token_id))

    def _own(self, token: TokenText) -> Authenticated:
        find = {
            Sort.ADMINISTRATOR: self._administrator.find,
            Sort.SERVICE: self.service_tokens.find,
            Sort.PROCESS: self.process_tokens.find,
        }.get(token.sort)
        found = find(token) if find is not None else None
        if found is None:
            raise UnauthenticatedError(_INVALID, reason=f"{token.sort.name.lower()} token is not known")
        return found

    def _keep(self, text: str, found: Authenticated) -> None:
        if found.credential.startswith("process/"):
            return  # quick to find, and must end with the process
        with self._lock:
            self._known[digest_of(text)] = (time.monotonic() + TRUSTED_SECONDS, found)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
