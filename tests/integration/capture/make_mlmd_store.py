"""Run by the Python of an environment that has ml-metadata: makes a store, and says as JSON what is in it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb


def make(where: str, runs: int) -> dict[str, Any]:
    """Each run trains a model on the data that the run before made; the ends of all events, by name."""
    store = metadata_store.MetadataStore(_config(where))
    types = {name: store.put_artifact_type(pb.ArtifactType(name=name)) for name in ("Examples", "Model", "Metrics")}
    trainer = store.put_execution_type(pb.ExecutionType(name="Trainer", properties={"steps": pb.INT}))
    group = store.put_context_type(pb.ContextType(name="pipeline_run"))
    data = _artifact(store, types["Examples"], "data-0")
    used, made = [], []
    for number in range(runs):
        execution = pb.Execution(type_id=trainer, name=f"train-{number}", last_known_state=pb.Execution.COMPLETE)
        execution.properties["steps"].int_value = number
        new = [
            _artifact(store, types[kind], f"{name}-{number + 1}", stored=False)
            for kind, name in (("Examples", "data"), ("Model", "model"), ("Metrics", "metrics"))
        ]
        events = [(data, pb.Event(type=pb.Event.INPUT)), *((one, pb.Event(type=pb.Event.OUTPUT)) for one in new)]
        _, ids, _ = store.put_execution(execution, events, [pb.Context(type_id=group, name=f"run-{number}")])
        used.append([f"train-{number}", data.name])
        made += [[one.name, f"train-{number}"] for one in new]
        data = store.get_artifacts_by_id([ids[1]])[0]
    return {
        "used": used,
        "made": made,
        "artifacts": len(store.get_artifacts()),
        "executions": len(store.get_executions()),
    }


def _config(where: str) -> Any:
    """For a SQLite file, or for the MySQL database that a JSON file tells of (mysql:FILE)."""
    config = pb.ConnectionConfig()
    if where.startswith("mysql:"):
        for name, value in json.loads(Path(where.removeprefix("mysql:")).read_text()).items():
            setattr(config.mysql, name, value)
    else:
        config.sqlite.filename_uri = where
        config.sqlite.connection_mode = 3
    return config


def _artifact(store: Any, kind: int, name: str, *, stored: bool = True) -> Any:
    found = pb.Artifact(type_id=kind, name=name, uri=f"s3://lake/{name}", state=pb.Artifact.LIVE)
    if stored:
        found.id = store.put_artifacts([found])[0]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(sys.argv[1], int(sys.argv[2]))))
