"""Two runs that read the same: naming the version for one of them takes nothing from the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.capture.openlineage.outcome import delivered, outcome

_PIECE = {"inputCondition": {"type": "location", "locations": ["s3://a"]}}
_SCHEMA = {"fields": [{"name": "id", "type": "long"}]}


def _event(run: str, second: int, version: str | None = None, role: str = "inputs", **facets: Any) -> dict[str, Any]:
    named = {} if version is None else {"version": {"datasetVersion": version}}
    return {
        "eventType": "RUNNING", "eventTime": f"2026-05-04T12:00:{second:02d}Z", "producer": "p",
        "run": {"runId": run}, "job": {"namespace": "j", "name": "task"},
        role: [{"namespace": "n", "name": "orders", "facets": facets | named}],
    }  # fmt: skip


def _used(found: dict[Any, Any], run: str) -> set[str]:
    names = (key[2] for key in found if key[0] == "USED" and key[1] == f"urn:lineage:Run:j:{run}")
    return {name.removeprefix("urn:lineage:") for name in names}


def test_the_part_that_two_runs_read_stays_for_the_one_that_does_not_know_its_version() -> None:
    found = outcome(delivered([_event("q", 1, subset=_PIECE), _event("r", 2, subset=_PIECE), _event("r", 3, "v1")]))
    (of_other,) = _used(found, "q")
    assert of_other.startswith("DataSlice:n:orders/%2A/")
    assert {name.rpartition("/")[0] for name in _used(found, "r")} == {"DataSlice:n:orders/v1", ""}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0)], ids=str)
def test_what_runs_share_is_so_since_the_first_of_them_said_it(order: tuple[int, ...]) -> None:
    events = [
        _event("q", 1, schema=_SCHEMA),
        _event("q", 2, "v1"),
        _event("r", 8, schema=_SCHEMA),
        _event("r", 9, "v1"),
    ]
    found = outcome(delivered([events[index] for index in order]))
    version = "urn:lineage:DatasetVersion:n:orders:v1"
    (schema,) = (shown for key, shown in found.items() if key[:2] == ("HAS_SCHEMA", version))
    used = {key[1]: shown[1] for key, shown in found.items() if key[0] == "USED" and key[2] == version}
    since = {run: used[f"urn:lineage:Run:j:{run}"] for run in "qr"}
    assert schema[1] == found[version][1] == since["q"] == since["r"] - 7_000_000


def test_an_output_whose_version_is_the_run_is_kept() -> None:
    found = outcome(delivered([_event("r", 1, "r", "outputs"), _event("r", 2, None, "outputs")]))
    assert "urn:lineage:DatasetVersion:n:orders:r" in found
