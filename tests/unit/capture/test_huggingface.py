"""Cards of models and data sets, wherever they lie, with hostile YAML among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.capture.huggingface.capture import HuggingFaceCapture
from registry.errors import InvalidRequestError, InvalidSourceError
from tests.unit.capture.documents import Reading, write

SHA, OTHER = "a" * 40, "b" * 40
CARD = f"""---
language: en
license: other
license_name: acme-1
library_name: peft
pipeline_tag: text-classification
tags: [fraud, "🦜"]
created: 2024-01-02
base_model: google/bert@{OTHER}
base_model_relation: adapter
datasets:
- acme/orders
- squad
new_version: acme/fraud-2
model-index:
- name: fraud
  results:
  - task: {{type: text-classification}}
    dataset: {{type: glue, name: GLUE, config: mrpc, split: test, revision: {SHA}}}
    metrics:
    - {{type: f1, value: 0.9, verified: true, verifyToken: x}}
    - {{type: f1, value: high}}
---
# Fraud
--- not YAML: [
"""


def test_a_card_with_everything(tmp_path: Path) -> None:
    write(tmp_path / "acme" / "fraud" / "README.md", CARD)
    found = Reading(HuggingFaceCapture(), tmp_path)
    assert found.edges("DERIVED_FROM") == {
        ("acme/fraud@*", f"google/bert@{OTHER}"),
        ("acme/fraud@*", "/acme/orders@*"),
        ("acme/fraud@*", "/squad@*"),
    }
    exact = {record["to"]: record["version_is"] for record in found.records if record.get("edge") == "DERIVED_FROM"}
    assert sorted(exact.values()) == ["exact", "floating", "floating"]
    model = found.entity("Model", "acme/fraud")
    assert (model["task"], model["license"], model["tags"]) == ("text-classification", "acme-1", ["fraud", "🦜"])
    assert model["facets"]["huggingface"]["created"] == "2024-01-02"
    name = "acme/fraud@*/text-classification/glue/mrpc/test/f1"
    assert found.entity("Evaluation", name)["value"] == 0.9
    assert "value" not in found.entity("Evaluation", f"{name}#2")
    assert found.edges("EVALUATED_ON") == {(name, f"/glue@{SHA}/mrpc/test"), (f"{name}#2", f"/glue@{SHA}/mrpc/test")}
    assert found.edges("SLICE_OF") == {(f"/glue@{SHA}/mrpc/test", f"/glue@{SHA}")}
    assert [item.where for item in found.unmapped] == ["acme/fraud"]


def test_the_hub_s_cache_pins_by_commit(tmp_path: Path) -> None:
    write(tmp_path / "models--acme--fraud" / "snapshots" / SHA / "README.md", "---\nbase_model: [a/b, c/d]\n---\n")
    write(
        tmp_path / "datasets--acme--orders" / "snapshots" / SHA / "README.md",
        "---\nsource_datasets: [original, extended|squad]\n---",
    )
    found = Reading(HuggingFaceCapture(), tmp_path)
    assert found.edges("DERIVED_FROM") == {
        (f"acme/fraud@{SHA}", "a/b@*"),
        (f"acme/fraud@{SHA}", "c/d@*"),
        (f"/acme/orders@{SHA}", "/squad@*"),
    }


def test_collections_and_single_cards(tmp_path: Path) -> None:
    write(tmp_path / "acme" / "one.md", "no front matter")
    write(tmp_path / "datasets" / "acme" / "orders" / "README.md", "---\r\nlicense: mit\r\n---\r\n")
    write(tmp_path / "acme" / ".git" / "README.md", "---\nbase_model: x\n---\n")
    found = Reading(HuggingFaceCapture(), tmp_path)
    assert found.entity("Model", "acme/one")
    assert found.entity("Dataset", "/acme/orders")["license"] == "mit"
    assert not found.edges("DERIVED_FROM")
    single = write(tmp_path / "x" / "README.md", "---\nbase_model: a/b\n---\n")
    alone = Reading(HuggingFaceCapture(), single, id="me/x:y 🦜", revision=SHA)
    assert alone.edges("DERIVED_FROM") == {(f"me/x:y 🦜@{SHA}", "a/b@*")}


BAD = {
    "no YAML": "base_model: [",
    "not a mapping": "- a\n- b",
    "builds an object": "base_model: !!python/object/apply:os.system [id]",
    "laughs": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
    "deep": "a: " + "[" * 5_000 + "]" * 5_000,
    "a control character": "a: \x00",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_hostile_yaml_is_refused_and_the_other_cards_are_read(tmp_path: Path, text: str) -> None:
    write(tmp_path / "a" / "bad" / "README.md", f"---\n{text}\n---\n")
    write(tmp_path / "a" / "good" / "README.md", "---\nbase_model: a/bad\n---\n")
    found = Reading(HuggingFaceCapture(), tmp_path)
    assert [item.reason for item in found.rejected] == ["invalid-source"]
    assert found.edges("DERIVED_FROM") == {("a/good@*", "a/bad@*")}


def test_odd_values(tmp_path: Path) -> None:
    text = "base_model: [{a: 1}, 7, '', a/b]\ndatasets: {x: y}\ntags: {a: b}\nlicense: [mit, apache-2.0]\n1: .nan\nmodel-index: no\n"
    write(tmp_path / "a" / "m" / "README.md", f"---\n{text}---\n")
    write(tmp_path / "a" / "latin" / "README.md", "---\nlicense: \xe9\n---\n".encode("latin-1"))
    write(tmp_path / "a" / "self" / "README.md", "---\nbase_model: a/self\n---\n")
    write(tmp_path / "a" / "bad\nname" / "README.md", "")
    found = Reading(HuggingFaceCapture(), tmp_path)
    assert found.edges("DERIVED_FROM") == {("a/m@*", "a/b@*")}
    assert found.entity("Model", "a/m")["license"] == "apache-2.0 AND mit"
    assert sorted(item.reason for item in found.rejected) == ["invalid-source", "name", "type", "type", "type", "type"]


def test_where_there_are_no_cards(tmp_path: Path) -> None:
    for where in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InvalidSourceError):
            Reading(HuggingFaceCapture(), where)
    write(tmp_path / "m.md", "")
    with pytest.raises(InvalidRequestError):
        Reading(HuggingFaceCapture(), tmp_path, at="yesterday")
    assert Reading(HuggingFaceCapture(), tmp_path, at="2026-05-04T12:00:00Z").records[0]["event_time"]
