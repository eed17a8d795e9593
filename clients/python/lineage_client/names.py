"""Names of entities: ``urn:lineage:<Kind>:<namespace>:<name>[:<version>]``, parts percent-encoded."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote

_PREFIX = "urn:lineage:"
_SAFE = "/@+,=~"
UNKNOWN_VERSION = "*"
"""The version of "some version, nobody recorded which"; one that is literally ``*`` reads ``%2A``."""


def urn(kind: str, namespace: str, name: str, version: str | None = None, *, version_unknown: bool = False) -> str:
    """The URN of these parts, whatever characters are in them. The server checks what it names."""
    parts = [kind, *(quote(part, safe=_SAFE) for part in (namespace, name))]
    if version_unknown:
        parts.append(UNKNOWN_VERSION)
    elif version is not None:
        parts.append(quote(version, safe=_SAFE))
    return _PREFIX + ":".join(parts)


def expanded(name: str) -> str:
    """A whole URN for a URN, or for its short form ``Kind:namespace:name[:version]`` without the prefix."""
    return name if name.startswith("urn:") else _PREFIX + name


class Parts(NamedTuple):
    """What a URN consists of, decoded. ``version`` is None for kinds without versions and where none is known."""

    kind: str
    namespace: str
    name: str
    version: str | None
    version_unknown: bool

    @property
    def label(self) -> str:
        """How a person calls it: ``orders v3``, ``orders (version unknown)``, ``checkout``."""
        if self.version_unknown:
            return f"{self.name} (version unknown)"
        if self.version is None:
            return self.name
        return f"{self.name} {'v' if self.version[:1].isdigit() else ''}{self.version}"


def parts_of(urn: str) -> Parts:
    """The parts of a URN as the server writes it; of anything else, the whole text as the name."""
    kind, *parts = urn.removeprefix(_PREFIX).split(":")
    if not urn.startswith(_PREFIX) or len(parts) not in (2, 3):
        return Parts("", "", urn, None, version_unknown=False)
    namespace, name, *version = (unquote(part) for part in parts)
    unknown = parts[2:] == [UNKNOWN_VERSION]
    return Parts(kind, namespace, name, None if unknown or not version else version[0], unknown)
