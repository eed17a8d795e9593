"""The pipeline as each tool tells of it, and as the capture of that tool reads it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lineage_client
from graph_schema.urn import Urn
from registry.capture.registered import offers
from registry.capture.source import RecordDocument, Rejected
from tests.integration.capture.alike.pipeline import (
    LIBRARY,
    METRIC,
    MODEL,
    NUMBER,
    PRICE,
    SHOP,
    SKLEARN,
    TIME,
    VALUE,
    File,
    Pipeline,
)
from tests.unit.capture import feast_registry, mlmd_store, test_cyclonedx, test_dbt, test_intoto, test_spdx
from tests.unit.capture.documents import Reading, write

Told = list[RecordDocument]
COMMIT = "c" * 40


def by_hand(pipeline: Pipeline) -> Told:
    """Records as somebody writes them."""
    clean_up, training = (str(Urn.of("Run", SHOP, name)) for name in ("hand-clean", "hand-train"))
    measured = str(Urn.of("Evaluation", SHOP, "by hand"))
    said: Told = [_file(item) for item in (pipeline.raw, pipeline.clean, pipeline.test)]
    said += [
        {"entity": "ModelVersion", "urn": MODEL, "attributes": {"digest": f"sha256:{pipeline.model.sha256}"}},
        {"entity": "Evaluation", "urn": measured, "attributes": {"metric": METRIC, "value": VALUE}},
        _edge("USED", clean_up, pipeline.raw.urn, role="input"),
        _edge("GENERATED_BY", pipeline.clean.urn, clean_up),
        _edge("USED", training, pipeline.clean.urn, role="train"),
        _edge("GENERATED_BY", MODEL, training),
        _edge("DEPENDS_ON", MODEL, LIBRARY, scope="run"),
        _edge("EVALUATES", measured, MODEL),
        _edge("EVALUATED_ON", measured, pipeline.test.urn),
        _edge("DERIVED_FROM", pipeline.clean.column("price"), pipeline.raw.column("price")),
    ]
    source = {"event_id": "by hand", "event_time": TIME, "producer": "hand"}
    return [record | source for record in said]


def _file(item: File) -> RecordDocument:
    about = {"digest": f"sha256:{item.sha256}", "digest_coverage": "full", "uri": item.uri}
    return {"entity": "DatasetVersion", "urn": item.urn, "attributes": about}


def _edge(relation: str, downstream: str, upstream: str, **attributes: str) -> RecordDocument:
    return {"edge": relation, "from": downstream, "to": upstream, "attributes": attributes}


def openlineage_events(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Events of a producer that names versions by their content; a model is one more data set to them."""
    clean = _dataset(pipeline.clean)
    sources = [{"namespace": "file", "name": str(pipeline.raw.path), "field": "price"}]
    clean["facets"]["columnLineage"] = _facet(fields={"price": {"inputFields": sources}})
    model = _dataset(pipeline.model)
    model["facets"]["datasetType"] = _facet(datasetType="MODEL")
    steps = [("clean", [_dataset(pipeline.raw)], [clean]), ("train", [_dataset(pipeline.clean)], [model])]
    return [
        {
            "eventType": state, "eventTime": TIME, "producer": "https://example.org/producer",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": f"ol-{name}", "facets": {}}, "job": {"namespace": SHOP, "name": name, "facets": {}},
            "inputs": inputs, "outputs": outputs,
        }
        for name, inputs, outputs in steps
        for state in ("START", "COMPLETE")
    ]  # fmt: skip


def _facet(**values: Any) -> dict[str, Any]:
    return {"_producer": "https://example.org/producer", "_schemaURL": "https://example.org/facet.json"} | values


def _dataset(item: File) -> dict[str, Any]:
    facets = {"version": _facet(datasetVersion=item.number)}
    return {"namespace": "file", "name": str(item.path), "facets": facets}


def openlineage_file(pipeline: Pipeline) -> Told:
    """`lineage import openlineage FILE`."""
    lines = "".join(json.dumps(event) + "\n" for event in openlineage_events(pipeline))
    return read("openlineage", write(pipeline.folder / "events.ndjson", lines))


