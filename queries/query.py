"""A question to the graph: Cypher text with typed parameters and rows, and the one loader that reads the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from typing import LiteralString

P = TypeVar("P")
R = TypeVar("R")

_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_LINE_COMMENT = re.compile(r"//[^\n]*")


class QueryDefinitionError(Exception):
    """A query's text and its types do not fit; raised when the module is imported, never while serving."""


@dataclass(frozen=True)
class Query(Generic[P, R]):
    """One question. ``params`` and ``row`` are dataclasses; the row's fields are the returned columns, in order.

    Guarantees, checked when it is made: each ``$name`` in the text is a field of ``params`` and the reverse.
    """

    name: str
    text: LiteralString
    params: type[P]
    row: type[R]
    documentation: str = ""

    def __post_init__(self) -> None:
        used = set(_PARAMETER.findall(_LINE_COMMENT.sub("", self.text)))
        declared = {item.name for item in fields(cast("Any", self.params))}
        if used != declared:
            raise QueryDefinitionError(f"{self.name}: text uses {sorted(used)}, parameters are {sorted(declared)}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the returned columns, in order."""
        return tuple(item.name for item in fields(cast("Any", self.row)))


@cache
def load_part(name: str) -> tuple[LiteralString, str]:
    """Text and documentation of ``queries/<name>.cypher``; the leading comment lines are the documentation.

    The only place where file text becomes query text. Raises QueryDefinitionError where there is no such file.
    """
    package, _, stem = name.rpartition("/")
    folder = resources.files(f"queries.{package.replace('/', '.')}" if package else "queries")
    try:
        lines = folder.joinpath(f"{stem}.cypher").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise QueryDefinitionError(f"there is no queries/{name}.cypher") from None
    body = 0
    while body < len(lines) and lines[body].startswith("//"):
        body += 1
    documentation = "\n".join(line.removeprefix("//").strip() for line in lines[:body])
    text: LiteralString = cast("Any", "\n".join(lines[body:]).strip())
    return text, documentation


def load_query(name: str, params: type[P], row: type[R]) -> Query[P, R]:
    """The question in ``queries/<name>.cypher``. Raises QueryDefinitionError where text and types do not fit."""
    text, documentation = load_part(name)
    return Query(name, text, params, row, documentation)
