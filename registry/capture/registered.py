"""Which captures there are: ours, and those that other packages offer through the entry-point group."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

from registry.capture.source import ENTRY_POINTS, Capture
from registry.errors import ConfigurationError, NotFoundError


@dataclass(frozen=True, slots=True)
class Offer:
    """A capture that an installed package offers; not loaded yet."""

    name: str
    package: str
    entry_point: EntryPoint

    def load(self) -> Capture:
        """The capture. Raises ConfigurationError, naming the package, where it cannot be loaded or is none."""
        try:
            found = self.entry_point.load()
            capture = found() if isinstance(found, type) else found
        except Exception as error:
            raise ConfigurationError(
                f"The capture {self.name} of {self.package} cannot be loaded: {type(error).__name__}: {error}.",
                hint=f"Install {self.package} again with what it needs, or remove it.",
            ) from error
        if not isinstance(capture, Capture):
            raise ConfigurationError(
                f"{self.entry_point.value} of {self.package} is no capture: it lacks what the protocol asks for.",
                hint="See docs/how-to/add-a-capture.md.",
            )
        return capture


def offers() -> dict[str, Offer]:
    """Every capture on offer, by name, in order of names. Where two have one name, the first package holds it."""
    found: dict[str, Offer] = {}
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda item: (item.name, _package(item))):
        found.setdefault(point.name, Offer(point.name, _package(point), point))
    return found


def find_capture(name: str) -> Capture:
    """The capture of that name. Raises NotFoundError, with near names, and ConfigurationError."""
    known = offers()
    if name in known:
        return known[name].load()
    raise NotFoundError(
        f"No capture is called {name[:80]!r}.",
        hint="`lineage captures` lists them.",
        suggestions=get_close_matches(name, list(known), n=3),
    )


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"
