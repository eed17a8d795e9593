"""A program that writes to MLflow as people do: python write_runs.py URI DATA. It prints the ids of what it made."""

from __future__ import annotations

import json
import sys

import mlflow
import pandas as pd
from mlflow.data.pandas_dataset import from_pandas


def main(uri: str, data: str) -> None:
    """Two runs: one that reads, saves, measures and registers, and one that fails."""
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("written ✓")
    frame = pd.DataFrame({"x": [1, 2, 3], "y": [0, 1, 0]})
    frame.to_csv(data, index=False)
    train = from_pandas(frame, source=data, name="train")
    test = from_pandas(frame.head(2), source="s3://lake/test.csv", name="test")
    bare = from_pandas(frame.tail(2), name="in memory")
    client = mlflow.MlflowClient()
    with mlflow.start_run(run_name="good") as run:
        mlflow.log_params({"C": 1.0})
        mlflow.log_input(train, context="training")
        mlflow.log_input(bare)
        model = client.create_logged_model(run.info.experiment_id, name="m", source_run_id=run.info.run_id)
        client.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(run.info.run_id, [mlflow.entities.LoggedModelOutput(model.model_id, 0)])
        mlflow.log_metric("accuracy", 0.5, dataset=test, model_id=model.model_id)
    client.create_registered_model("written")
    for _ in range(2):
        client.create_model_version("written", f"models:/{model.model_id}", run.info.run_id, model_id=model.model_id)
    client.set_registered_model_alias("written", "champion", "1")
    client.set_registered_model_alias("written", "champion", "2")
    ids = {"experiment": run.info.experiment_id, "good": run.info.run_id, "model": model.model_id}
    try:
        with mlflow.start_run(run_name="bad") as failed:
            ids["bad"] = failed.info.run_id
            mlflow.log_input(train, context="training")
            _fail()
    except RuntimeError:
        pass
    left = mlflow.start_run(run_name="left open")  # MLflow ends it when the process does
    ids["left open"] = left.info.run_id
    sys.stdout.write(json.dumps(ids))


def _fail() -> None:
    raise RuntimeError("no")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
