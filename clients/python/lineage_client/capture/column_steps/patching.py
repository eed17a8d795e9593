"""Wrappers around the steps of a library that are there only while steps are followed."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from lineage_client.capture.column_steps.traces import session, step
from lineage_client.capture.later import is_ours
from lineage_client.capture.quiet import warn_once
from lineage_client.capture.records import message_of
from lineage_client.capture.standing_in import stand_in

Known = Any
Before = Callable[..., Known]
After = Callable[..., object]
"""Called with the result, what ``before`` came to, and the call's own arguments."""
_MISSING = object()
_MARK = "__lineage_step__"
_inner = threading.local()


def patch(owner: Any, name: str, *, after: After, before: Before | None = None, nested: bool = False) -> None:
    """Let ``after`` hear of every call of ``owner.name`` that succeeds, until the session ends.

    A step within another one, as when a library's method calls another, is left to the outer one, unless ``nested``.
    What ``before`` and ``after`` raise costs the trace of that step and is said once.
    """
    original = getattr(owner, name, None)
    if not callable(original) or hasattr(original, _MARK):
        return
    own = vars(owner).get(name, _MISSING)

    @functools.wraps(original)
    def followed(*arguments: Any, **named: Any) -> Any:
        if (not nested and getattr(_inner, "busy", False)) or not session.number or is_ours():
            return original(*arguments, **named)
        known = _heard(name, before, arguments, named) if before is not None else None
        if nested:
            result = original(*arguments, **named)
        else:
            _inner.busy = True
            try:
                result = original(*arguments, **named)
            finally:
                _inner.busy = False
        if step():
            _heard(name, after, (result, known, *arguments), named)
        return result

    stand_in(followed, str(getattr(owner, "__module__", None) or getattr(owner, "__name__", "")))

    def restore() -> None:
        if vars(owner).get(name) is not followed:
            return  # somebody else wrapped it meanwhile
        if own is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, own)

    setattr(followed, _MARK, True)
    setattr(owner, name, followed)
    session.at_end.append(restore)


def is_followed(owner: Any, name: str) -> bool:
    """Whether a step is followed already."""
    return hasattr(getattr(owner, name, None), _MARK)


def _heard(name: str, note: Callable[..., Any], arguments: Any, named: Any) -> Any:
    try:
        return note(*arguments, **named)
    except Exception as error:  # noqa: BLE001 - as in quietly, which takes longer
        warn_once(
            f"the columns of a step could not be followed: {name}", f"{type(error).__name__}: {message_of(error)}"
        )
        return None
