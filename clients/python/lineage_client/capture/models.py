"""Models that a run makes and what it measures of them."""

from __future__ import annotations

import math
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from lineage_client.capture.environment import normalised
from lineage_client.capture.files import seen_at
from lineage_client.capture.fingerprints import Fingerprint
from lineage_client.capture.naming import name_part, place_key, public_place
from lineage_client.capture.quiet import is_off, never_raises, quietly
from lineage_client.capture.records import Record, edge, entity, plain
from lineage_client.capture.settings import Place
from lineage_client.names import expanded, urn

if TYPE_CHECKING:
    from lineage_client.capture.files import Seen
    from lineage_client.capture.running import Run

_PACKAGES = {"sklearn": "scikit-learn"}
_JUDGING = ("test", "validate")


@dataclass(slots=True, eq=False)
class NamedModel:
    """A model version that a run makes; hand it to :meth:`Run.metric`."""

    namespace: str
    name: str
    version: str | None
    seen: Seen | None
    estimator: object | None
    based_on: str | None
    attributes: dict[str, Any] = field(default_factory=dict)

    def urn(self, run: Run) -> str:
        """Its name: the version as said, else that of its file's content, else the run's id."""
        content = self.seen.content() if self.seen else None
        version = self.version or (content.version if content else run.run_id)
        return urn("ModelVersion", self.namespace, self.name, version)


@dataclass(frozen=True, slots=True)
class _Metric:
    name: str
    value: object
    model: NamedModel | str | None
    on: str | None
    about: dict[str, Any]


class ModelsAndMetrics:
    """The part of a run that is about models and measurements."""

    def __init__(self) -> None:
        self._models: list[NamedModel] = []
        self._metrics: dict[tuple[str, str | None, int | str | None], _Metric] = {}
        self._mine = threading.Lock()

    def model(
        self, name: str, place: Place | None = None, *, version: str | None = None, namespace: str | None = None,
        estimator: object | None = None, based_on: str | None = None, artifact: str | None = None, **attributes: Any,
    ) -> NamedModel | None:  # fmt: skip
        """Say that the run makes a version of a model.

        ``place`` is the file it is (to be) saved in, which becomes its artifact; ``version`` else comes from that
        file's content. ``estimator`` is the model itself, asked for its class, library and parameters. ``based_on`` is
        the model version it was fine-tuned from, ``artifact`` a name for its file.
        """
        made: NamedModel | None = None
        if is_off():
            return made
        with quietly("a model could not be noted"):
            run = self._run()
            seen = None
            if place is not None:
                file = seen_at(place, "ModelArtifact")
                file.named, file.declared = artifact, True
                seen = run.noted.write(file)
            told = {key: plain(value) for key, value in attributes.items()}
            called = None if version is None else str(version)
            made = NamedModel(namespace or run.namespace, name_part(str(name)), called, seen, estimator, based_on, told)
            with self._mine:
                self._models.append(made)
        return made

    @never_raises("a metric could not be noted", None)
    def metric(
        self, name: str, value: float, *, model: NamedModel | str | None = None, on: Place | None = None,
        sort: str | None = None, unit: str | None = None, named: str | None = None, **attributes: Any,
    ) -> None:  # fmt: skip
        """Note a measurement; the last value of a name counts.

        ``model`` is what was measured (as :meth:`model` returned it, or a URN; the run's only model if it has one),
        ``on`` the data (a path of an input, or a URN; else the only input in the role ``test``, or, where no input
        has that role, the only one in ``validate``).
        """
        more = {"sort": sort, "unit": unit} | attributes
        about = {"named": named} | {key: plain(item) for key, item in more.items()}
        data = None if on is None else public_place(on)
        key = (str(name), data, id(model) if isinstance(model, NamedModel) else model)
        with self._mine:
            self._metrics[key] = _Metric(str(name), plain(value), model, data, about)

    def model_records(self, run: Run) -> list[Record]:
        """What was made and measured. Called at the end, when the content of the files is known."""
        records: list[Record] = []
        with self._mine:
            models, metrics = list(self._models), list(self._metrics.values())
        for made in models:
            with quietly(f"a model could not be told of: {made.name}"):
                records += _model(made, run)
        for metric in metrics:
            with quietly(f"a metric could not be told of: {metric.name}"):
                records += _evaluation(metric, run, models)
        return records

    def _run(self) -> Run:
        return cast("Run", self)


