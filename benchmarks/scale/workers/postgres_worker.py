"""Loads the two tables into PostgreSQL and asks; runs in an environment that has psycopg.

Orders are JSON lines: {"do": "load", "host", "folder"}, {"do": "ask", "text", "parameters"}, {"do": "rows"}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import psycopg  # type: ignore[import-not-found]

_MEGABYTE = 1 << 20


class Answering:
    """One connection, and the rows of the last answer."""

    def __init__(self, host: str) -> None:
        self._connection = psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True)
        self.rows: list[tuple[Any, ...]] = []

    def load(self, folder: Path, statements: list[str]) -> None:
        """Copy ``node.csv`` and ``edge.csv`` in; the statements come around it."""
        for statement in statements[:2]:
            self._connection.execute(statement)
        for table in ("node", "edge"):
            text = f"COPY {table} FROM STDIN (FORMAT csv)"
            with (
                (folder / f"{table}.csv").open("rb") as file,
                self._connection.cursor() as cursor,
                cursor.copy(text) as copy,
            ):
                while block := file.read(_MEGABYTE):
                    copy.write(block)
        for statement in statements[2:]:
            self._connection.execute(statement)

    def ask(self, text: str, parameters: dict[str, Any]) -> float:
        """Milliseconds until every row is a Python tuple."""
        started = time.perf_counter()
        with self._connection.cursor(binary=True) as cursor:
            self.rows = cursor.execute(text, parameters, prepare=True).fetchall()
        return (time.perf_counter() - started) * 1000


def main() -> None:
    """Answer until the input ends."""
    answering: Answering | None = None
    for line in sys.stdin:
        order = json.loads(line)
        answer: dict[str, Any] = {}
        if order["do"] == "load":
            answering = Answering(order["host"])
            answering.load(Path(order["folder"]), order["statements"])
        elif order["do"] == "ask" and answering is not None:
            answer = {"milliseconds": answering.ask(order["text"], order["parameters"])}
        elif order["do"] == "rows" and answering is not None:
            answer = {"rows": answering.rows}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
