"""What decides at a moment: the policy, and every scope that there is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from registry.permission.policy import Policy
from registry.permission.scope_index import ScopeIndex


@dataclass(frozen=True)
class Standing:
    """A policy, and all scopes of the database, for :func:`registry.permission.view.view_of`.

    One that follows another has the same policy object where nothing but scopes changed.
    """

    policy: Policy
    scopes: tuple[str, ...] = ()

    @cached_property
    def index(self) -> ScopeIndex:
        """The scopes in order; made when it is asked for first, which takes a while where there are many."""
        return ScopeIndex(self.scopes)


class Policies(Protocol):
    """Where the standing comes from. Safe to use from several threads."""

    def known(self) -> Standing | None:
        """The standing as it was a moment ago, without asking anybody; None where it takes :meth:`read`."""

    def read(self) -> Standing:
        """The standing as it is now. Raises what the database raises, and InvalidGrantError."""

    def forget(self) -> None:
        """Read it again: it was changed."""


class NoGrants:
    """Where nothing is granted: only the administrator's token and the server itself do anything."""

    _STANDING = Standing(Policy())

    def known(self) -> Standing | None:
        """Nothing granted."""
        return self._STANDING

    def read(self) -> Standing:
        """Nothing granted."""
        return self._STANDING

    def forget(self) -> None:
        """There is nothing to read."""
