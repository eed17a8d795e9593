"""What is reported of each sort of step: who made what from what, with which parameters."""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

from examples.demo.data import FEATURES
from examples.demo.reporting import Record, edge, entity
from examples.demo.steps import Execution
from examples.demo.surroundings import ENVIRONMENT, LIBRARIES, SCIKIT_LEARN, code_facts, environment_facts, package_url
from examples.demo.things import Read, Thing

CELLAR = Thing("Team", "cellar-data")
KITCHEN = Thing("Team", "tasting-room")
ADA = Thing("Person", "ada")

FEATURE_VIEW = Thing("FeatureView", "wine-features")
FEATURE_VERSIONS = {name: Thing("FeatureVersion", f"wine/{name}", "1") for name in FEATURES}


def catalogue() -> list[Record]:
    """What is there before anything runs: people, assets, feature definitions, libraries, the machine."""
    return [
        entity(CELLAR, title="Cellar data", description="Measures wines and keeps the data."),
        entity(KITCHEN, title="Tasting room", description="Serves wines, and asks models about them."),
        entity(ADA, title="Ada"),
        edge("PART_OF", ADA, CELLAR),
        entity(
            Thing("Dataset", "wine"),
            owners=(CELLAR,),
            title="Wine measurements",
            description="Chemical measurements of wines from three cultivars.",
            modality="table",
        ),
        entity(
            Thing("Dataset", "wine-reserve"),
            owners=(CELLAR,),
            title="Strong wines",
            description="The wines with much alcohol, from the cleaned measurements.",
            modality="table",
        ),
        entity(Thing("Model", "cultivar-linear"), owners=(CELLAR,), task="classification"),
        entity(Thing("Model", "cultivar-forest"), owners=(CELLAR,), task="classification"),
        entity(Thing("Model", "cultivar-network"), owners=(ADA,), task="classification"),
        entity(Thing("Model", "cultivar-reserve"), owners=(KITCHEN,), task="classification"),
        entity(FEATURE_VIEW, owners=(CELLAR,), description="What models get to see of a wine.", join_keys=["id"]),
        *(record for name in FEATURES for record in _feature(name)),
        *(entity(library, purl=package_url(library)) for library in LIBRARIES),
        entity(ENVIRONMENT, **environment_facts()),
    ]


def table_records(done: Execution) -> list[Record]:
    """A run that wrote a version of a data set."""
    table = entity(
        done.step.writes, **done.facts, **_file(done, "csv"), digest_coverage="full", created_at=done.ended_at
    )
    return [*_run(done), table]


def feature_records(done: Execution) -> list[Record]:
    """A run that computed features from a data set version."""
    values = done.step.writes
    about: dict[str, Any] = {"digest": done.digest, "digest_coverage": "full", "uri": done.path.as_uri()}
    return [
        *_run(done),
        entity(values, **done.facts, **about, materialized_at=done.ended_at),
        *(edge("COMPUTED_FROM", values, read.thing) for read in done.step.reads),
        # A feature version is a definition: it belongs to no data set version, only its values do.
        *(edge("COMPUTED_FROM", values, feature) for feature in FEATURE_VERSIONS.values()),
        edge("PART_OF", values, FEATURE_VIEW),
    ]


def model_records(done: Execution) -> list[Record]:
    """A run that trained a model; where it began from another model, that too."""
    model = done.step.writes
    artifact = artifact_of(model)
    bases = [read.thing for read in done.step.reads if read.thing.kind == "ModelVersion"]
    return [
        *_run(done),
        entity(model, **done.facts, digest=done.digest, framework="scikit-learn", created_at=done.ended_at),
        *(edge("DERIVED_FROM", model, base, relation="finetune") for base in bases),
        *(edge("USES_FEATURE", model, feature) for feature in FEATURE_VERSIONS.values()),
        edge("DEPENDS_ON", model, SCIKIT_LEARN, scope="run"),
        entity(artifact, **_file(done, "joblib")),
        edge("GENERATED_BY", artifact, done.run),
        edge("PART_OF", artifact, model),
    ]


def evaluation_records(done: Execution) -> list[Record]:
    """A run that measured a model. The data it was measured on are evidence for the result, not part of the model."""
    result = done.step.writes
    model, data = (read.thing for read in done.step.reads)
    return [
        *_run(done),
        entity(result, **done.facts),
        edge("EVALUATES", result, model),
        edge("EVALUATED_ON", result, data),
    ]


def deployment_records(done: Execution) -> list[Record]:
    """A model put to work: the deployment, the endpoint it answers at, the system that relies on it."""
    deployment = done.step.writes
    endpoint, system = done.step.also
    (model,) = (read.thing for read in done.step.reads)
    about = done.step.parameters
    return [
        entity(deployment, owners=(KITCHEN,), stage="production", deployed_at=done.started_at),
        edge("DEPLOYS", deployment, model, traffic_share=1.0),
        edge("EXECUTED_IN", deployment, ENVIRONMENT),
        entity(endpoint, owners=(KITCHEN,), url=about["url"]),
        edge("SERVED_BY", endpoint, deployment),
        entity(
            system,
            owners=(KITCHEN,),
            title=about["system"],
            purpose=about["purpose"],
            criticality=about["criticality"],
        ),
        edge("RELIES_ON", system, endpoint),
    ]


def artifact_of(model: Thing) -> Thing:
    """The file of a model version."""
    return Thing("ModelArtifact", f"{model.name}-{model.version}.joblib")


def _run(done: Execution) -> list[Record]:
    """A run: what it did, where, with what, what it read and for what purpose, and what it wrote."""
    step, run = done.step, done.run
    job = Thing("Job", step.job)
    seed: dict[str, Any] = {"seed": step.seed} if step.seed is not None else {}
    return [
        entity(job, entry_point="examples.demo.pipeline", job_type=step.activity),
        entity(
            run,
            title=step.job,
            activity=step.activity,
            state="completed",
            started_at=done.started_at,
            ended_at=done.ended_at,
            parameters=step.parameters,
            **seed,
            **code_facts(),
        ),
        edge("INSTANCE_OF", run, job),
        edge("EXECUTED_IN", run, ENVIRONMENT),
        *(edge("DEPENDS_ON", run, library, scope="run") for library in LIBRARIES),
        *(_used(run, read) for read in step.reads),
        edge("GENERATED_BY", step.writes, run),
    ]


def _used(run: Thing, read: Read) -> Record:
    part = {"slice": read.part} if read.part else {}
    return edge("USED", run, read.thing, role=read.role, **part)


def _file(done: Execution, format_name: str) -> dict[str, Any]:
    return {
        "digest": done.digest,
        "uri": done.path.as_uri(),
        "size_bytes": done.path.stat().st_size,
        "format": format_name,
    }


def _feature(name: str) -> list[Record]:
    version = FEATURE_VERSIONS[name]
    code = hashlib.sha256(inspect.getsource(FEATURES[name]).encode()).hexdigest()
    feature = Thing("Feature", version.name)
    return [
        entity(feature, owners=(CELLAR,), data_type="float", description=inspect.getdoc(FEATURES[name])),
        entity(version, data_type="float", transformation_digest=f"sha256:{code}"),
        edge("PART_OF", feature, FEATURE_VIEW),
    ]
