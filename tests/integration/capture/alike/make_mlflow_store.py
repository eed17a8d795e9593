"""Makes an MLflow store of the pipeline by MLflow's own client: the training, which is all that MLflow sees of it.

python make_mlflow_store.py URI FOLDER SCIKIT_LEARN_VERSION
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput

CONTEXT = "mlflow.data.context"


def main(uri: str, folder: Path, scikit_learn: str) -> None:
    """One experiment with one run, its data, a logged model, and the version that it was registered as."""
    client = MlflowClient(uri, uri)
    experiment = client.create_experiment("prices", artifact_location=(folder / "mlflow").as_uri())
    run = client.create_run(experiment, run_name="train").info.run_id
    client.log_inputs(
        run,
        datasets=[
            DatasetInput(_data(folder / "clean.csv", "5a1d2c3b"), [InputTag(CONTEXT, "training")]),
            DatasetInput(_data(folder / "test.csv", "9f8e7d6c"), [InputTag(CONTEXT, "evaluation")]),
        ],
    )
    model = client.create_logged_model(experiment, name="price", source_run_id=run)
    place = Path(model.artifact_location.removeprefix("file://"))
    place.mkdir(parents=True)
    (place / "MLmodel").write_text("flavors:\n  sklearn:\n    sklearn_version: x\n", encoding="utf-8")
    (place / "requirements.txt").write_text(f"scikit-learn=={scikit_learn}\n", encoding="utf-8")
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run, [LoggedModelOutput(model.model_id, 0)])
    client.log_metric(run, "mae", 0.25, dataset_name="test.csv", dataset_digest="9f8e7d6c", model_id=model.model_id)
    client.create_registered_model("price")
    client.create_model_version("price", f"models:/{model.model_id}", run_id=run)
    client.set_terminated(run)


def _data(path: Path, digest: str) -> Dataset:
    return Dataset(path.name, digest, "local", json.dumps({"uri": str(path)}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
