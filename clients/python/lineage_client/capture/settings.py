"""What the environment says about capture, and what one run was told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import Any, TypedDict

from lineage_client.capture.spool import Event

Place = str | PathLike[str]
"""A path or a URI."""
Places = Place | Iterable[Place] | Mapping[str, Place | Iterable[Place]]
"""One place, several, or several by the role that they are read in (``train``, ``validate``, ``test``, ``input``…)."""
Sink = Callable[[Event], object]
"""Takes events in place of the spool."""

ROLES = frozenset({"train", "validate", "test", "input", "context", "unknown"})
ACTIVITIES = frozenset({"training", "evaluation", "transformation", "materialization", "batch_inference", "other"})


class RunOptions(TypedDict, total=False):
    """What may be said of a run; see :func:`lineage_client.run`."""

    inputs: Places
    outputs: Places
    job: str
    namespace: str
    activity: str
    parameters: Mapping[str, Any]
    seed: int
    run_id: str
    entry_point: str
    repository: str
    attributes: Mapping[str, Any]
    sink: Sink


def default_namespace() -> str:
    """The namespace of jobs and runs: ``LINEAGE_NAMESPACE``, else ``default``."""
    return os.environ.get("LINEAGE_NAMESPACE") or "default"


def seconds(name: str, otherwise: float) -> float:
    """A number of seconds that the environment sets; what is none counts as not set."""
    try:
        value = float(os.environ[name])
    except (KeyError, ValueError):
        return otherwise
    return value if value >= 0 else otherwise


def with_roles(places: Places | None) -> list[tuple[str | None, Place]]:
    """Each place with the role it was given under."""
    if places is None:
        return []
    if isinstance(places, Mapping):
        return [(str(role), place) for role, some in places.items() for place in _several(some)]
    return [(None, place) for place in _several(places)]


def _several(places: Place | Iterable[Place]) -> list[Place]:
    return [places] if isinstance(places, (str, PathLike)) else list(places)
