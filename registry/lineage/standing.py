"""How much it matters if something breaks: whether it is live, how critical, where, and how much traffic it takes."""

from __future__ import annotations

from dataclasses import dataclass

CRITICALITIES = ("critical", "high", "medium", None, "low")
"""The worst first; what nobody stated may be worse than low."""
LIFECYCLES = ("active", "draft", "deprecated", "archived")
"""What is in use first; what nobody stated counts as active."""
_STAGES = {
    "production": ("production", "prod", "live", "prd"),
    "staging": ("staging", "stage", "stg", "preprod", "preproduction", "uat", "qa", "canary", "shadow"),
    "development": ("development", "develop", "dev", "test", "testing", "sandbox", "local", "experiment"),
}
_STAGE_OF = {word: stage for stage, words in _STAGES.items() for word in words}
STAGES = ("production", None, "staging", "development")
"""What is nearest to users first; a stage that is not known, or none of these, may be production."""


@dataclass(frozen=True, slots=True)
class DeploymentEnvironment:
    """Where deployments run: an Environment by ``urn``, or where none is recorded just the deployment's ``stage``."""

    urn: str | None
    name: str
    stage: str | None


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment of the model version that a sentence is about. ``since`` is in microseconds since 1970."""

    label: str
    since: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of how much something matters.

    ``live``: it answers, or a deployment that does serves it, neither ended nor archived; a planned one counts. ``retired``: it is
    archived or has ended. ``criticality`` is the worst of its own, of the deployments that serve it and of the
    systems that rely on it; ``lifecycle`` its own, else its asset's; ``stage`` that of its environments nearest to
    users; ``requests_per_second`` the load of its live deployments, by its share of their traffic.
    """

    live: bool = False
    retired: bool = False
    lifecycle: str | None = None
    criticality: str | None = None
    stage: str | None = None
    requests_per_second: float | None = None
    environments: tuple[DeploymentEnvironment, ...] = ()
    deployments: tuple[Deployed, ...] = ()


UNKNOWN = Standing()
"""Of what nothing is known."""


def stage_of(text: str | None) -> str | None:
    """``production``, ``staging`` or ``development`` for what people write for them; None for anything else."""
    return _STAGE_OF.get(text.strip().lower().replace("-", "").replace("_", "")) if text else None


def stage_rank(text: str | None) -> int:
    """The place of a stage, as people write it, in ``STAGES``."""
    return STAGES.index(stage_of(text))


def worst(criticalities: list[str | None]) -> str | None:
    """The worst criticality that is stated; None where none is."""
    stated = [item for item in criticalities if item in CRITICALITIES and item is not None]
    return min(stated, key=CRITICALITIES.index, default=None)
