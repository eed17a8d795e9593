"""The keys that an issuer signs with, as it publishes them; it may change them at any time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from registry.errors import IdentityProviderError
from registry.identity.oidc.documents import fetch_object

REFRESH_SECONDS: Final = 30.0
"""Keys are fetched at most so often, whatever key ids tokens name."""
_FRESH_SECONDS: Final = 600.0
"""A key that the issuer takes back stops working within this time."""
_LAST_SECONDS: Final = 86_400.0
"""How long known keys serve while the issuer does not answer."""
_MOST_KEYS: Final = 100
_SMALLEST_RSA: Final = 2_048
_log = structlog.get_logger("lineage.identity")

PublicKey = RSAKey | ECKey | OKPKey
_SORTS: Final[Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


class SigningKeys:
    """The public keys of an issuer, by key id. Safe to use from several threads."""

    def __init__(self, address: Callable[[], str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._address, self._clock = address, clock
        self._lock = threading.Lock()
        self._keys: dict[str | None, PublicKey] = {}
        self._fetched = self._tried = float("-inf")

    def find(self, key_id: str | None) -> PublicKey | None:
        """The key of that id; without an id, the only key. None where the issuer has none such.

        Raises IdentityProviderError where no keys are known and none can be fetched.
        """
        with self._lock:
            now = self._clock()
            key = self._look_up(key_id)
            stale = now - self._fetched > _FRESH_SECONDS
            if (key is None or stale) and now - self._tried >= REFRESH_SECONDS:
                self._tried = now
                self._refresh(now)
                key = self._look_up(key_id)
            if now - self._fetched > _LAST_SECONDS:
                raise IdentityProviderError("The identity provider's keys are not known.")
            return key

    def _look_up(self, key_id: str | None) -> PublicKey | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    def _refresh(self, now: float) -> None:
        try:
            self._keys = _read_keys(fetch_object(self._address()))
            self._fetched = now
        except IdentityProviderError as error:
            _log.warning("keys of the identity provider cannot be fetched", problem=error.message)


def _read_keys(document: Mapping[str, Any]) -> dict[str | None, PublicKey]:
    """The keys that can verify signatures. What is no such key is left out: issuers publish others beside them."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise IdentityProviderError("The identity provider's keys are not in their form.")
    found: dict[str | None, PublicKey] = {}
    for item in listed:
        key = _read_key(item)
        if key is not None:
            found[item.get("kid")] = key
    return found


def _read_key(item: Any) -> PublicKey | None:
    if not isinstance(item, dict) or item.get("use", "sig") != "sig" or not isinstance(item.get("kid", ""), str):
        return None
    sort = _SORTS.get(str(item.get("kty")))
    if sort is None or "d" in item:  # symmetric, of a sort to come, or private
        return None
    try:
        key: PublicKey = sort.import_key(item)
        weak = isinstance(key, RSAKey) and key.raw_value.key_size < _SMALLEST_RSA
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if weak else key
