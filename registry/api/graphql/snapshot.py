"""The published schema: ``python -m registry.api.graphql.snapshot`` rewrites the copy that the tests compare with."""

from __future__ import annotations

import sys
from pathlib import Path

from registry.api.graphql.schema import build_schema

DEFAULT_PATH = Path("tests/contract/schema.graphql")


def schema_text() -> str:
    """The schema in GraphQL's own language, ending with a line break."""
    return build_schema().as_str().rstrip() + "\n"


def main(arguments: list[str]) -> None:
    """Write the schema to the path given, else to where the tests look."""
    path = Path(arguments[0]) if arguments else DEFAULT_PATH
    path.write_text(schema_text(), encoding="utf-8")
    sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
