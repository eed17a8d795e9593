"""HTTPS of the API: the certificate and key that the settings name, taken up again when their files change."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path
from typing import Any, Final

import structlog

from registry.errors import ConfigurationError
from registry.settings import Settings

_HINT: Final = "LINEAGE_TLS_CERT_FILE is a certificate with its chain, LINEAGE_TLS_KEY_FILE its private key without a password, both in PEM."
_log = structlog.get_logger("lineage.tls")
_Seen = tuple[tuple[int, int, int], ...]


def tls_of(settings: Settings) -> ReloadingContext | None:
    """What serves HTTPS, None where the settings name no certificate.

    Raises ConfigurationError where one of the two files is missing, unreadable, or not of the other.
    """
    if settings.tls_cert_file is None and settings.tls_key_file is None:
        return None
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        missing = "LINEAGE_TLS_CERT_FILE" if settings.tls_cert_file is None else "LINEAGE_TLS_KEY_FILE"
        raise ConfigurationError(f"{missing} is not set, and the other of the two is.", hint=_HINT)
    return ReloadingContext(settings.tls_cert_file, settings.tls_key_file)


class ReloadingContext:
    """A TLS context whose new connections get the certificate that is in the files when they begin."""

    def __init__(self, certificate: Path, key: Path) -> None:
        """Raises ConfigurationError, whose text has nothing of the key."""
        self._files = (certificate, key)
        self._lock = threading.Lock()
        try:
            self._seen = self._look()
            self._current = self._load()
        except (OSError, ssl.SSLError, ValueError) as error:
            raise ConfigurationError(
                f"The certificate and key of the API cannot be used: {type(error).__name__}.", hint=_HINT
            ) from error
        self.context = self._load()
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._fresh()

    def _fresh(self) -> ssl.SSLContext:
        with self._lock:
            try:
                seen = self._look()
                if seen != self._seen:
                    self._current, self._seen = self._load(), seen
                    _log.info("certificate reloaded")
            except (
                OSError,
                ssl.SSLError,
                ValueError,
            ) as error:  # half written, most often: the next connection looks again
                _log.warning("certificate cannot be reloaded", error=type(error).__name__)
            return self._current

    def _look(self) -> _Seen:
        return tuple(
            (status.st_mtime_ns, status.st_ino, status.st_size) for status in (item.stat() for item in self._files)
        )

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(*self._files, password=_no_password)
        return context


def _no_password() -> Any:
    raise ValueError("the key is encrypted")  # else OpenSSL would ask for it on the terminal
