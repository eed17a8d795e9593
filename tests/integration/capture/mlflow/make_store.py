"""Makes a small MLflow store by running MLflow and scikit-learn, then serves it until it is stopped.

python make_store.py URI FOLDER; the one line it prints is the port of the tracking server. With "serve" in the place
of FOLDER the store is there already.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import mlflow
import mlflow.sklearn
import numpy as np
import pandas as pd
from mlflow.data.pandas_dataset import from_pandas
from mlflow.tracing.constant import TraceMetadataKey
from sklearn.linear_model import LogisticRegression

PACKAGES = ["scikit-learn==1.9.1", "numpy>=2,<3", "pandas"]


def main(uri: str, folder: Path) -> None:
    """Two experiments that share data, three registered versions, traces, a deleted run, a failed one."""
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    wine = pd.DataFrame({"alcohol": [12.1, 13.5, 11.0, 14.2], "hue": [1.0, 0.8, 1.1, 0.7], "good": [0, 1, 0, 1]})
    (folder / "data").mkdir()
    wine.to_csv(folder / "data" / "wine.csv", index=False)
    train = from_pandas(wine, source=str(folder / "data" / "wine.csv"), name="wine", targets="good")
    test = from_pandas(wine.head(2), source="s3://lake/wine/test.csv", name="wine test ✓")
    bare = from_pandas(wine.tail(3), name="in memory")
    first = client.create_experiment("quality: A/B 🍷", artifact_location=(folder / "files").as_uri())
    second = client.create_experiment("again", artifact_location=(folder / "files").as_uri())
    model_id = _train(first, wine, train, test, bare)
    _train_again(client, second, wine, train, bare, model_id)
    _others(client, first, train)
    _traces(client, first, model_id)


def _train(experiment: str, wine: pd.DataFrame, train, test, bare) -> str:  # type: ignore[no-untyped-def]
    with mlflow.start_run(experiment_id=experiment, run_name="first") as run:
        mlflow.log_input(train, context="training")
        mlflow.log_input(bare)
        mlflow.log_params({"C": 1.0, "solver": "lbfgs"})
        mlflow.log_metrics({"loss": 0.4, "odd": float("nan")})
        mlflow.set_tags({"feast.project": "shop", "feast.feature_refs": "wines:alcohol,wines:hue"})
        saved = _save(wine, "quality")
        mlflow.log_metric("accuracy", 0.5, dataset=test, model_id=saved.model_id, step=1)
        mlflow.log_metric("accuracy", 0.9, dataset=test, model_id=saved.model_id, step=2)
    mlflow.MlflowClient().set_registered_model_alias("quality", "champion", "1")
    assert run.info.run_id
    return str(saved.model_id)


def _train_again(client, experiment: str, wine: pd.DataFrame, train, bare, model_id: str) -> None:  # type: ignore[no-untyped-def]
    with mlflow.start_run(experiment_id=experiment, run_name="second") as run:
        mlflow.log_input(train, context="training")
        mlflow.log_input(bare, context="Validation")
        with mlflow.start_run(experiment_id=experiment, run_name="child", nested=True):
            mlflow.log_input(train, context="odd one")
        client.log_inputs(run.info.run_id, models=[mlflow.entities.LoggedModelInput(model_id)])
        _save(wine, "quality")
    client.update_model_version("quality", "2", description="Once more.")
    client.set_model_version_tag("quality", "2", "approved", "yes")
    client.set_registered_model_tag("quality", "team", "data")


def _save(wine: pd.DataFrame, name: str):  # type: ignore[no-untyped-def]
    model = LogisticRegression().fit(wine[["alcohol", "hue"]], wine["good"])
    signature = mlflow.models.infer_signature(wine[["alcohol", "hue"]], np.array([0, 1]))
    return mlflow.sklearn.log_model(
        model, name="model", registered_model_name=name, signature=signature, pip_requirements=PACKAGES,
        serialization_format="pickle",
    )  # fmt: skip


def _others(client, experiment: str, train) -> None:  # type: ignore[no-untyped-def]
    failed = client.create_run(experiment, run_name="failed")
    client.set_terminated(failed.info.run_id, "FAILED")
    gone = client.create_run(experiment, run_name="deleted")
    client.delete_run(gone.info.run_id)
    empty = client.create_experiment("deleted experiment")
    client.create_run(empty, run_name="inside a deleted one")
    client.delete_experiment(empty)
    client.create_registered_model("unused")


def _traces(client, experiment: str, model_id: str) -> None:  # type: ignore[no-untyped-def]
    for number in range(3):
        trace = client.start_trace(f"predict {number}", experiment_id=experiment)
        client.end_trace(trace.trace_id)
    with mlflow.start_span(
        "with model", trace_destination=mlflow.entities.trace_location.MlflowExperimentLocation(experiment)
    ):
        mlflow.update_current_trace(metadata={TraceMetadataKey.MODEL_ID: model_id})
    mlflow.flush_trace_async_logging()


def serve(uri: str) -> None:
    """MLflow's own application on a free loopback port."""
    os.environ["_MLFLOW_SERVER_FILE_STORE"] = os.environ["_MLFLOW_SERVER_REGISTRY_STORE"] = uri
    from mlflow.server import app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[2] != "serve":
        main(sys.argv[1], Path(sys.argv[2]))
    serve(sys.argv[1])
