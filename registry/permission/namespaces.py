"""Which namespaces a pattern covers, and which are sandboxes. Texts are compared code point by code point.

A pattern is ``*`` (every namespace but sandboxes), a namespace (that one and no other), or one that ends in ``/*`` or
``:*`` (whatever begins with what stands before the star and goes on). A star anywhere else is refused, so that no
pattern covers more than it looks like.
"""

from __future__ import annotations

import re
from typing import Final

EVERYWHERE: Final = "*"
SANDBOX_PREFIX: Final = "sandbox:"
_SANDBOX_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_LONGEST: Final = 1024
_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")


def sandbox_of(namespace: str) -> str | None:
    """The name of the sandbox that a namespace belongs to (``sandbox:NAME`` or ``sandbox:NAME/…``); None outside.

    Whatever begins with ``sandbox:`` is inside some sandbox, be it one that nobody can have made.
    """
    if not namespace.startswith(SANDBOX_PREFIX):
        return None
    return namespace.removeprefix(SANDBOX_PREFIX).partition("/")[0]


def is_sandbox_name(name: str) -> bool:
    """Whether a sandbox may be called so: 1 to 63 small letters, digits, points, dashes and underscores."""
    return _SANDBOX_NAME.fullmatch(name) is not None


def sandbox_patterns(name: str) -> tuple[str, str]:
    """The patterns that together cover one sandbox."""
    return SANDBOX_PREFIX + name, f"{SANDBOX_PREFIX}{name}/*"


def check_pattern(pattern: str) -> None:
    """Raise ValueError, which says why, where a text is no pattern."""
    if not 0 < len(pattern) <= _LONGEST:
        raise ValueError(f"a pattern has 1 to {_LONGEST} characters")
    if _CONTROL.search(pattern) or pattern != pattern.strip():
        raise ValueError("a pattern has no control characters and no white space around it")
    try:
        pattern.encode()
    except UnicodeEncodeError:
        raise ValueError("a pattern is valid Unicode") from None
    stem = pattern[:-1] if pattern == EVERYWHERE or pattern.endswith(("/*", ":*")) else pattern
    if "*" in stem:
        raise ValueError("a star stands alone or at the end, behind / or :, as in prod/*")


def covers(pattern: str, namespace: str) -> bool:
    """Whether a pattern covers a namespace. Sandboxes are covered only by patterns that begin with ``sandbox:``."""
    if pattern == EVERYWHERE:
        return sandbox_of(namespace) is None
    if not pattern.endswith("*"):
        return pattern == namespace
    stem = pattern[:-1]
    if not namespace.startswith(stem) or len(namespace) == len(stem):
        return False
    return sandbox_of(namespace) is None or stem.startswith(SANDBOX_PREFIX)