def python(pipeline: Pipeline) -> Told:
    """Scripts that say what they read and write. They run again, so the files are written again as they were."""
    events: list[Any] = []
    # Read before: what a run itself reads is an input of it, where other tests have capture listen in this process.
    clean, model = pipeline.clean.path.read_bytes(), pipeline.model.path.read_bytes()
    with contextlib.chdir(pipeline.folder):
        with lineage_client.run(
            "clean", namespace=SHOP, inputs="raw.csv", outputs="clean.csv", sink=events.append
        ) as run:
            _again(pipeline.clean, clean)
            run.column("clean.csv", "price", {"raw.csv": "price"})
        inputs = {"train": "clean.csv", "test": "test.csv"}
        with lineage_client.run("train", namespace=SHOP, inputs=inputs, activity="training", sink=events.append) as run:
            _again(pipeline.model, model)
            run.model(PRICE, "model.joblib", version=NUMBER)
            run.metric(METRIC, VALUE)
    return [
        record | {name: value for name, value in event.items() if name != "records"}
        for event in events
        for record in event["records"]
    ]


def _again(item: File, content: bytes) -> None:
    item.path.unlink()
    item.path.write_bytes(content)


def dbt(pipeline: Pipeline) -> Told:
    """The data part: tables, which dbt does not know the files of."""
    raw = test_dbt.node("raw", sort="seed", checksum={"name": "sha256", "checksum": pipeline.raw.sha256})
    clean = test_dbt.node("clean", "seed.shop.raw")
    folder = pipeline.folder / "dbt"
    write(folder / "run_results.json", test_dbt.results(seed__shop__raw="success", model__shop__clean="success"))
    place = write(folder / "manifest.json", test_dbt.manifest(raw, clean))
    return read("dbt", place, namespace=test_dbt.SERVER, run_results=str(folder / "run_results.json"))


def huggingface(pipeline: Pipeline) -> Told:
    """Cards as the hub has them: by repositories, at the commits that a card names."""
    folder = pipeline.folder / "hub"
    model = f"---\nlibrary_name: sklearn\ndatasets:\n- shop/clean@{COMMIT}\n---\n"
    write(folder / "model" / "README.md", model)
    told = read("huggingface", folder / "model" / "README.md", id="shop/price", revision=COMMIT)
    write(folder / "data" / "README.md", "---\nsource_datasets:\n- extended|shop/raw\n---\n")
    return told + read("huggingface", folder / "data" / "README.md", id="shop/clean", revision=COMMIT, type="dataset")


def cyclonedx(pipeline: Pipeline, number: str | None = None) -> Told:
    """A bill of materials of the model, with its data by their addresses and hashes, and by a number if it has one."""
    raw, clean = _component(pipeline.raw), _component(pipeline.clean)
    if number is not None:
        clean["version"] = number
    clean["pedigree"] = {"ancestors": [{name: value for name, value in raw.items() if name != "bom-ref"}]}
    metric = {"type": METRIC, "value": str(VALUE)}
    model = {
        "type": "machine-learning-model", "bom-ref": "m", "name": PRICE, "version": NUMBER,
        "hashes": [{"alg": "SHA-256", "content": pipeline.model.sha256.upper()}],
        "modelCard": {
            "modelParameters": {"datasets": [{"ref": str(clean["bom-ref"])}]},
            "quantitativeAnalysis": {"performanceMetrics": [metric]},
        },
    }  # fmt: skip
    library = {"type": "library", "bom-ref": "l", "name": "scikit-learn", "version": SKLEARN}
    library["purl"] = f"pkg:pypi/scikit-learn@{SKLEARN}"
    document = test_cyclonedx.bom(model, raw, clean, library, dependencies=[{"ref": "m", "dependsOn": ["l"]}])
    return read("cyclonedx", write(pipeline.folder / "bom.cdx.json", document), namespace=SHOP)


def _component(item: File) -> dict[str, Any]:
    contents = {"type": "dataset", "contents": {"url": item.uri}}
    hashes = [{"alg": "SHA-256", "content": item.sha256.upper()}]
    return {"type": "data", "bom-ref": item.path.name, "name": item.path.stem, "hashes": hashes, "data": [contents]}


