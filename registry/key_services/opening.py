"""The key services of a process: opened when a key of theirs is first asked for, and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from registry.errors import ConfigurationError, RegistryError
from registry.key_services.service import ENTRY_POINTS, KeyService
from registry.key_services.transit import TransitService
from registry.settings import Settings

_OURS: dict[str, Callable[[Settings], KeyService]] = {"vault": TransitService}


class KeyServices:
    """The services that settings lead to, by name. Safe to use from several threads."""

    def __init__(self, settings: Settings) -> None:
        """Touches nothing yet."""
        self._settings = settings
        self._open: dict[str, KeyService] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"KeyServices({', '.join(self._open)})"

    def get(self, name: str) -> KeyService:
        """The service of that name; no connection is made. Raises ConfigurationError where none is offered or set up."""
        with self._lock:
            if name not in self._open:
                self._open[name] = _make(name, self._settings)
            return self._open[name]


def _make(name: str, settings: Settings) -> KeyService:
    try:
        service: Any = (_OURS.get(name) or _offered(name))(settings)
    except RegistryError:
        raise
    except Exception as error:  # noqa: BLE001 - it is another package's code
        raise ConfigurationError(
            f"The key service {name} cannot be used: {type(error).__name__}.",
            hint="Install the package that offers it again, with what it needs.",
        ) from None
    if not isinstance(service, KeyService):
        raise ConfigurationError(f"What is offered as the key service {name} lacks what the protocol asks for.")
    return service


def _offered(name: str) -> Callable[[Settings], Any]:
    found = entry_points(group=ENTRY_POINTS, name=name)
    if not found:
        raise ConfigurationError(
            f"No key service is called {name!r}.",
            hint=f"`vault` is there; others come with a package that offers them as {ENTRY_POINTS}.",
        )
    made: Callable[[Settings], Any] = sorted(found, key=lambda item: item.value)[0].load()
    return made
