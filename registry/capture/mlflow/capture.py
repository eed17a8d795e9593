"""The MLflow capture: opens the store, goes through it, and hands on documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from registry.capture.mlflow.marks import read_mark
from registry.capture.mlflow.opening import open_store
from registry.capture.mlflow.reading import Reading, Wanted
from registry.capture.source import SINCE, Captured
from registry.errors import InvalidRequestError

PRODUCER = "mlflow"
_OPTIONS = ("namespace", "files", "traces", "overlap", SINCE)
_NAMESPACE = "mlflow"
_OVERLAP = "600"


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
        "deletions": "an import ends nothing but aliases that it saw before; `lineage reconcile --repair` does",
    }
    narrowing: Mapping[str, str] = {"files": "yes", "traces": "yes", SINCE: ""}

    def whole_of(self, options: Mapping[str, str]) -> str:
        """Each server has a namespace of its own, of which it says everything."""
        return options.get("namespace", _NAMESPACE)

    misses: Mapping[str, str] = {
        "tags, parameters, metrics and inputs that an ended run got later": "MLflow notes no time; a run that was resumed is read again",
        "tags and parameters of a logged model that was finished before": "MLflow notes no time",
        "traces that come with a time of more than two days before": "older days are not counted again",
        "runs whose start and end lie before the last reading": "seen in a database, not over REST",
        "runs that were restored": "seen in a database, not over REST",
        "runs that read a model before it was registered": "seen in a database, not over REST",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """How many things will be gone through; None for a tracking server, which does not tell."""
        wanted = _wanted(options)
        store = open_store(where)
        try:
            return Reading(store, wanted).count()
        finally:
            store.close()

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """The store as documents. Raises InvalidSourceError, InvalidRequestError, ConfigurationError."""
        wanted = _wanted(options)
        store = open_store(where)
        try:
            for item in Reading(store, wanted).documents():
                yield item | {"producer": PRODUCER} if isinstance(item, dict) else item
        finally:
            store.close()


def _wanted(options: Mapping[str, str]) -> Wanted:
    unknown = sorted(set(options) - set(_OPTIONS))
    if unknown:
        raise InvalidRequestError(
            f"The capture mlflow has no option {unknown[0]!r}.", hint=f"It has {', '.join(_OPTIONS)}."
        )
    for name in ("files", "traces"):
        if options.get(name, "yes") not in ("yes", "no"):
            raise InvalidRequestError(f"The option {name} is yes or no.")
    overlap = options.get("overlap", _OVERLAP)
    if not re.fullmatch("[0-9]{1,8}", overlap):
        raise InvalidRequestError("The option overlap is a number of seconds.")
    return Wanted(
        namespace=options.get("namespace", _NAMESPACE),
        files=options.get("files", "yes") == "yes",
        traces=options.get("traces", "yes") == "yes",
        overlap=int(overlap) * 1000,
        mark=read_mark(options.get(SINCE)),
    )
