"""What is said of each sort of step beside what its capture sees by itself, and what is there before anything runs."""

from __future__ import annotations

import hashlib
import inspect

from examples.demo.data import FEATURES
from examples.demo.reporting import Record, edge, entity
from examples.demo.steps import Execution
from examples.demo.surroundings import ENVIRONMENT, environment_facts
from examples.demo.things import Thing

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
        entity(ENVIRONMENT, **environment_facts()),
    ]


def tell_table(done: Execution) -> None:
    """A run that wrote a version of a data set."""
    done.run.output(done.path, named=done.step.writes.urn, created_at=done.ended_at, **done.facts)


def tell_features(done: Execution) -> None:
    """A run that computed features from a data set version."""
    run, values = done.run, done.step.writes.urn
    run.output(done.path, named=values, materialized_at=done.ended_at, **done.facts)
    # A feature version is a definition: it belongs to no data set version, only its values do.
    for upstream in (*(read.thing for read in done.step.reads), *FEATURE_VERSIONS.values()):
        run.relate("COMPUTED_FROM", values, upstream.urn, evidence="observed")
    run.relate("PART_OF", values, FEATURE_VIEW.urn)


def tell_model(done: Execution) -> None:
    """A run that trained a model; where it began from another model, that too."""
    model, facts = done.step.writes, dict(done.facts)
    bases = [read.thing.urn for read in done.step.reads if read.thing.kind == "ModelVersion"]
    done.run.model(
        model.name,
        done.path,
        version=model.version,
        estimator=facts.pop("estimator"),
        based_on=bases[0] if bases else None,
        artifact=artifact_of(model).urn,
        created_at=done.ended_at,
        **facts,
    )
    for feature in FEATURE_VERSIONS.values():
        done.run.relate("USES_FEATURE", model.urn, feature.urn, evidence="observed")


def tell_evaluation(done: Execution) -> None:
    """A run that measured a model. The data it was measured on are evidence for the result, not part of the model."""
    model, data = (read.thing for read in done.step.reads)
    facts, named = dict(done.facts), done.step.writes.urn
    done.run.metric(facts.pop("metric"), facts.pop("value"), model=model.urn, on=data.urn, named=named, **facts)


def tell_deployment(done: Execution) -> None:
    """A model put to work: the deployment, the endpoint it answers at, the system that relies on it."""
    run, about = done.run, done.step.parameters
    deployment = done.step.writes.urn
    endpoint, system = (thing.urn for thing in done.step.also)
    (model,) = (read.thing.urn for read in done.step.reads)
    run.describe(deployment, stage="production", deployed_at=done.ended_at)
    run.relate("DEPLOYS", deployment, model, evidence="observed", traffic_share=1.0)
    run.relate("EXECUTED_IN", deployment, ENVIRONMENT.urn, evidence="observed")
    run.describe(endpoint, url=about["url"])
    run.relate("SERVED_BY", endpoint, deployment, evidence="observed")
    run.describe(system, title=about["system"], purpose=about["purpose"], criticality=about["criticality"])
    run.relate("RELIES_ON", system, endpoint)
    for owned in (deployment, endpoint, system):
        run.relate("OWNED_BY", owned, KITCHEN.urn)


def artifact_of(model: Thing) -> Thing:
    """The file of a model version."""
    return Thing("ModelArtifact", f"{model.name}-{model.version}.joblib")


def _feature(name: str) -> list[Record]:
    version = FEATURE_VERSIONS[name]
    code = hashlib.sha256(inspect.getsource(FEATURES[name]).encode()).hexdigest()
    feature = Thing("Feature", version.name)
    return [
        entity(feature, owners=(CELLAR,), data_type="float", description=inspect.getdoc(FEATURES[name])),
        entity(version, data_type="float", transformation_digest=f"sha256:{code}"),
        edge("PART_OF", feature, FEATURE_VIEW),
    ]
