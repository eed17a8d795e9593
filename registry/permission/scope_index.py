"""All scopes in order, so that a pattern finds those that it covers without looking at each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from registry.permission.namespaces import EVERYWHERE, SANDBOX_PREFIX
from registry.permission.scope import SEPARATOR

_BEHIND: Final = chr(ord(SEPARATOR) + 1)


class ScopeIndex:
    """Scopes, each once. ``plain`` are those of namespaces by themselves, ``labelled`` the others; both are sorted."""

    def __init__(self, scopes: Iterable[str]) -> None:
        self.all = frozenset(scopes)
        ordered = sorted(self.all)
        self.plain = tuple(scope for scope in ordered if SEPARATOR not in scope)
        self.labelled = tuple(scope for scope in ordered if SEPARATOR in scope)

    def since(self, earlier: ScopeIndex) -> ScopeIndex | None:
        """The scopes that were added to an earlier index; None where some of it are gone."""
        added = self.all - earlier.all
        return ScopeIndex(added) if len(self.all) == len(earlier.all) + len(added) else None


def covered(scopes: Sequence[str], pattern: str) -> Iterator[Sequence[str]]:
    """The parts of sorted scopes whose namespaces a pattern covers, by :func:`registry.permission.namespaces.covers`."""
    if pattern == EVERYWHERE:
        inside = _beginning(scopes, SANDBOX_PREFIX)
        yield scopes[: inside.start]
        yield scopes[inside.stop :]
    elif pattern.endswith("*"):
        below, itself = _beginning(scopes, pattern[:-1]), _of_namespace(scopes, pattern[:-1])
        yield scopes[itself.stop : below.stop]
    else:
        own = _of_namespace(scopes, pattern)
        yield scopes[own.start : own.stop]


def _beginning(scopes: Sequence[str], stem: str) -> slice:
    # The first text behind all that begin so; the last character that there is has none after it.
    raised = stem.rstrip("\U0010ffff")
    end = bisect_left(scopes, raised[:-1] + chr(ord(raised[-1]) + 1)) if raised else len(scopes)
    return slice(bisect_left(scopes, stem), end)


def _of_namespace(scopes: Sequence[str], namespace: str) -> slice:
    """Where the scopes of one namespace stand: it alone, and it with a label or owners."""
    return slice(bisect_left(scopes, namespace), bisect_left(scopes, namespace + _BEHIND))
