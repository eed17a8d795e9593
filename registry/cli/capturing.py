"""`lineage captures`: which sources `lineage import SOURCE WHERE` reads; and the options that captures take."""

from __future__ import annotations

from typing import Any

import typer

from registry.capture.registered import offers
from registry.capture.source import IncrementalCapture
from registry.cli import options
from registry.cli.terminal import output, print_json
from registry.errors import ConfigurationError

_EXAMPLES = """
**Examples**

- `lineage captures` lists what `lineage import SOURCE WHERE` can read
- `lineage captures --json` says of each what it maps, and what it does not
"""


def register(app: typer.Typer) -> None:
    """Add `captures` to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Record")(captures)


def captures(as_json: options.AsJson = False) -> None:
    """List the sources that `lineage import SOURCE WHERE` reads."""
    from registry.cli.drawing.capturing import draw_captures

    listed = [_described(name) for name in offers()]
    if as_json:
        print_json(listed)
    else:
        output().print(draw_captures(listed))


def read_options(given: list[str]) -> dict[str, str]:
    """``key=value`` texts as a mapping. Raises typer.BadParameter."""
    found: dict[str, str] = {}
    for text in given:
        key, separator, value = text.partition("=")
        if not separator or not key.strip():
            raise typer.BadParameter(f"{text!r} does not read key=value.", param_hint="--option")
        if key.strip() in found:
            raise typer.BadParameter(f"{key.strip()!r} is given twice.", param_hint="--option")
        found[key.strip()] = value
    return found


def _described(name: str) -> dict[str, Any]:
    offer = offers()[name]
    try:
        capture = offer.load()
    except ConfigurationError as error:
        return {"name": name, "package": offer.package, "broken": error.diagnostics()}
    return {
        "name": name,
        "package": offer.package,
        "summary": capture.summary,
        "maps": dict(capture.maps),
        "does_not_map": dict(capture.does_not_map),
        "misses": dict(capture.misses) if isinstance(capture, IncrementalCapture) else None,
    }
