"""Names: one readable, deterministic, reversible URN for each entity.

``urn:lineage:<Kind>:<namespace>:<name>`` and, for versioned kinds, ``:<version>`` behind it. Each part is
percent-encoded UTF-8 (RFC 8141, RFC 3986); a version of ``*`` says that the version is not known, which is a
name of its own: "some version of orders". A version that is literally ``*`` reads ``%2A``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from graph_schema.catalogue import KINDS
from graph_schema.core import NAME_MAX

_PREFIX = "urn:lineage:"
_SAFE = "/@+,=~"
_PLAIN = re.compile(r"[A-Za-z0-9_.\-/@+,=~]*")
"""Most names, which need no encoding."""
_CONTROL = re.compile("[\x00-\x1f\x7f]")
UNKNOWN_VERSION = "*"
URN_MAX = 4096
"""Longest URN in bytes: a key of Neo4j's indexes has to fit a page."""


class UrnError(ValueError):
    """The text or the parts do not make a URN; the message says which rule is broken."""


@dataclass(frozen=True, slots=True)
class Urn:
    """The name of one entity, in parts. ``version`` is None for kinds without versions.

    ``version_unknown`` marks "some version"; ``version`` is None then too. Make one with :meth:`of` or
    :func:`parse_urn`, which check the parts.
    """

    kind: str
    namespace: str
    name: str
    version: str | None = None
    version_unknown: bool = False

    @classmethod
    def of(
        cls, kind: str, namespace: str, name: str, version: str | None = None, *, version_unknown: bool = False
    ) -> Urn:
        """Build and check. Raises UrnError."""
        _check_version(kind, version, version_unknown)
        for label, part in (("namespace", namespace), ("name", name), ("version", version)):
            if part is not None:
                _check_part(label, part)
        urn = cls(kind, namespace, name, version, version_unknown)
        if len(str(urn)) > URN_MAX:
            raise UrnError(f"the URN is longer than {URN_MAX} bytes")
        return urn

    def __str__(self) -> str:
        return _text(self.kind, self.namespace, self.name, self.version, self.version_unknown)

    @property
    def logical(self) -> Urn | None:
        """The asset that this is a version of; None for kinds without versions."""
        logical_kind = KINDS[self.kind].version_of
        return None if logical_kind is None else Urn(logical_kind, self.namespace, self.name)

    def of_unknown_version(self) -> Urn:
        """The name of "some version" of the same asset."""
        return Urn(self.kind, self.namespace, self.name, None, version_unknown=True)


def asset_of(text: str) -> str | None:
    """The URN of the asset that a canonical URN names a version of; None for kinds without versions."""
    kind, _, parts = text.removeprefix(_PREFIX).partition(":")
    logical = KINDS[kind].version_of
    return None if logical is None else f"{_PREFIX}{logical}:{parts.rpartition(':')[0]}"


def label(name: str, version: str | None, *, version_unknown: bool = False) -> str:
    """How a person calls it: ``orders v3``, ``orders (version unknown)``, ``checkout``."""
    if version_unknown:
        return f"{name} (version unknown)"
    if version is None:
        return name
    return f"{name} v{version}" if version[:1].isdigit() else f"{name} {version}"


@lru_cache(maxsize=16_384)
def parse_urn(text: str) -> Urn:
    """Read a URN back into its parts; ``str`` of the result equals ``text``. Raises UrnError."""
    if len(text) > URN_MAX:
        raise UrnError(f"a URN is at most {URN_MAX} bytes long")
    if not text.startswith(_PREFIX):
        raise UrnError(f"a URN starts with {_PREFIX}")
    kind, *parts = text.removeprefix(_PREFIX).split(":")
    if len(parts) not in (2, 3):
        raise UrnError("a URN has a kind, a namespace, a name and, for versioned kinds, a version, joined by colons")
    unknown = len(parts) == 3 and parts[2] == UNKNOWN_VERSION
    decoded = [_decode(part) for part in parts[: 2 if unknown else 3]]
    version = decoded[2] if len(decoded) == 3 else None
    urn = Urn.of(kind, decoded[0], decoded[1], version, version_unknown=unknown)
    if str(urn) != text:
        raise UrnError(f"the canonical form of this name is {urn}")
    return urn


def _check_version(kind: str, version: str | None, version_unknown: bool) -> None:
    known = KINDS.get(kind)
    if known is None:
        raise UrnError(f"{kind[:80]!r} is not a kind")
    if known.versioned != (version is not None or version_unknown):
        raise UrnError(
            f"a {kind} needs a version (or * where it is unknown)" if known.versioned else f"a {kind} has no version"
        )
    if version is not None and version_unknown:
        raise UrnError("a version cannot be known and unknown")


def _check_part(label: str, part: str) -> None:
    if not part:
        raise UrnError(f"the {label} is empty")
    if len(part) > NAME_MAX:
        raise UrnError(f"the {label} is longer than {NAME_MAX} characters")
    if _CONTROL.search(part):
        raise UrnError(f"the {label} contains a control character")
    if part != part.strip():
        raise UrnError(f"the {label} starts or ends with white space")
    try:
        part.encode()
    except UnicodeEncodeError:
        raise UrnError(f"the {label} is not valid Unicode (a lone surrogate)") from None


@lru_cache(maxsize=16_384)
def _text(kind: str, namespace: str, name: str, version: str | None, version_unknown: bool) -> str:
    parts = [kind, _encode(namespace), _encode(name)]
    if version_unknown:
        parts.append(UNKNOWN_VERSION)
    elif version is not None:
        parts.append(_encode(version))
    return _PREFIX + ":".join(parts)


@lru_cache(maxsize=16_384)
def _encode(part: str) -> str:
    return part if _PLAIN.fullmatch(part) else quote(part, safe=_SAFE)


def _decode(part: str) -> str:
    try:
        return unquote_to_bytes(part).decode()
    except UnicodeError:  # not UTF-8, or a lone surrogate in the text itself
        raise UrnError("a part of the URN is not percent-encoded UTF-8") from None
