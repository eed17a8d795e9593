"""Whom to believe, and about what: a TOML file of keys, each with the predicates, namespaces and kinds that it may attest.

Nothing is trusted that is not named. The file decides on the machine that verifies, not what the registry says.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from graph_schema.catalogue import KINDS
from graph_schema.urn import UrnError, parse_urn
from registry.attestation.public_keys import PublicKey, read_public_key
from registry.errors import InvalidAttestationError, InvalidKeyError

MAX_TRUST_FILE: Final = 1024 * 1024
EVERYTHING: Final = ("*",)
_SCOPE: Final = ("predicates", "namespaces", "kinds", "not_after")


@dataclass(frozen=True, slots=True)
class Scope:
    """What somebody may attest: patterns with ``*`` of predicate types and namespaces, kinds, and until when (seconds)."""

    predicates: tuple[str, ...] = EVERYTHING
    namespaces: tuple[str, ...] = EVERYTHING
    kinds: tuple[str, ...] = EVERYTHING
    not_after: float | None = None

    def refusal(self, predicate_type: str, urn: str | None, now: float) -> str | None:
        """Why this may not be attested, in words; None where it may. ``urn`` None asks about the predicate alone."""
        if self.not_after is not None and now > self.not_after:
            return "is no longer trusted"
        if not _fits(predicate_type, self.predicates):
            return f"may not attest {predicate_type[:200]}"
        if urn is None:
            return None
        try:
            named = parse_urn(urn)
        except UrnError:
            return "may not attest what has no URN of the registry"
        if not _fits(named.namespace, self.namespaces):
            return f"may not attest what is in the namespace {named.namespace[:200]}"
        return None if _fits(named.kind, self.kinds) else f"may not attest a {named.kind}"


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A key and what it may attest."""

    key: PublicKey
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class TrustedCertificates:
    """Roots whose certificates sign models, and the identities (names in the certificate) that are believed."""

    name: str
    roots: Path
    identities: tuple[str, ...]
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class TrustedIdentity:
    """An identity that signs without a key of its own, the issuer that vouches for it, and the roots of that (a file)."""

    identity: str
    issuer: str
    trust_config: Path
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class Trust:
    """Everybody who is believed."""

    keys: tuple[TrustedKey, ...] = ()
    certificates: tuple[TrustedCertificates, ...] = ()
    identities: tuple[TrustedIdentity, ...] = field(default=())

    def and_keys(self, keys: Iterable[PublicKey]) -> Trust:
        """The same, with keys that may attest anything: whoever verifies has named them."""
        return Trust((*self.keys, *(TrustedKey(key) for key in keys)), self.certificates, self.identities)


def read_trust_file(path: Path) -> Trust:
    """What a trust file says. Raises InvalidAttestationError for what is not in its form, InvalidKeyError for bad keys."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_TRUST_FILE + 1)
    except OSError as error:
        raise InvalidAttestationError(f"The trust file cannot be read: {error.strerror}.") from None
    if len(content) > MAX_TRUST_FILE:
        raise InvalidAttestationError(f"The trust file has more than {MAX_TRUST_FILE:,} bytes.")
    try:
        return _trust(tomllib.loads(content.decode()), path.parent)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidAttestationError(f"The trust file is not TOML: {error}.") from None


def _trust(said: dict[str, Any], folder: Path) -> Trust:
    _only(said, ("key", "certificate", "identity"), "the trust file")
    return Trust(
        tuple(_key(item, folder) for item in _tables(said, "key")),
        tuple(_certificates(item, folder) for item in _tables(said, "certificate")),
        tuple(_identity(item, folder) for item in _tables(said, "identity")),
    )


def _key(said: dict[str, Any], folder: Path) -> TrustedKey:
    _only(said, ("name", "key", "file", *_SCOPE), "a key")
    if ("key" in said) == ("file" in said):
        raise InvalidAttestationError("A trusted key has either key, its text, or file, where it is.")
    text = _text(said, "key") if "key" in said else _content(folder / _text(said, "file"))
    name = _text(said, "name") if "name" in said else None
    return TrustedKey(read_public_key(text, name), _scope(said))


def _certificates(said: dict[str, Any], folder: Path) -> TrustedCertificates:
    _only(said, ("name", "roots", "identities", *_SCOPE), "certificates")
    roots = folder / _text(said, "roots")
    _content(roots)
    return TrustedCertificates(_text(said, "name"), roots, _texts(said, "identities"), _scope(said))


def _identity(said: dict[str, Any], folder: Path) -> TrustedIdentity:
    _only(said, ("identity", "issuer", "trust_config", *_SCOPE), "an identity")
    config = folder / _text(said, "trust_config")
    _content(config)
    return TrustedIdentity(_text(said, "identity"), _text(said, "issuer"), config, _scope(said))


def _scope(said: dict[str, Any]) -> Scope:
    kinds = _texts(said, "kinds") if "kinds" in said else EVERYTHING
    unknown = [kind for kind in kinds if kind not in KINDS and kind != "*"]
    if unknown:
        raise InvalidAttestationError(f"The trust file names {unknown[0][:80]!r}, which is no kind.")
    until = said.get("not_after")
    if until is not None and not isinstance(until, datetime):
        raise InvalidAttestationError("not_after is a time in TOML, such as 2027-01-01T00:00:00Z.")
    seconds = until.replace(tzinfo=until.tzinfo or UTC).timestamp() if until is not None else None
    return Scope(_texts(said, "predicates"), _texts(said, "namespaces"), kinds, seconds)


def _fits(value: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in patterns)


def _tables(said: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = said.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise InvalidAttestationError(f"The trust file has [[{name}]] tables, one for each.")
    return found


def _texts(said: dict[str, Any], name: str) -> tuple[str, ...]:
    found = said.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(item, str) and item for item in found):
        raise InvalidAttestationError(
            f"{name} is missing, or no list of texts.",
            hint='Nobody is trusted without saying what for: ["*"] is everything.',
        )
    return tuple(found)


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidAttestationError(f"{name} is missing in the trust file, or no text.")
    return found


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TRUST_FILE:
            raise InvalidKeyError(f"{path.name}, which the trust file names, is too long.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidKeyError(f"{path.name}, which the trust file names, cannot be read.") from None


def _only(said: dict[str, Any], known: tuple[str, ...], what: str) -> None:
    unknown = sorted(set(said) - set(known))
    if unknown:
        raise InvalidAttestationError(
            f"{unknown[0][:80]!r} is nothing that {what} has.", hint=f"It has {', '.join(known)}."
        )
