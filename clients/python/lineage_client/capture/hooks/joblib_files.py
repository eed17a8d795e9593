"""What joblib stores and loads: models, as a rule."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from lineage_client.capture.hooks.pandas_files import place_of
from lineage_client.capture.hooks.wrapping import wrap
from lineage_client.capture.running import Run


def hook(joblib: ModuleType) -> None:
    """Wrap ``dump`` and ``load``."""
    wrap(joblib, "dump", before=_dumped)
    wrap(joblib, "load", after=_loaded)


def _dumped(run: Run, given: dict[str, Any], _: Any) -> None:
    place = place_of(given.get("filename"), home=False)
    if place is not None:
        run.note_write(place)


def _loaded(run: Run, given: dict[str, Any], _: Any) -> None:
    place = place_of(given.get("filename"), home=False)
    if place is not None:
        run.note_read(place)
