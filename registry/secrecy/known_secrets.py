"""The secrets that a process knows, as they are now: what no log line may have in it."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from registry.errors import ConfigurationError
from registry.key_services.service import KeyReference
from registry.secrecy.key_encryption import FILE_NAME
from registry.secrecy.secret_source import SecretSource
from registry.settings import Settings

_FILE = "_file"


class KnownSecrets:
    """Every secret setting and what its file holds, read again when a file changes. Reading them logs nothing."""

    def __init__(self, settings: Settings) -> None:
        given = [name for name in type(settings).model_fields if _is_secret(settings, name)]
        self._sources = [
            SecretSource(name, getattr(settings, name), getattr(settings, f"{name}{_FILE}", None), quiet=True)
            for name in given
        ]
        managed = settings.data_dir.expanduser() / FILE_NAME
        self._sources.append(SecretSource(FILE_NAME, None, managed, quiet=True))

    def __call__(self) -> list[str]:
        """The secrets, each line of one by itself, the longest first. The name of a key in a service is none."""
        lines = {line.strip() for source in self._sources for line in _content(source).replace(",", "\n").splitlines()}
        return sorted((line for line in lines if line and KeyReference.parse(line) is None), key=len, reverse=True)


def _is_secret(settings: Settings, name: str) -> bool:
    """Whether a setting holds a secret, or its file does."""
    value = getattr(settings, name)
    return isinstance(value, SecretStr) or (
        value is None and isinstance(getattr(settings, f"{name}{_FILE}", None), Path)
    )


def _content(source: SecretSource) -> str:
    try:
        return source.current() or ""
    except ConfigurationError:  # whoever needs it says so
        return ""
