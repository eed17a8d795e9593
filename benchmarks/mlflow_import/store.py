"""An MLflow database of any size: MLflow itself makes the tables, the rows go in by SQL, from a seed."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_BLOCK = 5_000
_MAKE = "import sys; from mlflow.store.db.utils import create_sqlalchemy_engine_with_retry as e, _initialize_tables as i; i(e(sys.argv[1]))"
_START = 1_750_000_000_000
_SCHEMA = '{"mlflow_colspec": [%s]}' % ", ".join(  # noqa: UP031 - braces all over
    f'{{"name": "c{index}", "type": "double", "required": true}}' for index in range(8)
)


def make_store(path: Path, runs: int, seed: int = 7) -> None:
    """A store of so many runs in twenty experiments: of each, 5 parameters, 4 tags, 4 metrics and 2 data sets.

    Every third run saves a model, measured on a third data set; every tenth of these is registered.
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", _MAKE, f"sqlite:///{path}"], check=True, capture_output=True)
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    _Filling(database, runs, random.Random(seed)).fill()
    database.close()


class _Filling:
    def __init__(self, database: sqlite3.Connection, runs: int, dice: random.Random) -> None:
        self._database, self._runs, self._dice = database, runs, dice
        self._versions = 0

    def fill(self) -> None:
        """Everything, a block of runs a transaction."""
        experiments = [(number, f"experiment {number}", "active", _START, _START) for number in range(1, 21)]
        self._put("experiments (experiment_id, name, lifecycle_stage, creation_time, last_update_time)", experiments)
        self._put("registered_models (name, creation_time)", [(f"model-{number}", _START) for number in range(50)])
        datasets = [row for experiment in range(1, 21) for row in self._datasets(experiment)]
        self._put(
            "datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source,"
            " dataset_schema, dataset_profile)",
            datasets,
        )
        for first in range(0, self._runs, _BLOCK):
            self._block(range(first, min(first + _BLOCK, self._runs)))

    def _datasets(self, experiment: int) -> Iterator[tuple[Any, ...]]:
        for number in range(self._a_piece):
            source = f'{{"uri": "s3://lake/tables/t{number % 400}"}}'
            digest = f"{experiment % 4 * 100_000 + number:08x}"
            profile = '{"num_rows": 1000}'
            yield (f"{experiment}-{number}", experiment, f"table {number}", digest, "s3", source, _SCHEMA, profile)

    @property
    def _a_piece(self) -> int:
        """Data sets of an experiment."""
        return max(3, self._runs // 400)

    def _block(self, numbers: range) -> None:
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
        for number in numbers:
            self._run(number, rows)
        for name, columns in _TABLES.items():
            self._put(f"{name} {columns}", rows[name])
        self._database.commit()

    def _run(self, number: int, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        run, experiment, time = f"{number:032x}", number % 20 + 1, _START + number * 1_000
        rows["runs"].append((run, f"run {number}", "u", "FINISHED", time, time + 900, "active", "s3://a", experiment))
        rows["params"] += [(f"p{index}", str(self._dice.random()), run) for index in range(5)]
        tags = {"mlflow.user": f"user{number % 40}", "mlflow.source.name": f"train{number % 30}.py", "a": "b", "c": "d"}
        rows["tags"] += [(key, value, run) for key, value in tags.items()]
        rows["latest_metrics"] += [(f"m{index}", self._dice.random(), time, 0, False, run) for index in range(4)]
        chosen = self._dice.sample(range(self._a_piece), 3)
        saves = number % 3 == 0
        for place, dataset in enumerate(chosen[: 3 if saves else 2]):
            rows["inputs"].append((f"{number}-{place}", "DATASET", f"{experiment}-{dataset}", "RUN", run))
            if place < 2:
                context = ("training", "validation")[place]
                rows["input_tags"].append((f"{number}-{place}", "mlflow.data.context", context))
        if saves:
            self._model(number, run, experiment, time, chosen[2], rows)

    def _model(
        self, number: int, run: str, experiment: int, time: int, dataset: int, rows: dict[str, list[tuple[Any, ...]]]
    ) -> None:
        model = f"m-{number:032x}"
        rows["logged_models"].append((model, experiment, "model", "s3://a/m", time, time, 2, "active", run))
        rows["inputs"].append((f"{number}-o", "RUN_OUTPUT", run, "MODEL_OUTPUT", model))
        digest = f"{experiment % 4 * 100_000 + dataset:08x}"
        told = (model, "accuracy", time, 0, self._dice.random(), experiment, run, f"table {dataset}", digest)
        rows["logged_model_metrics"].append(told)
        if number % 30 == 0:
            self._versions += 1
            name, version = f"model-{self._versions % 50}", self._versions // 50 + 1
            rows["model_versions"].append((name, version, time, time, "None", f"models:/{model}", run, "READY"))

    def _put(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            self._database.commit()


_TABLES = {
    "runs": "(run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id)",
    "params": "(key, value, run_uuid)",
    "tags": "(key, value, run_uuid)",
    "latest_metrics": "(key, value, timestamp, step, is_nan, run_uuid)",
    "inputs": "(input_uuid, source_type, source_id, destination_type, destination_id)",
    "input_tags": "(input_uuid, name, value)",
    "logged_models": "(model_id, experiment_id, name, artifact_location, creation_timestamp_ms, "
    "last_updated_timestamp_ms, status, lifecycle_stage, source_run_id)",
    "logged_model_metrics": "(model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, "
    "run_id, dataset_name, dataset_digest)",
    "model_versions": "(name, version, creation_time, last_updated_time, current_stage, source, run_id, status)",
}
