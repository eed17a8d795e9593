"""Capture never breaks what it watches: whatever goes wrong here becomes one warning in the log, and the work goes on."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from lineage_client.capture.records import message_of, plain_text

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("lineage_client.capture")
_said: set[str] = set()


def is_off() -> bool:
    """Whether ``LINEAGE_CAPTURE=off`` says that nothing is to be captured."""
    return os.environ.get("LINEAGE_CAPTURE", "").strip().lower() in {"off", "0", "no", "false"}


def warn_once(what: str, why: object = "") -> None:
    """Say that something could not be captured; the same ``what`` is said once in a process.

    Logins, queries and fragments of addresses are left out.
    """
    what, why = plain_text(what), message_of(why) if isinstance(why, BaseException) else plain_text(str(why))
    if what in _said:
        log.debug("%s: %s", what, why)
        return
    _said.add(what)
    log.warning("lineage capture: %s%s", what, f" ({why})" if why else "")


@contextmanager
def quietly(what: str) -> Iterator[None]:
    """A block of capture's own work: what it raises becomes a warning that begins with ``what``."""
    try:
        yield
    except Exception as error:  # the user's run goes on, whatever happened here
        warn_once(what, f"{type(error).__name__}: {message_of(error)}")
        log.debug("%s", what, exc_info=True)


def never_raises(what: str, otherwise: T) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A function of capture that returns ``otherwise`` where it fails."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def guarded(*arguments: P.args, **named: P.kwargs) -> T:
            try:
                return function(*arguments, **named)
            except Exception as error:  # noqa: BLE001 - as in quietly
                warn_once(what, f"{type(error).__name__}: {message_of(error)}")
                return otherwise

        return guarded

    return decorate
