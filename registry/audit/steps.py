"""What a long piece of work says while it goes on, one thing after another, for whoever reads it at their own pace."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Final

Say = Callable[[dict[str, Any]], None]
_WAITING: Final = 1000


class _LeftError(Exception):
    """Nobody reads any more."""


def run_in_steps(work: Callable[[Say], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Run the work in a thread of its own; yield what it says, then what it returns.

    When the iterator is closed the work ends the next time it says something. Raises what the work raises.
    """
    steps = _Steps()
    context = copy_context()
    threading.Thread(target=context.run, args=(steps.run, work), name="verification", daemon=True).start()
    try:
        yield from steps.read()
    finally:
        steps.left.set()


class _Steps:
    def __init__(self) -> None:
        self.left = threading.Event()
        self._said: queue.Queue[dict[str, Any] | BaseException | None] = queue.Queue(_WAITING)

    def read(self) -> Iterator[dict[str, Any]]:
        while (item := self._said.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def run(self, work: Callable[[Say], dict[str, Any]]) -> None:
        try:
            self._say(work(self._say))
            self._say(None)
        except _LeftError:
            return
        except BaseException as error:  # noqa: BLE001 - raised where the steps are read
            with suppress(_LeftError):
                self._say(error)

    def _say(self, item: dict[str, Any] | BaseException | None) -> None:
        while not self.left.is_set():
            try:
                self._said.put(item, timeout=0.5)
            except queue.Full:
                continue
            return
        raise _LeftError
