"""What people's tools wrote into an MLflow store, or they themselves into its address, is kept and shown without secrets."""

from __future__ import annotations

import json

import pytest

from registry.capture.mlflow.files import ModelFiles
from registry.capture.mlflow.models import Models
from registry.capture.mlflow.opening import open_store
from registry.capture.mlflow.runs import Runs
from registry.capture.mlflow.store import Experiment, LoggedModel, ModelVersion, RegisteredModel, Run
from registry.errors import RegistryError

ADDRESS = "https://me:ghp_secret@host/org/x.git?access_token=secret"
TAGS = {"mlflow.source.git.repoURL": ADDRESS, "mlflow.source.name": ADDRESS, "note": f"see {ADDRESS}"}


def test_a_run_keeps_where_its_code_came_from_without_the_token() -> None:
    runs = Runs("mlflow", Models("mlflow"))
    run = Run("r", "1", None, None, "FINISHED", None, None, deleted=False, artifact_uri="ftp://u:secret@h/a", tags=TAGS)
    said = [item for item in runs.run(run) if isinstance(item, dict)]
    said += [item for item in runs.experiment(Experiment("1", "x", False, None, TAGS)) if isinstance(item, dict)]
    assert "secret" not in json.dumps(said)
    (job,) = (item["attributes"] for item in said if item.get("entity") == "Job")
    assert job["repository"] == "https://host/org/x.git"
    (facet,) = (item["attributes"]["facets"]["mlflow"] for item in said if item.get("entity") == "Run")
    assert facet["artifact_uri"] == "ftp://h/a"
    assert facet["tags"]["note"] == "see https://host/org/x.git?access_token="


def test_models_are_kept_without_secrets_too() -> None:
    models = Models("mlflow")
    said = [
        *models.registered(RegisteredModel("m", None, None, tags=TAGS)),
        *models.version(ModelVersion("m", "1", None, None, None, ADDRESS, None, None, None, tags=TAGS)),
        *models.logged(LoggedModel("m-1", "1", "m", ADDRESS, 0, "READY", None, None, tags=TAGS), ModelFiles()),
    ]
    assert "secret" not in json.dumps([item for item in said if isinstance(item, dict)])
    assert {item["entity"] for item in said if isinstance(item, dict) and "entity" in item} == {
        "Model", "ModelVersion", "ModelArtifact",
    }  # fmt: skip


@pytest.mark.parametrize(
    "where",
    [
        "postgresql+absent://h/db?user=u&password=secret",
        "postgresql://u:secret@secret:secret@h/db",
        "mysql+absent://u:secret@h/db",
        "postgresql://u:secret[@h/db",
    ],
)
def test_an_address_that_cannot_be_opened_is_told_without_its_password(where: str) -> None:
    with pytest.raises(RegistryError) as caught:
        open_store(where)
    assert "secret" not in f"{caught.value.message} {caught.value.hint} {caught.value.details}"