def _model(made: NamedModel, run: Run) -> list[Record]:
    name = made.urn(run)
    content = made.seen.content() if made.seen else None
    about: dict[str, Any] = {}
    library = None
    with quietly("an estimator could not be asked what it is"):
        about, library = _estimator_facts(made.estimator)
    if content is not None:
        about["digest"] = content.digest
    records = [entity(name, about | made.attributes), edge("GENERATED_BY", name, run.urn)]
    if made.seen is not None:
        records.append(edge("PART_OF", made.seen.urn(content, run.run_id), name))
    if made.based_on is not None:
        records.append(edge("DERIVED_FROM", name, expanded(made.based_on), {"relation": "finetune"}))
    return records + ([edge("DEPENDS_ON", name, library, {"scope": "run"})] if library else [])


def _estimator_facts(estimator: object | None) -> tuple[dict[str, Any], str | None]:
    """Class, framework and parameters of a model object, and its library's URN. Asks only what is public."""
    if estimator is None:
        return {}, None
    last: Any = estimator
    with quietly("the steps of an estimator could not be read"):
        if isinstance(getattr(estimator, "steps", None), list):  # a pipeline is what its last step is
            last = cast("Any", estimator).steps[-1][1]
    package = type(last).__module__.partition(".")[0]
    module = sys.modules.get(package)
    version = getattr(module, "__version__", None)
    parameters = parameters_of(estimator)
    facts: dict[str, Any] = {"algorithm": type(last).__name__}
    if parameters:
        facts["facets"] = {"estimator": {"class": f"{type(last).__module__}.{type(last).__name__}", **parameters}}
    if not isinstance(version, str):
        return facts, None
    distribution = normalised(_PACKAGES.get(package, package))
    return facts | {"framework": distribution}, urn("LibraryVersion", "pypi", distribution, version)


def parameters_of(estimator: object) -> dict[str, Any]:
    """The parameters that an estimator says it has; empty where it says none, or fails to."""
    told: Any = None
    with quietly("the parameters of an estimator could not be read"):
        ask = getattr(estimator, "get_params", None)
        told = plain(ask(deep=False)) if callable(ask) else None
    return told if isinstance(told, dict) else {}


def _evaluation(metric: _Metric, run: Run, models: list[NamedModel]) -> list[Record]:
    about = dict(metric.about)
    named = about.pop("named")
    data = _data(metric, run)
    given = f"{run.run_id}/{metric.name}" + (f"/{metric.on}" if metric.on else "")
    name = expanded(named) if named else urn("Evaluation", run.namespace, name_part(given))
    value: dict[str, Any] = {"facets": {"capture": {"value": metric.value}}}
    if isinstance(metric.value, (int, float)) and math.isfinite(metric.value):
        value = {"value": float(metric.value)}
    records = [entity(name, {"metric": metric.name, **value, **about}), edge("GENERATED_BY", name, run.urn)]
    model = metric.model if metric.model is not None else (models[0] if len(models) == 1 else None)
    if model is not None:
        target = model.urn(run) if isinstance(model, NamedModel) else expanded(model)
        records.append(edge("EVALUATES", name, target))
    return records + ([edge("EVALUATED_ON", name, data)] if data else [])


def _data(metric: _Metric, run: Run) -> str | None:
    """The URN of the data that were measured on."""
    reads = run.noted.reads
    if metric.on is not None:
        seen = reads.get(place_key(metric.on))
        return expanded(metric.on) if seen is None else _named(seen)
    for role in _JUDGING:
        found = [seen for seen in list(reads.values()) if any(use.role == role for use in seen.uses)]
        if found:  # of several, nobody said which
            return _named(found[0]) if len(found) == 1 else None
    return None


def _named(seen: Seen) -> str:
    content: Fingerprint | None = seen.content()
    return seen.urn(content, None)
