"""The MLflow capture: opens the store, goes through it, and hands on documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from graph_schema.urn import UrnError
from registry.capture.mlflow.files import NAMES, ModelFiles, read_files
from registry.capture.mlflow.models import Models
from registry.capture.mlflow.opening import open_store
from registry.capture.mlflow.runs import Runs
from registry.capture.mlflow.store import Experiment, LoggedModel, Store
from registry.capture.mlflow.traces import Batches
from registry.capture.source import Captured, Progressed, Rejected
from registry.errors import InvalidRequestError

PRODUCER = "mlflow"
_OPTIONS = ("namespace", "files", "traces")
_NAMESPACE = "mlflow"


class MLflow:
    """Experiments, runs, data sets, models, evaluations and traces of an MLflow tracking server or database."""

    name = "mlflow"
    summary = "MLflow 2 and 3: a tracking server (http://…) or its database (sqlite:///…, postgresql://…, mysql://…)."
    maps: Mapping[str, str] = {
        "experiment": "Experiment",
        "run": "Run, with its parameters; its source is a Job, its user a Person",
        "dataset input": "DatasetVersion with its columns, USED in the role that the context says (unknown without one)",
        "logged model": "ModelArtifact, GENERATED_BY the run",
        "registered model": "Model",
        "model version": "ModelVersion with signature and framework; the logged model is PART_OF it",
        "alias": "Alias, which POINTS_TO the version from when it was seen",
        "metric on a data set": "Evaluation, EVALUATED_ON the data set; other metrics are kept in the run's facets",
        "requirements.txt, python_env.yaml": "LibraryVersion and Environment",
        "feast.feature_refs": "USED some version of a FeatureVersion",
        "trace": "counted in an InferenceBatch a day, model and run",
    }
    does_not_map: Mapping[str, str] = {
        "metric history": "the latest value is taken; the course of a metric stays in MLflow",
        "prompts, scorers, webhooks, evaluation datasets, gateway": "no model is made from them",
        "tags of dataset inputs": "edges carry no free tags; listed when they are met",
        "artifacts other than a model's own files": "their content is not lineage",
        "history of aliases and tags": "MLflow keeps none: they hold from when they were seen",
        "deletions": "an import ends nothing, not even an alias that is gone; `lineage reconcile --repair` does",
    }
    narrowing: Mapping[str, str] = {"files": "yes", "traces": "yes"}

    def whole_of(self, options: Mapping[str, str]) -> str:
        """Each server has a namespace of its own, of which it says everything."""
        return options.get("namespace", _NAMESPACE)

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """How many things the store holds; None for a tracking server, which does not tell."""
        store = _open(where, options)
        try:
            return store.count()
        finally:
            store.close()

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """The store as documents. Raises InvalidSourceError, InvalidRequestError, ConfigurationError."""
        store = _open(where, options)
        try:
            for item in _Reading(store, options).documents():
                yield item | {"producer": PRODUCER} if isinstance(item, dict) else item
        finally:
            store.close()


def _open(where: str, options: Mapping[str, str]) -> Store:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise InvalidRequestError(
            f"The capture mlflow has no option {unknown[0]!r}.", hint=f"It has {', '.join(_OPTIONS)}."
        )
    for name in ("files", "traces"):
        if options.get(name, "yes") not in ("yes", "no"):
            raise InvalidRequestError(f"The option {name} is yes or no.")
    return open_store(where)


class _Reading:
    """One way through a store: models first, so that runs know which versions their models became."""

    def __init__(self, store: Store, options: Mapping[str, str]) -> None:
        self._store = store
        self._namespace = options.get("namespace", _NAMESPACE)
        self._files, self._traces = options.get("files", "yes") == "yes", options.get("traces", "yes") == "yes"
        self._models = Models(self._namespace)
        self._runs = Runs(self._namespace, self._models)

    def documents(self) -> Iterator[Captured]:
        for registered in self._store.registered_models():
            yield from _part(f"registered model {registered.name}", self._models.registered, registered)
        for version in self._store.model_versions():
            yield from _part(f"version {version.version} of {version.name}", self._models.version, version)
        for experiment in self._store.experiments():
            yield from _part(f"experiment {experiment.name}", self._runs.experiment, experiment)
            yield from self._inside(experiment)

    def _inside(self, experiment: Experiment) -> Iterator[Captured]:
        for run in self._store.runs(experiment.id):
            yield from _part(f"run {run.id}", self._runs.run, run)
        for model in self._store.logged_models(experiment.id):
            yield from _part(f"logged model {model.id}", self._logged, model)
        if not self._traces:
            return
        batches = Batches(self._namespace, experiment.id, self._models)
        for trace in self._store.traces(experiment.id):
            batches.add(trace)
            yield Progressed()
        yield from batches.documents()

    def _logged(self, model: LoggedModel) -> Iterator[Captured]:
        files = ModelFiles()
        if self._files:
            found = {name: self._store.file(model, name) for name in NAMES}
            files = read_files(f"logged model {model.id}", {key: item for key, item in found.items() if item})
        yield from self._models.logged(model, files)


def _part(where: str, build: Callable[[Any], Iterable[Captured]], item: Any) -> Iterator[Captured]:
    """The documents about one thing of the store, or why there are none: never a half of them."""
    try:
        documents = list(build(item))
    except UrnError as error:
        documents = [Rejected(where, "name", str(error), repr(item)[:2000])]
    yield from documents
    yield Progressed()
