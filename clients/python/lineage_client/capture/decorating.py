"""``run`` and ``captured``: the two ways to put a piece of work under capture."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, Unpack, cast, overload

from lineage_client.capture.generating import captured_generator
from lineage_client.capture.quiet import quietly
from lineage_client.capture.running import Run
from lineage_client.capture.settings import RunOptions

P = ParamSpec("P")
T = TypeVar("T")


def run(name: str, **options: Unpack[RunOptions]) -> Run:
    """A run to be captured while its ``with`` block is under way.

    ::

        with lineage_client.run("train", inputs={"train": "wine.csv"}, activity="training", seed=7) as run:
            ...
            run.model("wine-quality", "model.joblib", estimator=model)
            run.metric("accuracy", 0.93)

    ``inputs`` and ``outputs`` are a path or URI, several, or several by role (``train``, ``validate``, ``test``,
    ``input``, ``context``). ``job`` is the definition that it is a run of (the name, if not said), ``namespace`` that of
    both (``LINEAGE_NAMESPACE``, else ``default``), ``activity`` training, evaluation, transformation, materialization,
    batch_inference or other. ``run_id``, ``entry_point``, ``repository`` and further ``attributes`` of the run override
    what is found out. ``sink`` is a function that takes the events in place of the spool. Never raises into the block.
    """
    return Run(name, **options)


@overload
def captured(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def captured(
    name: str | None = None, /, **options: Unpack[RunOptions]
) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def captured(subject: Any = None, /, **options: Unpack[RunOptions]) -> Any:
    """A function whose every call is a run: ``@captured``, or ``@captured("train", activity="training")``.

    Its arguments become parameters of the run, those named like secrets hidden. Works for coroutines too, and for
    generators, whose run lasts from the first step to the last. Inside, :func:`current` is the run.
    """
    if callable(subject):
        return _wrapped(cast("Callable[..., Any]", subject), None, options)
    return lambda function: _wrapped(function, subject, options)


def _wrapped(function: Callable[..., Any], name: str | None, options: RunOptions) -> Callable[..., Any]:
    called = name or function.__name__

    def begin(arguments: tuple[Any, ...], named: dict[str, Any]) -> Run:
        more = dict(options)
        with quietly("the arguments of a function could not be read"):
            more["parameters"] = {**_arguments(function, arguments, named), **dict(options.get("parameters") or {})}
            more.setdefault("entry_point", f"{function.__module__}:{function.__qualname__}")
        return Run(called, **cast("RunOptions", more))

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*arguments: Any, **named: Any) -> Any:
            with begin(arguments, named):
                return await function(*arguments, **named)

        return awaited

    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generated(*arguments: Any, **named: Any) -> Any:
            return captured_generator(begin(arguments, named), lambda: function(*arguments, **named))

        return generated

    @functools.wraps(function)
    def called_function(*arguments: Any, **named: Any) -> Any:
        with begin(arguments, named):
            return function(*arguments, **named)

    return called_function


def _arguments(function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name, without ``self``; what is no plain value is told by its type alone."""
    bound = inspect.signature(function).bind(*arguments, **named)
    bound.apply_defaults()
    return {name: _short(value) for name, value in bound.arguments.items() if name not in ("self", "cls")}


def _short(value: object) -> object:
    if value is None or isinstance(value, (bool, int, float, str, list, tuple, dict)) or hasattr(value, "__fspath__"):
        return str(value) if hasattr(value, "__fspath__") else value
    return f"<{type(value).__module__}.{type(value).__qualname__}>"
