"""Generators under capture: a run is under way while a generator works, and not while whoever goes through it does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextvars import copy_context
from functools import partial
from typing import Any

from lineage_client.capture.running import Run


def captured_generator(run: Run, make: Callable[[], Generator[Any, Any, Any]]) -> Generator[Any, Any, Any]:
    """The generator as it is, with a run from its first step to its end.

    One that is left before its end is a run that completed; what it raises ends the run as failed.
    """
    context = copy_context()  # so that the run is the current one within, and not for who is between two steps
    context.run(run.__enter__)
    try:
        result = yield from _steps(run, context.run, make())
    except BaseException:
        context.run(run.__exit__, *sys.exc_info())
        raise
    context.run(run.__exit__, None, None, None)
    return result


def _steps(run: Run, within: Callable[..., Any], generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    step: Callable[[], Any] = partial(next, generator)
    while True:
        run.pauses = False
        try:
            item = within(step)
        except StopIteration as end:
            return end.value
        finally:
            run.pauses = True
        try:
            sent = yield item
        except GeneratorExit:
            run.pauses = False
            within(generator.close)
            raise
        except BaseException as thrown:  # noqa: BLE001 - thrown into it, whatever it is
            step = partial(generator.throw, thrown)
        else:
            step = partial(generator.send, sent)
