"""A question to the graph: Cypher text with typed parameters and rows, and the one loader that reads the text.

Each question has two texts: one for who may see everything, and one for a restricted reader, whom the database shows
only what they may see. Both are made from one source with *slots*:

- ``%seen:n%`` narrows a condition to what may be seen: nothing for everybody, ``AND n.scope IN $seen`` for a
  restricted reader;
- ``%seen<…>%`` holds text that stands for a restricted reader alone; in it ``%hidden:n%`` is the test for what is
  hidden and makes an answer incomplete. What is hidden in a sandbox does not;
- ``%all<…>%`` holds text that stands for everybody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from enum import Enum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from typing import LiteralString

P = TypeVar("P")
R = TypeVar("R")

SEEN = "seen"
"""The parameter of restricted texts: the scopes that the reader may see."""

_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_LINE_COMMENT = re.compile(r"//[^\n]*")
_BLOCK = re.compile(r"%seen<(.*?)>%", re.DOTALL)
_REST = re.compile(r"%all<(.*?)>%", re.DOTALL)
_CONDITION = re.compile(r"%seen:([a-z]+)%")
_HIDDEN = re.compile(r"%hidden:([a-z]+)%")
_IS_HIDDEN = r"NOT coalesce(\1.scope, '') IN $seen AND NOT coalesce(\1.scope, '') STARTS WITH 'sandbox:'"


_ALONE = "for restricted readers alone"


def for_restricted_alone(*, default: Any) -> Any:
    """A parameter that only the text for restricted readers has."""
    return field(default=default, metadata={_ALONE: True})


class QueryDefinitionError(Exception):
    """A query's text and its types do not fit; raised when the module is imported, never while serving."""


class Sight(Enum):
    """Who may ask a question."""

    UNDECLARED = "nobody has said yet"
    FILTERED = "everybody, and each is shown what they may see"
    EVERYBODY = "everybody, because it shows no entity, or only what the one who asks gave"
    UNRESTRICTED_ONLY = "who may see everything: it cannot be filtered"
    RESTRICTED_ONLY = "restricted readers: it asks whether there is something that they may not see"


@dataclass(frozen=True)
class Query(Generic[P, R]):
    """One question. ``params`` and ``row`` are dataclasses; the row's fields are the returned columns, in order.

    ``text`` is what everybody is answered by, ``restricted`` what a restricted reader is (None where they may not ask).
    Fields of the row by keyword only come for restricted readers alone, and parameters may be for them alone.

    Guarantees, checked when it is made: each ``$name`` in the text is a field of ``params`` and the reverse.
    """

    name: str
    source: LiteralString
    params: type[P]
    row: type[R]
    documentation: str = ""
    sight: Sight = Sight.UNDECLARED
    text: LiteralString = field(init=False)
    restricted: LiteralString | None = field(init=False)

    def __post_init__(self) -> None:
        everybody, restricted = for_everybody(self.source), for_restricted(self.source)
        sight = self.sight
        if everybody != restricted and sight is Sight.UNDECLARED:
            sight = Sight.FILTERED
        if (everybody != restricted) != (sight in (Sight.FILTERED, Sight.RESTRICTED_ONLY)):
            raise QueryDefinitionError(f"{self.name}: it is declared {sight.name}, which its slots contradict")
        object.__setattr__(self, "sight", sight)
        object.__setattr__(self, "text", restricted if sight is Sight.RESTRICTED_ONLY else everybody)
        open_to_restricted = sight not in (Sight.UNRESTRICTED_ONLY, Sight.UNDECLARED)
        object.__setattr__(self, "restricted", restricted if open_to_restricted else None)
        declared = {item.name: _ALONE in item.metadata for item in fields(cast("Any", self.params))}
        for text in (self.text, restricted):
            used = set(_PARAMETER.findall(_LINE_COMMENT.sub("", text)))
            if used - {SEEN} != {name for name, alone in declared.items() if text == restricted or not alone}:
                raise QueryDefinitionError(f"{self.name}: text uses {sorted(used)}, parameters are {sorted(declared)}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that are returned to everybody, in order."""
        return tuple(item.name for item in fields(cast("Any", self.row)) if not item.kw_only)


def for_everybody(source: LiteralString) -> LiteralString:
    """The text without its slots."""
    text: LiteralString = cast("Any", _CONDITION.sub("", _BLOCK.sub("", _REST.sub(r"\1", source))))
    return text


def for_restricted(source: LiteralString) -> LiteralString:
    """The text with its slots filled."""
    filled = _CONDITION.sub(r" AND \1.scope IN $seen", _BLOCK.sub(r"\1", _REST.sub("", source)))
    text: LiteralString = cast("Any", _HIDDEN.sub(_IS_HIDDEN, filled))
    return text


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


def load_query(name: str, params: type[P], row: type[R], sight: Sight = Sight.UNDECLARED) -> Query[P, R]:
    """The question in ``queries/<name>.cypher``. Raises QueryDefinitionError where text and types do not fit."""
    text, documentation = load_part(name)
    return Query(name, text, params, row, documentation, sight)
