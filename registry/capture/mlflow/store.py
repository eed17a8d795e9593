"""What an MLflow store holds, in one form whichever way it is read: over REST or from its database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from registry.capture.mlflow.part import Part

LATER = 253_402_300_799_000
"""The last millisecond that a time can be: the end of the year 9999."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment; times in milliseconds since 1970, as everywhere here."""

    id: str
    name: str
    deleted: bool
    created: int | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatasetInput:
    """A data set that a run read: ``source``, ``schema`` and ``profile`` are JSON texts as MLflow wrote them."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None
    profile: str | None
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric of a logged model that was measured on a data set."""

    metric: str
    value: float
    model_id: str
    run_id: str
    dataset_name: str
    dataset_digest: str
    time: int
    step: int


@dataclass(frozen=True, slots=True)
class Run:
    """A run with everything that belongs to it; ``metrics`` are the latest values."""

    id: str
    experiment_id: str
    name: str | None
    user: str | None
    status: str
    started: int | None
    ended: int | None
    deleted: bool
    artifact_uri: str | None
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[DatasetInput, ...] = ()
    model_inputs: tuple[str, ...] = ()
    model_outputs: tuple[str, ...] = ()
    measured: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model that a run saved."""

    id: str
    experiment_id: str
    name: str
    location: str
    created: int
    status: str
    model_type: str | None
    run_id: str | None
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A registered model with its aliases: alias → version."""

    name: str
    description: str | None
    created: int | None
    tags: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a registered model."""

    name: str
    version: str
    description: str | None
    created: int | None
    stage: str | None
    source: str | None
    run_id: str | None
    status: str | None
    user: str | None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """One answer of a model or an application: when, by which model and run, and whether it went well."""

    experiment_id: str
    time: int
    ok: bool
    model_id: str | None
    run_id: str | None


class Store(Protocol):
    """A store that can be read; every method raises InvalidSourceError where it cannot."""

    def count(self, parts: Sequence[Part], *, traces: bool) -> int | None:
        """How many things the methods below will give of these parts; None where only reading them tells."""

    def experiments(self) -> Iterator[Experiment]:
        """All, deleted ones too, in the order of their ids."""

    def settled(self, since: int) -> Mapping[str, str]:
        """Of each experiment that has any, a digest of the runs that a Part since then leaves out, as far as it shows.

        Where it differs from what it was at an earlier time for the same moment, :meth:`again` gives what has to be
        read beside that part.
        """

    def again(self, experiment_id: str) -> Iterator[Run]:
        """The runs of an experiment among which those are that changed without a later time of theirs."""

    def runs(self, part: Part) -> Iterator[Run]:
        """The runs of a part, deleted ones too; those of an experiment in the order of their start and id."""

    def logged_models(self, part: Part) -> Iterator[LoggedModel]:
        """The logged models of a part, but deleted ones, in the order of their creation and ids."""

    def registered_models(self) -> Iterator[RegisteredModel]:
        """All, in the order of their names."""

    def model_versions(self) -> Iterator[ModelVersion]:
        """All, in the order of names and versions."""

    def traces(self, part: Part) -> Iterator[Trace]:
        """The traces of a part, in any order; of each day, model and run either all or none."""

    def first_like(self, name: str, digest: str, experiment_id: str) -> tuple[DatasetInput, str] | None:
        """The data set of that name and digest of the first experiment before this one that has it, and which it is."""

    def file(self, model: LoggedModel, name: str) -> bytes | None:
        """A small file of a logged model; None where it is not there or cannot be reached."""

    def close(self) -> None:
        """Let the store go."""
