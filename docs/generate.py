"""Writes ``docs/reference/`` from the code: ``make docs``. A test holds the pages in step.

Each page has one renderer, beside what it describes or below.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from graph_schema import reference as vocabulary
from queries.catalogue import QUERIES, enumerate_composed
from queries.query import Query
from registry import errors
from registry.cli import reference as command_line
from registry.lineage.change import reference as changes
from registry.settings import Settings

FOLDER = Path(__file__).parent / "reference"
_FOLDERS = {"data_dir": "data", "cache_dir": "cache", "log_dir": "log"}


def render_settings() -> str:
    """Every setting with its default and meaning."""
    return "\n".join(_settings()) + "\n"


def render_errors() -> str:
    """Every error code with its status and meaning."""
    return "\n".join(_errors()) + "\n"


def render_queries() -> str:
    """Every question to the graph, with its parameters, columns and Cypher."""
    return "\n".join(_queries()).rstrip() + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "vocabulary.md": vocabulary.render,
    "settings.md": render_settings,
    "errors.md": render_errors,
    "cli.md": command_line.render,
    "queries.md": render_queries,
    "changes.md": changes.render,
}
"""The renderer of each page in ``docs/reference``."""


def main() -> None:
    """Write every page that is out of step, and say which."""
    FOLDER.mkdir(exist_ok=True)
    for name, render in PAGES.items():
        page, text = FOLDER / name, render()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.relative_to(FOLDER.parent.parent)}")


def variable_of(name: str, field: FieldInfo) -> str:
    """The environment variable of a setting."""
    choices = getattr(field.validation_alias, "choices", None)
    return str(choices[0]) if choices else f"LINEAGE_{name.upper()}"


def error_classes() -> list[type[errors.RegistryError]]:
    """Every error of the product, by code."""
    found = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, errors.RegistryError)]
    return sorted(found, key=lambda item: item.code)


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield "Every setting is an environment variable; there is no settings file. `lineage doctor` shows what is in force.\n"
    yield "| variable | default | meaning |"
    yield "| --- | --- | --- |"
    for name, field in Settings.model_fields.items():
        meaning = _cell(f"{field.description}{_allowed(field)}")
        yield f"| `{variable_of(name, field)}` | {_default(name, field)} | {meaning} |"


def _default(name: str, field: FieldInfo) -> str:
    if name in _FOLDERS:
        return f"the platform's {_FOLDERS[name]} folder for this user"
    if field.default in (None, ""):
        return "unset"
    value = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"`{value}`"


def _allowed(field: FieldInfo) -> str:
    choices: tuple[Any, ...] = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield (
        "REST answers errors as `application/problem+json` (RFC 9457) with the code in `code`; GraphQL puts it in\n"
        "`extensions.code`; the command line prints the message and what to do. Codes never change meaning.\n"
    )
    yield "| code | HTTP status | meaning | what to do |"
    yield "| --- | --- | --- | --- |"
    for item in error_classes():
        cells = (f"`{item.code}`", str(item.status), _meaning(item), item.default_hint or "The message says it.")
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _meaning(error: type[errors.RegistryError]) -> str:
    if error is errors.RegistryError:
        return "Something unexpected. The log has all of it, under the id of the request."
    return " ".join(inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")


def _cell(text: str) -> str:
    """Text as Markdown takes it in a table: no bar ends the cell, nothing outside code reads as a tag."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if index % 2 else part.replace("<", "\\<") for index, part in enumerate(parts))


def _queries() -> Iterator[str]:
    yield "# Questions to the graph\n"
    yield (
        "Each is one Cypher statement with typed parameters; values never become part of its text. Walks and lists are\n"
        "composed from named parts: of those, one of each sort is shown, with the number of its variants.\n"
    )
    yield "\n".join(part for query in QUERIES for part in _query(query))
    composed: dict[str, list[Query[Any, Any]]] = {}
    for name, query in enumerate_composed():
        composed.setdefault(re.split(r"-", name)[0], []).append(query)
    for sort, variants in composed.items():
        yield "\n".join(_query(variants[0], f"{sort}, one of {len(variants)}"))


def _query(query: Query[Any, Any], title: str | None = None) -> Iterator[str]:
    yield f"## {title or query.name}\n"
    if query.documentation:
        yield f"{query.documentation}\n"
    yield f"Columns: {', '.join(f'`{column}`' for column in query.columns)}.\n"
    yield f"```cypher\n{query.text}\n```\n"


if __name__ == "__main__":
    main()