def spdx(pipeline: Pipeline, number: str | None = None) -> Told:
    """An SPDX document of the model, with the data as above."""
    model = test_spdx.element("ai_AIPackage", PRICE, software_packageVersion=NUMBER, **_verified(pipeline.model))
    data = [
        test_spdx.element(
            "dataset_DatasetPackage", item.path.stem, software_downloadLocation=item.uri, **_verified(item),
            dataset_datasetType=["structured"],
        )
        for item in (pipeline.raw, pipeline.clean, pipeline.test)
    ]  # fmt: skip
    if number is not None:
        data[1]["software_packageVersion"] = number
    library = test_spdx.element("software_Package", "sk", software_packageUrl=f"pkg:pypi/scikit-learn@{SKLEARN}")
    document = test_spdx.document(
        model, *data, library, test_spdx.related("trainedOn", PRICE, "clean"),
        test_spdx.related("testedOn", PRICE, "test"), test_spdx.related("generates", "raw", "clean"),
        test_spdx.related("dependsOn", PRICE, "sk"),
    )  # fmt: skip
    return read("spdx", write(pipeline.folder / "spdx.json", document), namespace=SHOP)


def _verified(item: File) -> dict[str, Any]:
    return {"verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": item.sha256.upper()}]}


def intoto(pipeline: Pipeline) -> Told:
    """Provenance of both steps, as a build service attests it."""
    library = {"uri": f"pkg:pypi/scikit-learn@{SKLEARN}"}
    steps = [("clean", [_subject(pipeline.raw)], pipeline.clean)]
    steps += [("train", [_subject(pipeline.clean), library], pipeline.model)]
    lines = ""
    for name, materials, made in steps:
        definition = {
            "buildType": "https://example.org/ci",
            "externalParameters": {},
            "resolvedDependencies": materials,
        }
        details = {
            "builder": {"id": "https://example.org/ci"},
            "metadata": {"invocationId": f"ci-{name}", "finishedOn": TIME},
        }
        predicate = {"buildDefinition": definition, "runDetails": details}
        lines += json.dumps(test_intoto.statement(predicate, subject=[_subject(made)])) + "\n"
    return read("intoto", write(pipeline.folder / "ci.intoto.jsonl", lines), root=str(pipeline.folder))


def _subject(item: File) -> dict[str, Any]:
    return {"name": item.path.name, "digest": {"sha256": item.sha256}}


def mlmd(pipeline: Pipeline) -> Told:
    """A store of ML Metadata, which knows addresses and no content."""
    path = pipeline.folder / "mlmd.db"
    path.unlink(missing_ok=True)
    store = mlmd_store.StoreFile(path)
    files = (pipeline.raw, pipeline.clean)
    raw, clean = (store.node("Artifact", "Examples", item.path.stem, item.uri) for item in files)
    model = store.node("Artifact", "Model", PRICE, pipeline.model.uri)
    for read_, made in ((raw, clean), (clean, model)):
        run = store.node("Execution", "Trainer", None, state=3)
        store.event(read_, run, 3)
        store.event(made, run, 4)
    store.connection.close()
    return read("mlmd", path)


def feast(pipeline: Pipeline) -> Told:
    """A feature view over the cleaned table; which version of it is not known, nor the models."""
    source = {"name": "prices", "type": "BATCH_FILE", "file_options": {"uri": pipeline.clean.uri}, "project": SHOP}
    said = {"registry_schema_version": "1", "data_sources": [source]}
    said |= {"feature_views": [feast_registry.view("prices", ["price"], source)]}
    return read("feast", feast_registry.write_registry(pipeline.folder / "registry.db", said))


def requirements(pipeline: Pipeline) -> Told:
    """What the model needs to run, as a file."""
    path = write(pipeline.folder / "requirements.txt", f"Scikit_Learn=={SKLEARN}\n")
    return read("requirements", path, of=MODEL)


def mlflow(pipeline: Pipeline) -> Told:
    """A real store of MLflow, whose models are told under the name that the option says."""
    database = f"sqlite:///{pipeline.folder / 'mlflow.db'}"
    script = Path(__file__).parent / "make_mlflow_store.py"
    quiet = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(script), database, str(pipeline.folder), SKLEARN]
    subprocess.run(command, check=True, capture_output=True, cwd=pipeline.folder, env=quiet)
    found = list(offers()["mlflow"].load().read(database, {"namespace": SHOP}))
    assert not [item for item in found if isinstance(item, Rejected)]
    return [item for item in found if isinstance(item, dict)]


def read(capture: str, where: Path | str, **options: str) -> Told:
    """What a capture reads, none of which may be rejected."""
    found = Reading(offers()[capture].load(), where, **options)
    assert found.rejected == []
    return found.records


TELL: dict[str, Callable[[Pipeline], Told]] = {
    tell.__name__: tell
    for tell in (
        by_hand, openlineage_file, python, dbt, huggingface, cyclonedx, spdx, intoto, mlmd, feast, requirements,
    )
}  # fmt: skip
