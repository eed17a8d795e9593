"""SPDX 3 documents: models, data, files and software with nothing dropped, and broken ones refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from registry.capture.spdx.capture import SpdxCapture
from registry.errors import InvalidSourceError
from tests.unit.capture.documents import BROKEN_JSON, ODD_NAME, Reading, write

INFO = {
    "type": "CreationInfo",
    "@id": "_:c",
    "specVersion": "3.0.1",
    "created": "2026-05-04T12:00:00Z",
    "createdBy": ["https://x/p"],
}
PERSON = {"type": "Person", "spdxId": "https://x/p", "creationInfo": "_:c", "name": "Ann"}


def element(sort: str, name: str, **more: Any) -> dict[str, Any]:
    return {"type": sort, "spdxId": f"https://x/{name.strip()}", "creationInfo": "_:c", "name": name} | more


def related(sort: str, source: str, *targets: str, **more: Any) -> dict[str, Any]:
    ends = {"from": f"https://x/{source}", "to": [f"https://x/{target}" for target in targets]}
    identity = f"https://x/{sort}-{source}-{targets[0]}"
    return {"type": "Relationship", "spdxId": identity, "creationInfo": "_:c", "relationshipType": sort} | ends | more


def document(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [INFO, PERSON, *elements]}


def read(tmp_path: Path, *elements: dict[str, Any], **options: str) -> Reading:
    return Reading(SpdxCapture(), write(tmp_path / "spdx.json", document(*elements)), **options)


MODEL = element("ai_AIPackage", "fraud", software_packageVersion="7", ai_typeOfModel=["transformer"],
                ai_metric=[{"type": "DictionaryEntry", "key": "auc", "value": "0.9"}])  # fmt: skip
DATA = element("dataset_DatasetPackage", "orders", software_packageVersion="v3", dataset_datasetType=["text"],
               dataset_confidentialityLevel="amber")  # fmt: skip


def test_models_data_and_software(tmp_path: Path) -> None:
    library = element("software_Package", "sk", software_packageUrl="pkg:pypi/Scikit.Learn@1.5")
    found = read(
        tmp_path,
        MODEL,
        DATA,
        library,
        related("trainedOn", "fraud", "orders", "gone"),
        related("testedOn", "fraud", "orders"),
        related("dependsOn", "fraud", "sk") | {"type": "LifecycleScopedRelationship", "scope": "runtime"},
    )
    assert found.edges("DERIVED_FROM") == {("fraud@7", "orders@v3"), ("fraud@7", "https://x/gone@*")}
    assert found.edges("DEPENDS_ON") == {("fraud@7", "scikit-learn@1.5")}
    assert found.edges("EVALUATED_ON") == {("https://x/testedOn-fraud-orders", "orders@v3")}
    assert found.entity("Evaluation", "fraud@7/auc")["value"] == 0.9
    assert found.entity("Dataset", "orders")["sensitivity"] == "confidential"
    assert found.entity("ModelVersion", "fraud", "7")["algorithm"] == "transformer"


def test_a_real_model_is_made_from_the_files_of_its_data_set(shared_data: Path) -> None:
    found = Reading(SpdxCapture(), shared_data / "spdx" / "ai-example02.json")
    whole = "/bact/sentimentdemo/tree/main/data"
    assert found.edges("SLICE_OF") == {
        (f"{whole}@*/data", f"{whole}@*"),
        *((f"{whole}@*/data/{part}.txt", f"{whole}@*/data") for part in ("train", "valid", "test")),
    }
    derived = found.edges("DERIVED_FROM")
    model = next(down for down, up in derived if up.endswith("/data/train.txt") and down.endswith("/model.bin"))
    assert {up for down, up in derived if down == model} >= {f"{whole}@*/data/train.txt", f"{whole}@*/data/valid.txt"}
    assert model in {up for down, up in found.edges("DERIVED_FROM") if down.endswith("@*") or "@" in down}


@pytest.mark.parametrize("name", ["ai-example02.json", "dataset-example01.json"])
def test_nothing_of_a_real_document_is_dropped(shared_data: Path, name: str) -> None:
    path = shared_data / "spdx" / name
    found = Reading(SpdxCapture(), path)
    assert not found.rejected
    kept = [r["attributes"]["facets"]["spdx"] for r in found.records if "facets" in r.get("attributes", {})]
    aside = [item for facet in kept for item in facet.get("@graph", [])]
    for item in json.loads(path.read_text())["@graph"]:
        assert item in kept or item in aside


def test_cycles_and_odd_names(tmp_path: Path) -> None:
    a, b = element("ai_AIPackage", ODD_NAME), element("ai_AIPackage", "b")
    a["spdxId"] = "https://x/a"
    files = [element("software_File", name, software_primaryPurpose="data") for name in ("f", "g")]
    found = read(
        tmp_path, a, b, *files, element("ai_AIPackage", "x" * 2_000),
        related("descendantOf", "a", "b"), related("descendantOf", "b", "a"), related("descendantOf", "a", "a"),
        related("contains", "f", "g"), related("contains", "g", "f"),
    )  # fmt: skip
    assert found.edges("DERIVED_FROM") == {(f"{ODD_NAME}@*", "b@*"), ("b@*", f"{ODD_NAME}@*")}
    assert [item.reason for item in found.rejected] == ["name"]


def test_builds_become_runs(tmp_path: Path) -> None:
    build = element("build_Build", "train", build_buildType="https://x/t", build_buildStartTime="2026-05-04T12:00:00Z")
    found = read(
        tmp_path, MODEL, DATA, build, related("hasInput", "train", "orders"), related("hasOutput", "train", "fraud")
    )
    assert found.edges("USED") == {("https://x/train", "orders@v3")}
    assert found.edges("GENERATED_BY") == {("fraud@7", "https://x/train")}


@pytest.mark.parametrize("content", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_broken_documents(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InvalidSourceError):
        Reading(SpdxCapture(), write(tmp_path / "spdx.json", content))


def test_another_version_and_a_broken_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidSourceError, match=r"SPDX-2\.3"):
        Reading(SpdxCapture(), write(tmp_path / "2.json", {"spdxVersion": "SPDX-2.3"}))
    with pytest.raises(InvalidSourceError, match=r"no SPDX 3\.0"):
        Reading(SpdxCapture(), write(tmp_path / "4.json", {"@graph": [INFO | {"specVersion": "4.0"}]}))
    broken = DATA | {"dataset_datasetSize": "many"}
    with pytest.raises(InvalidSourceError, match="breaks the model"):
        read(tmp_path, broken)
    assert read(tmp_path, broken, invalid="keep").entity("DatasetVersion", "orders", "v3")


def test_an_id_that_is_a_urn_names_that_very_entity_only_where_the_user_says_so(tmp_path: Path) -> None:
    ours = ["urn:lineage:ModelVersion:shop:fraud:7", "urn:lineage:DatasetVersion:shop:orders:v3"]
    told = related("trainedOn", "fraud", "orders") | {"from": ours[0], "to": [ours[1]]}
    elements = (MODEL | {"spdxId": ours[0]}, DATA | {"spdxId": ours[1]}, told)
    records = read(tmp_path, *elements, own="yes").records
    assert (ours[0], ours[1]) in {(item["from"], item["to"]) for item in records if "edge" in item}
    for options in ({}, {"own": "no"}):
        found = read(tmp_path, *elements, **options)
        assert not set(ours) & {item.get(end) for item in found.records for end in ("urn", "from", "to")}
        assert found.edges("DERIVED_FROM") == {("fraud@7", "orders@v3")}
