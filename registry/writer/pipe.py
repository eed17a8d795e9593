"""Sends what one transaction asks and writes in as few statements as possible: each costs a way to the database and back.

Writes wait, in order, until something is asked that they might change, or until the end; then they go as one
statement. Its text depends on which writes wait, never on their rows, so that Neo4j plans it once. All parameters go as
one map, since Neo4j plans a statement anew for each magnitude of each list that is a parameter by itself.
"""

from __future__ import annotations

import re
from typing import Any, cast

from neo4j import ManagedTransaction

from registry.ledger.act import Change
from registry.writer.touched import Touched

_PARAMETER = re.compile(r"\$(\w+)")
Question = tuple[str, dict[str, Any]]


class Pipe:
    """The one way to the database within a transaction of the writer; ``touched`` is kept by who writes."""

    def __init__(self, tx: ManagedTransaction) -> None:
        self._tx = tx
        self.touched = Touched()
        self._waiting: list[Question] = []

    def write(self, text: str, **parameters: Any) -> None:
        """Write in time: before the next :meth:`ask`, and at the latest by :meth:`flush`."""
        self._waiting.append((text, parameters))

    def ask(self, text: str, **parameters: Any) -> Any:
        """The one value that a question returns, which knows everything written so far."""
        self.flush()
        return self.ask_aside((text, parameters))[0]

    def ask_aside(self, *questions: Question) -> list[Any]:
        """The one value of each question, all asked at once: of what no waiting write changes."""
        if not questions:
            return []
        parts, parameters = [], dict[str, Any]()
        for index, (text, given) in enumerate(questions):
            parts.append(f"CALL () {{\n{_numbered(text, index).strip()} AS found_{index}\n}}")
            parameters |= _named(given, index)
        returned = ", ".join(f"found_{index}" for index in range(len(questions)))
        return list(self._run("\n".join([*parts, f"RETURN {returned}"]), parameters).single(strict=True))

    def changed(self, change: Change) -> None:
        """Note what the ledger has to be told of beside entities."""
        self.touched.beside.append(change)

    def flush(self) -> None:
        """Send the writes that wait."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        parameters = dict[str, Any]()
        for index, (_, given) in enumerate(waiting):
            parameters |= _named(given, index)
        texts = [f"CALL () {{\n{_numbered(text, index).strip()}\n}}" for index, (text, _) in enumerate(waiting)]
        self._run("\n".join(texts), parameters).consume()

    def run(self, text: str, **parameters: Any) -> Any:
        """The result of a statement of its own, of what no waiting write changes."""
        return self._run(_PARAMETER.sub(r"$in.\1", text), parameters)

    def _run(self, text: str, parameters: dict[str, Any]) -> Any:
        return self._tx.run(cast("Any", text), {"in": parameters})


def _numbered(text: str, index: int) -> str:
    return _PARAMETER.sub(rf"$in.\1_{index}", text)


def _named(given: dict[str, Any], index: int) -> dict[str, Any]:
    return {f"{name}_{index}": value for name, value in given.items()}
