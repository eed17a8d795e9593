"""One way through a store: all of it, or what came since a mark; and the mark for the next one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from graph_schema.urn import UrnError
from registry.capture.mlflow.files import NAMES, ModelFiles, read_files
from registry.capture.mlflow.marks import Mark, Told
from registry.capture.mlflow.models import Models
from registry.capture.mlflow.part import Part, days_before
from registry.capture.mlflow.runs import Runs
from registry.capture.mlflow.store import Experiment, LoggedModel, ModelVersion, RegisteredModel, Store
from registry.capture.mlflow.traces import Batches
from registry.capture.source import Captured, Progressed, Reached, Rejected


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say: the namespace of names, whether to read files and traces, how much to read again.

    ``overlap`` (milliseconds) is how far clocks may differ and writes take; ``mark`` is where to go on, if anywhere.
    """

    namespace: str
    files: bool
    traces: bool
    overlap: int
    mark: Mark | None


class Reading:
    """Models first, so that runs know which versions their models became; then experiment by experiment.

    Without a mark everything is handed on. With one: experiments, registered models and versions that changed; of
    experiments that are new everything; of the others what shows a later time (see Part).
    """

    def __init__(self, store: Store, wanted: Wanted) -> None:
        self._store, self._wanted, self._mark = store, wanted, wanted.mark
        self._models = Models(wanted.namespace)
        self._runs = Runs(wanted.namespace, self._models, store.first_like if wanted.mark else None)
        self._told = Told(wanted.mark.told if wanted.mark else {})
        self._since = max(0, time.time_ns() // 1_000_000 - wanted.overlap)

    def count(self) -> int | None:
        """How many things documents() will go through; None where only reading tells."""
        experiments = list(self._store.experiments())
        new: set[str] = set()
        for version in self._store.model_versions() if self._mark else ():
            new |= self._newly_registered(version)
        return self._store.count(list(self._parts(experiments, frozenset(new))), traces=self._wanted.traces)

    def documents(self) -> Iterator[Captured]:
        """Everything that is wanted, and the mark."""
        # Before anything is read: what changes meanwhile is then read again next time.
        settled = dict(self._store.settled(self._since))
        aliases: dict[str, dict[str, str]] = {}
        yield from self._registered(aliases)
        versions: list[frozenset[str]] = []
        yield from self._versions(versions)
        experiments = list(self._store.experiments())
        yield from self._experiments(experiments)
        yield from self._astray(experiments)
        for part in self._parts(experiments, versions[0]):
            yield from self._inside(part)
        yield from self._gone_aliases(aliases)
        created = {item.id: item.created or 0 for item in experiments}
        yield Reached(Mark(self._since, created, settled, self._told.digests(), aliases).text())

    def _registered(self, aliases: dict[str, dict[str, str]]) -> Iterator[Captured]:
        models: list[RegisteredModel] = []
        for model in self._store.registered_models():
            self._told.note("model", model.name, model)
            if not self._models.note_registered(model) and model.aliases:
                aliases[model.name] = dict(model.aliases)
            models.append(model)
        for model in models:
            yield from self._unless_as_before("model", model.name, self._models.registered, model)

    def _versions(self, new: list[frozenset[str]]) -> Iterator[Captured]:
        """The versions that changed; into ``new``, the logged models that were registered since the mark."""
        registered: set[str] = set()
        if self._mark:
            for version in self._store.model_versions():
                self._told.note("version", f"{version.name}/{version.version}", version)
                registered |= self._newly_registered(version)
        new.append(frozenset(registered))
        for version in self._store.model_versions():
            if not self._mark:
                self._told.note("version", f"{version.name}/{version.version}", version)
            yield from self._unless_as_before(
                "version", f"{version.name}/{version.version}", self._models.version, version
            )

    def _newly_registered(self, version: ModelVersion) -> set[str]:
        try:
            logged = self._models.note_version(version)
        except UrnError:  # told where its documents are built
            return set()
        is_new = self._mark is not None and (version.created or 0) >= self._mark.since
        return {logged} if logged is not None and is_new else set()

    def _experiments(self, experiments: Sequence[Experiment]) -> Iterator[Captured]:
        for experiment in experiments:
            self._told.note("experiment", experiment.id, experiment)
        for experiment in experiments:
            yield from self._unless_as_before("experiment", experiment.id, self._runs.experiment, experiment)

    def _unless_as_before(
        self, sort: str, name: str, build: Callable[[Any], Iterable[Captured]], item: Any
    ) -> Iterator[Captured]:
        if self._mark and self._told.is_as_before(sort, name):
            yield Progressed()
        else:
            yield from _part(f"{sort} {name}", build, item)

    def _parts(self, experiments: Sequence[Experiment], models: frozenset[str]) -> Iterator[Part]:
        if self._mark is None:
            for experiment in experiments:
                yield Part([experiment.id])
            return
        known = [item.id for item in experiments if not self._is_new(item)]
        for experiment in experiments:
            if self._is_new(experiment):
                yield Part([experiment.id])
        yield Part(known, self._mark.since, models)

    def _is_new(self, experiment: Experiment) -> bool:
        """Whether an experiment was not read before: also where another store has taken the place of the one then."""
        created = self._mark.created if self._mark else None
        return created is not None and created.get(experiment.id) != (experiment.created or 0)

    def _astray(self, experiments: Sequence[Experiment]) -> Iterator[Captured]:
        """Runs that changed without a later time of theirs, as far as the store can tell."""
        if self._mark is None or self._mark.created is None:
            return
        now = self._store.settled(self._mark.since)
        for experiment in experiments:
            if not self._is_new(experiment) and now.get(experiment.id) != self._mark.settled.get(experiment.id):
                for run in self._store.again(experiment.id):
                    yield from _documents(f"run {run.id}", self._runs.run, run)

    def _inside(self, part: Part) -> Iterator[Captured]:
        for run in self._store.runs(part):
            yield from _part(f"run {run.id}", self._runs.run, run)
        for model in self._store.logged_models(part):
            yield from _part(f"logged model {model.id}", self._logged, model)
        if not self._wanted.traces:
            return
        batches = Batches(self._wanted.namespace, self._models)
        for trace in self._store.traces(part):
            batches.add(trace)
            yield Progressed()
        yield from self._batches(batches, part)

    def _batches(self, batches: Batches, part: Part) -> Iterator[Captured]:
        """Each batch; of the last days', which are counted again each time, those that differ from the last time."""
        late = {key for key in batches if key.day >= days_before(self._since)}
        for key in late:
            self._told.note("batch", repr(key), batches.counted(key))
        known = {key for key in late if part.since is not None and key.model not in part.models}
        yield from batches.documents(lambda key: key not in known or not self._told.is_as_before("batch", repr(key)))

    def _logged(self, model: LoggedModel) -> Iterator[Captured]:
        files = ModelFiles()
        if self._wanted.files:
            found = {name: self._store.file(model, name) for name in NAMES}
            files = read_files(f"logged model {model.id}", {key: item for key, item in found.items() if item})
        yield from self._models.logged(model, files)

    def _gone_aliases(self, aliases: dict[str, dict[str, str]]) -> Iterator[Captured]:
        """Aliases that pointed somewhere at the mark and are no longer there."""
        for model, before in sorted(self._mark.aliases.items()) if self._mark else ():
            for alias in sorted(set(before) - set(aliases.get(model, {}))):
                yield from self._models.gone_alias(model, alias, before[alias])


def _part(where: str, build: Callable[[Any], Iterable[Captured]], item: Any) -> Iterator[Captured]:
    yield from _documents(where, build, item)
    yield Progressed(where=where)


def _documents(where: str, build: Callable[[Any], Iterable[Captured]], item: Any) -> Iterator[Captured]:
    """The documents about one thing of the store, or why there are none: never a half of them."""
    try:
        documents = list(build(item))
    except UrnError as error:
        documents = [Rejected(where, "name", str(error), repr(item)[:2000])]
    yield from documents
