"""Where one secret of the deployment comes from: a value of the environment, or a file that is read again when it changes."""

from __future__ import annotations

import threading
from pathlib import Path

import structlog
from pydantic import SecretStr

from registry.errors import ConfigurationError

_MOST_BYTES = 1 << 20
_log = structlog.get_logger("lineage.secrets")


class SecretSource:
    """One secret. In no text that Python makes of it; safe to use from several threads."""

    def __init__(
        self, name: str, value: SecretStr | None = None, path: Path | None = None, *, quiet: bool = False
    ) -> None:
        """``name`` is the setting's; its file is the setting ``<name>_FILE``. A value goes before a file.

        ``quiet``: nothing is logged, for who reads it while logging.
        """
        self.name = name
        self.path = path
        self._value = value
        self._quiet = quiet
        self._read: tuple[tuple[int, int, int], str] | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SecretSource({self.name})"

    @property
    def given(self) -> bool:
        """Whether the deployment says where the secret is."""
        return self._value is not None or self.path is not None

    def current(self) -> str | None:
        """The secret as it is now; None where none is given. A file is read again once it was replaced or changed.

        Raises ConfigurationError, whose text has nothing of the content, where a file could never be read. One that
        cannot be read any more leaves the last content in force.
        """
        if self._value is not None:
            return self._value.get_secret_value()
        if self.path is None:
            return None
        with self._lock:
            return self._from_file(self.path)

    def _from_file(self, path: Path) -> str:
        try:
            status = path.stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if self._read is None or self._read[0] != seen:
                self._take(seen, _content(path, status.st_size))
        except (OSError, UnicodeDecodeError) as error:
            if self._read is None:
                raise ConfigurationError(
                    f"The file that {self.name}_FILE names ({path}) cannot be read: {type(error).__name__}.",
                    hint=f"Point {self.name}_FILE at a readable text file, or set {self.name}.",
                ) from error
            if not self._quiet:
                _log.warning("secret file cannot be read; the last content stays in force", setting=f"{self.name}_FILE")
        return "" if self._read is None else self._read[1]

    def _take(self, seen: tuple[int, int, int], content: str) -> None:
        changed = self._read is not None and self._read[1] != content
        self._read = (seen, content)
        if changed and not self._quiet:
            _log.info("secret reloaded", setting=f"{self.name}_FILE")


def _content(path: Path, size: int) -> str:
    if size > _MOST_BYTES:
        raise OSError("too long for a secret")
    return path.read_text(encoding="utf-8").rstrip("\r\n")
