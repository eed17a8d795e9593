"""The pipeline: three versions of a data set, features, five models, evaluations, two deployments.

Which of the models are made from ``wine v3``? Not the two that were trained on v2, though one of them was
evaluated on v3. And one that never read v3 is: it was fine-tuned from a model that did.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from sklearn.pipeline import Pipeline as Model

from examples.demo import data, records, training
from examples.demo.reporting import Sink, entity, event
from examples.demo.steps import Step, Workspace, digest
from examples.demo.surroundings import LIBRARY_VERSIONS
from examples.demo.things import Read, Thing

SEED = 20

SOURCE = Thing("DatasetVersion", "wine", LIBRARY_VERSIONS["scikit-learn"], namespace="scikit-learn")
V1, V2, V3 = (Thing("DatasetVersion", "wine", version) for version in ("v1", "v2", "v3"))
RESERVE = Thing("DatasetVersion", "wine-reserve", "v1")

V2_FEATURES, V3_FEATURES, RESERVE_FEATURES = (
    Thing("FeatureMaterialization", f"wine-features/{name}") for name in ("wine-v2", "wine-v3", "wine-reserve-v1")
)

LINEAR_1, LINEAR_2 = (Thing("ModelVersion", "cultivar-linear", version) for version in ("1", "2"))
FOREST = Thing("ModelVersion", "cultivar-forest", "1")
NETWORK = Thing("ModelVersion", "cultivar-network", "1")
RESERVE_MODEL = Thing("ModelVersion", "cultivar-reserve", "1")

STEPS = 19
Tell = Callable[[str, int, int], None]
"""Called with (what is being done, how much of it is done, of how much)."""


class Pipeline:
    """One pass over all steps. ``tell`` hears of the progress within a step, ``step_done`` of each step's end."""

    def __init__(self, folder: Path, sink: Sink, tell: Tell, step_done: Callable[[], None]) -> None:
        self.workspace = Workspace(folder, sink)
        self._sink = sink
        self._tell = tell
        self._step_done = step_done

    def run(self) -> None:
        """Do everything that was not done before, and report all of it."""
        self._begin()
        self._write_tables()
        self._compute_features()
        self._train()
        self._evaluate()
        self._deploy()

    def _begin(self) -> None:
        source = Path(str(files("sklearn.datasets.data") / "wine_data.csv"))
        self.workspace.bring(SOURCE, source)
        told = [*records.catalogue(), entity(SOURCE, digest=digest(source), rows=178, license="CC-BY-4.0")]
        content = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        self._sink.report(event(f"demo/catalogue/{content[:16]}", told))

    def _write_tables(self) -> None:
        table = partial(self._table, "transformation")
        table("export-wine", V1, [SOURCE], lambda: data.first_delivery(data.source_rows(), SEED), seed=SEED)
        table("clean-wine", V2, [V1], lambda: data.cleaned(self._rows(V1)))
        table(
            "correct-wine",
            V3,
            [V2, SOURCE],
            lambda: data.corrected(self._rows(V2), data.source_rows(), SEED),
            seed=SEED,
        )
        strong = {"least_alcohol": 13.0}
        table("select-reserve", RESERVE, [V2], lambda: data.reserve(self._rows(V2), **strong), parameters=strong)

    def _compute_features(self) -> None:
        for source, features in ((V2, V2_FEATURES), (V3, V3_FEATURES), (RESERVE, RESERVE_FEATURES)):
            self._table(
                "materialization",
                "compute-features",
                features,
                [source],
                partial(self._with_features, source),
            )

    def _train(self) -> None:
        linear = {"epochs": 150, "alphas": [1e-4, 1e-2, 1.0]}
        self._model(LINEAR_1, V2_FEATURES, training.train_linear, linear, validated=True)
        self._model(FOREST, V2_FEATURES, training.train_forest, {"trees": 120})
        self._model(LINEAR_2, V3_FEATURES, training.train_linear, linear, validated=True)
        self._model(NETWORK, V3_FEATURES, training.train_network, {"epochs": 300, "hidden": 24})
        self._model(RESERVE_MODEL, RESERVE_FEATURES, training.finetune, {"epochs": 40}, base=LINEAR_2)

    def _evaluate(self) -> None:
        self._evaluation(LINEAR_1, V2_FEATURES)
        self._evaluation(FOREST, V3_FEATURES)  # measured on v3, not made from it
        self._evaluation(LINEAR_2, V3_FEATURES)
        self._evaluation(NETWORK, V3_FEATURES)
        self._evaluation(RESERVE_MODEL, RESERVE_FEATURES)

    def _deploy(self) -> None:
        self._deployment(
            RESERVE_MODEL,
            "reserve-desk",
            "wine-recommender",
            system="Wine recommender",
            purpose="Tells guests which cultivar a strong wine is from.",
            criticality="high",
        )
        self._deployment(
            FOREST,
            "label-check",
            "bottling-line",
            system="Bottling line",
            purpose="Stops the line when a label names the wrong cultivar.",
            criticality="medium",
        )

    # -- the sorts of steps

    def _table(
        self,
        activity: str,
        job: str,
        output: Thing,
        sources: list[Thing],
        rows: Callable[[], list[data.Row]],
        *,
        seed: int | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        def work(path: Path) -> dict[str, Any]:
            written = rows()
            data.write_csv(path, written)
            return {"rows": len(written)}

        told = records.tell_table if activity == "transformation" else records.tell_features
        reads = tuple(Read(source, "input") for source in sources)
        file = f"data/{_file_name(output)}.csv"
        self._do(Step(job, activity, reads, output, file, work, told, parameters or {}, seed))

    def _model(
        self,
        model: Thing,
        features: Thing,
        train: Callable[..., Model],
        parameters: dict[str, Any],
        *,
        validated: bool = False,
        base: Thing | None = None,
    ) -> None:
        def work(path: Path) -> dict[str, Any]:
            begin = [training.load_model(self.workspace.file(base))] if base else []
            tick = partial(self._tell, f"training {model.label}")
            trained = train(*begin, self.workspace.file(features), **parameters, seed=SEED, tick=tick)
            training.save_model(trained, path)
            return {
                "estimator": trained,
                "parameter_count": training.parameter_count(trained),
            }

        reads = [Read(features, "train", "split=train")]
        reads += [Read(features, "validate", "split=validate")] if validated else []
        reads += [Read(base, "input")] if base else []
        job = f"{'finetune' if base else 'train'}-{model.name}"
        file = f"models/{_file_name(model)}.joblib"
        also = (records.artifact_of(model),)
        self._do(Step(job, "training", tuple(reads), model, file, work, records.tell_model, parameters, SEED, also))

    def _evaluation(self, model: Thing, features: Thing) -> None:
        result = Thing("Evaluation", f"{_file_name(model)}/accuracy/{features.name}")

        def work(path: Path) -> dict[str, Any]:
            trained = training.load_model(self.workspace.file(model))
            value = training.accuracy(trained, self.workspace.file(features), "test")
            facts = {"metric": "accuracy", "value": round(value, 4), "sort": "quality"}
            path.write_text(json.dumps(facts), encoding="utf-8")
            return facts

        reads = (Read(model, "input"), Read(features, "test", "split=test"))
        file = f"evaluations/{_file_name(model)}.json"
        self._do(Step(f"evaluate-{model.name}", "evaluation", reads, result, file, work, records.tell_evaluation))

    def _deployment(self, model: Thing, name: str, system_name: str, **about: str) -> None:
        deployment, endpoint, system = (
            Thing("Deployment", name),
            Thing("Endpoint", f"/{name}"),
            Thing("AISystem", system_name),
        )
        about |= {"url": f"http://models.example{endpoint.name}"}

        def work(path: Path) -> dict[str, Any]:
            pinned = {"model": model.urn, "digest": digest(self.workspace.file(model))}
            path.write_text(json.dumps(pinned), encoding="utf-8")
            return {}

        step = Step(
            f"deploy-{name}",
            "other",
            (Read(model, "input"),),
            deployment,
            f"deployments/{name}.json",
            work,
            records.tell_deployment,
            about,
            also=(endpoint, system),
        )
        self._do(step)

    def _do(self, step: Step) -> None:
        self._tell(step.job.replace("-", " "), 0, 1)
        self.workspace.perform(step)
        self._step_done()

    def _with_features(self, table: Thing) -> list[data.Row]:
        return data.with_features(self._rows(table))

    def _rows(self, table: Thing) -> list[data.Row]:
        return data.read_csv(self.workspace.file(table))


def _file_name(thing: Thing) -> str:
    return thing.label.replace("/", "-").replace(" ", "-")
