"""Putting a wrapper around a public function or method of a library."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable
from typing import Any

from lineage_client.capture.active import any_run, current_run
from lineage_client.capture.later import is_ours
from lineage_client.capture.quiet import quietly
from lineage_client.capture.running import Run
from lineage_client.capture.standing_in import stand_in

Note = Callable[[Run, dict[str, Any], Any], object]
"""Called with the run, the call's arguments by name, and its result (None before the call)."""
_MARK = "__lineage_capture__"
_inside = threading.local()


def wrap(owner: Any, name: str, *, before: Note | None = None, after: Note | None = None) -> None:
    """Wrap ``owner.name``: ``before`` hears of a call that begins, ``after`` of one that succeeded.

    Of calls within one another, as when ``read_table`` calls ``read_csv``, the outermost counts. What the notes raise
    is said once and does not reach the caller. A name that is missing, or wrapped already, stays as it is.
    """
    original = inspect.getattr_static(owner, name, None)
    function = getattr(owner, name, None)
    if not callable(function) or hasattr(original, _MARK) or hasattr(function, _MARK):
        return
    if inspect.isclass(owner) and not inspect.isfunction(original):
        return  # class and static methods, descriptors: none of those that are wrapped here
    with quietly(f"{name} could not be wrapped"):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapped(*arguments: Any, **named: Any) -> Any:
            run = current_run() if any_run() and not is_ours() and not getattr(_inside, "call", False) else None
            if run is None:
                return function(*arguments, **named)
            _inside.call = True
            try:
                told = _tell(before, run, signature, arguments, named, None)
                result = function(*arguments, **named)
            finally:
                _inside.call = False
            if told:
                _tell(after, run, signature, arguments, named, result)
            return result

        stand_in(wrapped, owner.__module__ if inspect.isclass(owner) else owner.__name__)
        setattr(wrapped, _MARK, True)
        setattr(owner, name, wrapped)
        _keep_picklable(owner, name, wrapped, function)


def _keep_picklable(owner: Any, name: str, wrapped: Any, original: Any) -> None:
    """Let pickle, which looks functions up by their names, find the wrapper under its owner and the original at home.

    Both then unpickle in a process that wraps nothing, too.
    """
    is_class = inspect.isclass(owner)
    wrapped.__module__ = owner.__module__ if is_class else owner.__name__
    wrapped.__qualname__ = f"{owner.__qualname__}.{name}" if is_class else name
    home = getattr(original, "__globals__", {}).get("__name__")
    if not is_class and home != owner.__name__ and getattr(sys.modules.get(str(home)), name, None) is original:
        original.__module__ = home  # libraries give the name of where it is offered, where the wrapper is now


def _tell(note: Note | None, run: Run, signature: inspect.Signature, arguments: Any, named: Any, result: Any) -> bool:
    """Call a note, if there is one; whether that went well."""
    if note is None:
        return True
    done = []
    with quietly("a call could not be noted"):
        bound = signature.bind(*arguments, **named)
        bound.apply_defaults()
        done.append(note(run, dict(bound.arguments), result))
    return bool(done)
