"""Tokens for processes that the server starts itself: known to this process alone, and gone with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from registry.identity.authenticated import Authenticated
from registry.identity.token_text import Sort, TokenText
from registry.permission.principal import Method, Principal


class ProcessTokens:
    """Lends tokens to child processes. Nothing is stored; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lent: dict[str, tuple[str, Principal]] = {}

    @contextmanager
    def lend(self, subject: str) -> Iterator[str]:
        """A token that speaks for the server itself under the name ``subject``, as long as the block lasts."""
        token = TokenText.make(Sort.PROCESS)
        with self._lock:
            self._lent[token.id] = (token.digest, Principal(subject, Method.PROCESS))
        try:
            yield token.text
        finally:
            with self._lock:
                del self._lent[token.id]

    def find(self, token: TokenText) -> Authenticated | None:
        """Who it speaks for; None where it was not lent, or given back."""
        with self._lock:
            lent = self._lent.get(token.id)
        if lent is None or not token.has_digest(lent[0]):
            return None
        return Authenticated(lent[1], f"process/{token.id}")
