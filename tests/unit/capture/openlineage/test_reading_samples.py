"""The samples of the specification's own tests: each facet, where it may stand, makes records that can be written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from registry.capture.openlineage.accumulated import USED_DATASET, USED_JOB, USED_RUN
from tests.unit.capture.openlineage.outcome import delivered, outcome

ROOT = Path(__file__).resolve().parents[4]
_SPEC = ROOT.parent / "shared" / "data" / "openlineage-spec"
_SAMPLES = sorted(_SPEC.glob("tests/*/*.json"))
_NEEDS_DATA = pytest.mark.skipif(not _SAMPLES, reason="the test data beside the checkout (../shared/data) are absent")


def event_with(folder: str, facets: dict[str, Any]) -> dict[str, Any]:
    """An event that carries the facets where they belong."""
    run: dict[str, Any] = {"runId": "r"}
    job: dict[str, Any] = {"namespace": "jobs", "name": "etl"}
    orders: dict[str, Any] = {"namespace": "n", "name": "orders"}
    report: dict[str, Any] = {"namespace": "n", "name": "report"}
    entries = "entries" in facets.get("lineage", {})
    if folder.endswith("RunFacet"):
        run["facets"] = facets
    elif folder.endswith("JobFacet") or entries:
        job["facets"] = facets
    elif folder.startswith("Output"):
        report["outputFacets"] = facets
    elif folder.startswith(("Input", "BaseSubset")) or folder.endswith("InputDatasetFacet"):
        orders["inputFacets"] = facets
    else:
        report["facets"] = facets
    return {
        "eventType": "COMPLETE", "eventTime": "2026-05-04T12:00:00Z", "producer": "p", "run": run, "job": job,
        "inputs": [orders], "outputs": [report],
    }  # fmt: skip


@_NEEDS_DATA
@pytest.mark.parametrize("path", _SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_sample_is_used_or_kept(path: Path) -> None:
    facets = json.loads(path.read_text(encoding="utf-8"))
    found = outcome(delivered([event_with(path.parent.name, facets)]))
    bare = outcome(delivered([event_with(path.parent.name, {})]))
    kept = "".join(shown[0].get("facets", "") for shown in found.values())
    used = USED_RUN | USED_JOB | USED_DATASET
    for name in facets:
        assert f'"{name}"' in kept or name in used, name
    assert found != bare


@_NEEDS_DATA
def test_the_full_example_is_a_run_event() -> None:
    sample = json.loads((_SPEC / "tests" / "example_full_event.json").read_text(encoding="utf-8"))
    found = outcome(delivered([sample]))
    assert found["urn:lineage:Run:food_delivery:f69a6e9b-9bac-3c9a-9cf6-eacb70ecc9a9"][0]["state"] == "completed"


@_NEEDS_DATA
def test_the_table_of_facets_names_every_facet_of_the_specification() -> None:
    page = (ROOT / "docs/how-to/openlineage.md").read_text(encoding="utf-8")
    named = {name.lower() for name in re.findall(r"`(\w+)`", page)}
    for schema in _SPEC.glob("facets/*.json"):
        properties = json.loads(schema.read_text(encoding="utf-8"))["properties"]
        for name in properties:
            assert name.lower() in named, (schema.name, name)


@_NEEDS_DATA
@pytest.mark.parametrize(
    ("sample", "edge"),
    [
        ("job-to-dataset", ("GENERATED_BY", "DatasetVersion:postgresql%3A//warehouse%3A5432:public.daily_summary:b7dce052-51a6-4d66-98b9-5fd8b78a79c7", "Run:airflow%3A//production:b7dce052-51a6-4d66-98b9-5fd8b78a79c7")),
        ("implicit-job", ("USED", "Run:jobs:r", "DatasetVersion:postgresql%3A//production%3A5432:public.transactions:*")),
        ("dataset-to-dataset", ("DERIVED_FROM", "Field:n:report.customer_id", "Field:postgresql%3A//warehouse%3A5432:public.customers.id")),
        ("mixed-sources", ("USED", "Run:jobs:r", "DatasetVersion:postgresql%3A//warehouse%3A5432:public.orders:*")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_explicit_lineage_becomes_edges(sample: str, edge: tuple[str, str, str]) -> None:
    facets = json.loads((_SPEC / "tests" / "LineageFacet" / f"{sample}.json").read_text(encoding="utf-8"))
    found = outcome(delivered([event_with("LineageFacet", facets)]))
    relation, downstream, upstream = edge
    joined = {key[:3] for key in found if isinstance(key, tuple)}
    assert (relation, f"urn:lineage:{downstream}", f"urn:lineage:{upstream}") in joined
