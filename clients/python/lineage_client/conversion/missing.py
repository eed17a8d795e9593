"""Libraries that may be missing: imported when needed, with an error that says how to get them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lineage_client.errors import MissingLibraryError


def imported(module: str, purpose: str, extra: str | None = None) -> Any:
    """The module. Raises MissingLibraryError where it, or something that it needs, is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        package = f"'lineage-client[{extra}]'" if extra else module.partition(".")[0]
        raise MissingLibraryError(
            f"{purpose} needs {module.partition('.')[0]}, which cannot be imported ({error}).",
            hint=f"Install it: pip install {package}",
            library=module,
        ) from error
