"""Questions as methods: the arguments, types and docstring of a question are those of both clients' methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints


def signature_of(question: Callable[..., Any], returns: object = inspect.Signature.empty) -> inspect.Signature:
    """The signature of a method that asks a question, with every option spelled out for help and tab keys."""
    given = inspect.signature(question)
    me = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = [me]
    for parameter in given.parameters.values():
        spread = parameter.kind is parameter.VAR_KEYWORD
        parameters += _options(question, parameter.name) if spread else [parameter]
    return inspect.Signature(parameters, return_annotation=returns)


def check_arguments(signature: inspect.Signature, *arguments: object, **named: object) -> None:
    """Raise TypeError, as Python words it, where a call does not fit the signature."""
    signature.bind(None, *arguments, **named)


def answer_type(question: Callable[..., Any]) -> object:
    """What a question is answered with."""
    written = str(question.__annotations__.get("return", ""))
    return written.removeprefix("Exchange[").removesuffix("]")


def _options(question: Callable[..., Any], name: str) -> list[inspect.Parameter]:
    """What ``**options: Unpack[…]`` of a question stands for."""
    (options,) = get_args(get_type_hints(question)[name])
    hints: Mapping[str, object] = options.__annotations__
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, kind, default=_DEFAULTS.get(name), annotation=_spelled(hint))
        for name, hint in hints.items()
    ]


def _spelled(hint: object) -> str:
    return str(getattr(hint, "__forward_arg__", hint))


_DEFAULTS: Mapping[str, object] = {"software": False, "possible": True, "limit": 1000}
