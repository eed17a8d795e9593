"""Refusing a document is work in proportion to its length: counted in calls, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from registry.api.graphql.documents import DocumentChecker
from registry.api.graphql.schema import build_schema

NODE = 'entity(urn: "a")'


@pytest.fixture(scope="module")
def checker() -> DocumentChecker:
    return build_schema().checker


def calls(function: Callable[[], object]) -> int:
    """How many functions of Python a call makes."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def bomb(length: int) -> str:
    steps = "".join(f"fragment F{i} on Entity {{ ...F{i + 1} ...F{i + 1} }} " for i in range(length))
    return f"{{ {NODE} {{ ...F0 }} }} {steps} fragment F{length} on Entity {{ urn }}"


def wide(length: int) -> str:
    every = " ".join(f"...F{i}" for i in range(length))
    steps = "".join(
        f"fragment F{i} on Entity {{ {' '.join(f'...F{n}' for n in range(i + 1, length))} urn }} "
        for i in range(length)
    )
    return f"{{ {NODE} {{ {every} }} }} {steps}"


DOCUMENTS: dict[str, Callable[[int], str]] = {
    "fragment bomb": bomb,
    "fragments that spread all others": lambda size: wide(max(2, int((size * 4) ** 0.5))),
    "repetition": lambda size: "{" + f"{NODE} {{ urn }} " * size + "}",
    "aliases": lambda size: "{" + " ".join(f"a{i}: {NODE} {{ urn }}" for i in range(size)) + "}",
    "directives": lambda size: f"{{ {NODE}" + " @skip(if: false)" * size + " { urn } }",
    "unknown fields": lambda size: "{" + " ".join(f"x{i}" for i in range(size)) + "}",
    "inline fragments": lambda size: "{" + "... on Query {" * size + NODE + "{ urn }" + "}" * size + "}",
    "a circle": lambda size: (
        f"{{ {NODE} {{ ...F0 }} }}"
        + "".join(f"fragment F{i} on Entity {{ ...F{(i + 1) % size} }}" for i in range(size))
    ),
}


_QUADRATIC = {"repetition"}
"""Merging repeated fields is, and bounded for that by a number of its own (limits.MAX_REPEATED)."""


@pytest.mark.parametrize("name", sorted(set(DOCUMENTS) - _QUADRATIC))
def test_twice_the_document_is_no_more_than_twice_the_work(checker: DocumentChecker, name: str) -> None:
    small, large = (DOCUMENTS[name](size) for size in (45, 90))
    few, many = (calls(lambda text=text: checker._check(text)) for text in (small, large))  # type: ignore[misc]
    assert many / few <= 1.5 * len(large) / len(small)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_takes_more_than_so_many_calls(checker: DocumentChecker, name: str) -> None:
    assert calls(lambda: checker._check(DOCUMENTS[name](99))) < 250_000
