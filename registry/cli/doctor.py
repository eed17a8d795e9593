"""`lineage doctor`: look at everything that the product needs and say what to do about what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import typer

from registry.cli import options
from registry.cli.checks import (
    Check,
    Outcome,
    check_folders,
    check_jars,
    check_java,
    check_packages,
    check_password_file,
    check_port,
    check_python,
    fail,
    guarded,
)
from registry.cli.terminal import notices, output, print_json
from registry.errors import ConfigurationError
from registry.settings import Settings, load_settings

_EXAMPLES = """
**Examples**

- `lineage doctor` checks this machine, Neo4j and the API
- `lineage doctor --json` gives the same to a program; the exit code is 1 where a check fails
"""


def register(app: typer.Typer) -> None:
    """Add this command to the root."""
    app.command(epilog=_EXAMPLES, rich_help_panel="Run")(doctor)


def doctor(as_json: options.AsJson = False) -> None:
    """Check what the product needs: Python, Java, folders, port, Neo4j, schema, API, clocks."""
    from registry.cli.drawing.checks import draw_checks

    with notices().status("Looking"):
        checks = list(_all_checks())
    failed = any(check.outcome is Outcome.FAIL for check in checks)
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in checks]})
    else:
        output().print(draw_checks(checks))
    if failed:
        raise typer.Exit(1)


def _all_checks() -> Iterator[Check]:
    yield check_python()
    yield check_packages()
    try:
        settings = load_settings()
    except ConfigurationError as error:
        yield fail("Settings", error.message, error.hint)
        return
    yield from _checks_of(settings)


def _checks_of(settings: Settings) -> Iterator[Check]:
    from registry.cli.ledger_checks import check_anchoring
    from registry.cli.service_checks import check_api, check_key_service, check_neo4j

    yield guarded("Java", lambda: check_java(settings))
    yield guarded("Jars", lambda: check_jars(settings))
    yield from check_folders(settings)
    yield guarded("Password file", lambda: check_password_file(settings))
    yield guarded("Port", lambda: check_port(settings))
    yield from check_neo4j(settings)
    yield from check_anchoring(settings)
    yield from check_key_service(settings)
    yield from check_api(settings)
