"""Why something is done: who asked, by which request, for what reason, and by which rule it was allowed.

It travels beside the call, so that whatever is written below knows it without every function passing it on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from registry.permission.principal import PROCESS, Principal


@dataclass(frozen=True, slots=True)
class Cause:
    """Who and why. ``rule`` is what allowed it, ``policy`` the digest (``sha256:…``) of the policy that has the rule.

    ``said_by`` is who said what is written, where somebody else has it written: it must be within the rights of both.
    """

    principal: Principal
    rule: str
    policy: str
    request: str | None = None
    reason: str | None = None
    said_by: Principal | None = None


NO_POLICY: Final = "sha256:" + "0" * 64
"""Where no policy was asked, because nobody but the process itself acts."""

ITSELF: Final = Cause(PROCESS, "process", NO_POLICY)
"""The process acts by itself."""

_current: ContextVar[Cause] = ContextVar("lineage_cause", default=ITSELF)


def current_cause() -> Cause:
    """The cause of what is done in this context; ``ITSELF`` where nobody asked. Threads that copy the context keep it."""
    return _current.get()


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Within, everything is done for this cause."""
    token = _current.set(cause)
    try:
        yield
    finally:
        _current.reset(token)


def act_for(cause: Cause) -> None:
    """From here to the end of this context, a task or a thread, everything is done for this cause."""
    _current.set(cause)
