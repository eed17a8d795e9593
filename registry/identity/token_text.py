"""The text of the registry's own tokens: what sort it is, which one, its secret, and a check sum.

A token reads ``lrs_<id>_<secret><check>``. The prefix lets scanners find tokens that leaked, the check sum lets them
tell a token from what only looks like one, and lets the registry refuse a mistyped one without looking it up. A secret
has 256 random bits, so its SHA-256 can be stored: nobody can guess what was hashed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_SIGNS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_SECRET_SIGNS: Final = 43  # of 62 signs: 256 bits
_CHECK_SIGNS: Final = 6
_ID: Final = re.compile("[0-9a-f]{16}")
_TOKEN: Final = re.compile(
    rf"(?P<sort>lr[aspb])_(?P<id>[0-9a-f]{{16}})_(?P<secret>[0-9A-Za-z]{{{_SECRET_SIGNS}}})"
    rf"(?P<check>[0-9A-Za-z]{{{_CHECK_SIGNS}}})"
)
FIND_TOKENS: Final = re.compile(rf"lr[aspb]_[0-9a-f]{{16}}_[0-9A-Za-z]{{{_SECRET_SIGNS + _CHECK_SIGNS}}}")
"""Finds tokens of the registry in any text, as scanners for leaked secrets do."""


class Sort(StrEnum):
    """What a token is for; the value is its prefix."""

    ADMINISTRATOR = "lra"
    SERVICE = "lrs"
    PROCESS = "lrp"
    BROWSER = "lrb"


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token of the registry. The text never shows in a ``repr``."""

    sort: Sort
    id: str
    text: str = field(repr=False)

    @classmethod
    def make(cls, sort: Sort) -> TokenText:
        """A new one."""
        name, secret = secrets.token_hex(8), "".join(secrets.choice(_SIGNS) for _ in range(_SECRET_SIGNS))
        body = f"{sort}_{name}_{secret}"
        return cls(sort, name, body + _check(body))

    @classmethod
    def read(cls, text: str) -> TokenText | None:
        """The token; None where the text is none of the registry's."""
        found = _TOKEN.fullmatch(text)
        if found is None or not hmac.compare_digest(_check(text[:-_CHECK_SIGNS]), found["check"]):
            return None
        return cls(Sort(found["sort"]), found["id"], text)

    @property
    def digest(self) -> str:
        """What is stored in place of the token."""
        return digest_of(self.text)

    def has_digest(self, digest: str) -> bool:
        """Whether this is the token of a stored digest. Takes as long for a near miss as for any other."""
        return same(self.digest, digest)


def digest_of(text: str) -> str:
    """The digest of a token's text: ``sha256:…``."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def same(one: str, other: str) -> bool:
    """Whether two texts are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def is_id(text: str) -> bool:
    """Whether the text has the form of a token's id."""
    return _ID.fullmatch(text) is not None


def _check(body: str) -> str:
    number, signs = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK_SIGNS):
        number, rest = divmod(number, len(_SIGNS))
        signs = _SIGNS[rest] + signs
    return signs
