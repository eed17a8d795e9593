"""The catalog of foundation models, imported by its capture: every answer equals a search over the file itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "foundation-models"
LOGICAL_KINDS = ("Model", "Dataset", "AISystem", "Deployment")
ASSET_KINDS = ("ModelVersion", "DatasetVersion", "AISystem", "Deployment")
IN_ONE_REQUEST = 25


@dataclass(frozen=True)
class Truth:
    """The file as it is: who names whom."""

    named_by: dict[str, set[str]]
    names: frozenset[str]

    def downstream(self, start: str) -> set[str]:
        """Everything that depends on the name, directly or not; the name itself left out."""
        found: set[str] = set()
        waiting = [start]
        while waiting:
            waiting = [name for seen in waiting for name in self.named_by[seen] if name not in found]
            found.update(waiting)
        return found - {start}


@pytest.fixture(scope="module")
def catalog(shared_data: Path) -> Path:
    path = shared_data / "foundation-models.jsonl"
    if not path.is_file():
        pytest.skip("../shared/data/foundation-models.jsonl is absent")
    return path


@pytest.fixture(scope="module")
def truth(catalog: Path) -> Truth:
    named_by: dict[str, set[str]] = defaultdict(set)
    names: set[str] = set()
    for line in catalog.read_text(encoding="utf-8").splitlines():
        asset = json.loads(line)
        names.add(asset["name"])
        for dependency in asset["dependencies"]:
            names.add(dependency)
            named_by[dependency].add(asset["name"])
    return Truth(named_by, frozenset(names))


@pytest.fixture(scope="module")
def records(catalog: Path) -> bytes:
    return capture(catalog).stdout


@pytest.fixture(scope="module")
def imported(api: httpx.Client, records: bytes) -> dict[str, Any]:
    return send(api, records, "catalog-first")


def capture(path: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "examples.foundation_models", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)


def send(api: httpx.Client, records: bytes, event_id: str) -> dict[str, Any]:
    response = api.post(
        "/api/v1/records",
        params={"event_id": event_id},
        content=records,
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert response.status_code == 200, response.text
    return dict(response.json())


def ask(api: httpx.Client, query: str) -> dict[str, Any]:
    answer = api.post("/graphql", json={"query": query}).json()
    assert "errors" not in answer, answer["errors"]
    return dict(answer["data"])


def urn_of(kind: str, name: str) -> str:
    return f"urn:lineage:{kind}:{NAMESPACE}:{quote(name, safe='/@+,=~')}"


def portions(pairs: list[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """As many as fit one GraphQL document."""
    return (pairs[begin : begin + IN_ONE_REQUEST] for begin in range(0, len(pairs), IN_ONE_REQUEST))


def starts(api: httpx.Client, names: list[str]) -> dict[str, str]:
    """The one entity that each name stands for, whatever its kind."""
    found: dict[str, list[str]] = defaultdict(list)
    candidates = [(name, urn_of(kind, name)) for name in names for kind in LOGICAL_KINDS]
    for some in portions(candidates):
        fields = [f"e{index}: entity(urn: {json.dumps(urn)}) {{ urn }}" for index, (_, urn) in enumerate(some)]
        answer = ask(api, "{ " + " ".join(fields) + " }")
        for index, (name, urn) in enumerate(some):
            if answer[f"e{index}"] is not None:
                found[name].append(urn)
    assert {name: urns for name, urns in found.items() if len(urns) != 1} == {}
    return {name: urns[0] for name, urns in found.items()}


def downstream(api: httpx.Client, urns: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """For each name, the names downstream of it, each with its certainty."""
    kinds = ", ".join(ASSET_KINDS)
    for some in portions(sorted(urns.items())):
        fields = [
            f"i{index}: impact(urn: {json.dumps(urn)}, kinds: [{kinds}]) "
            "{ items { node { name certainty } } completeness { complete } }"
            for index, (_, urn) in enumerate(some)
        ]
        answer = ask(api, "{ " + " ".join(fields) + " }")
        for index, (name, _) in enumerate(some):
            impact = answer[f"i{index}"]
            assert impact["completeness"]["complete"]
            # Certain items come first, so reading backwards leaves the certain one of a name's entries.
            yield name, {item["node"]["name"]: item["node"]["certainty"] for item in reversed(impact["items"])}


def test_every_asset_and_dependency_becomes_a_record(catalog: Path, records: bytes) -> None:
    assets = [json.loads(line) for line in catalog.read_text(encoding="utf-8").splitlines()]
    lines = [json.loads(line) for line in records.splitlines()]
    edges = [line for line in lines if line.get("edge", "ANSWERED_BY") != "ANSWERED_BY"]
    assert len(edges) == sum(len(asset["dependencies"]) for asset in assets)
    described = {line["name"] for line in lines if line.get("entity") in ("Model", "Dataset", "AISystem", "Deployment")}
    assert described == {asset["name"] for asset in assets}


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("name", ["CommonCrawl", "C4", "GPT-4"])
def test_everything_downstream_of_a_well_known_name(api: httpx.Client, truth: Truth, name: str) -> None:
    expected = truth.downstream(name)
    assert len(expected) > 40
    ((_, found),) = downstream(api, starts(api, [name]))
    assert set(found) == expected


@pytest.mark.usefixtures("imported")
def test_everything_downstream_of_every_name_in_the_file(api: httpx.Client, truth: Truth) -> None:
    urns = starts(api, sorted(truth.names))
    assert set(urns) == truth.names
    wrong = {name: set(found) ^ truth.downstream(name) for name, found in downstream(api, urns)}
    assert {name: difference for name, difference in wrong.items() if difference} == {}


@pytest.mark.usefixtures("imported")
def test_a_name_of_several_entries_makes_its_users_possible(api: httpx.Client) -> None:
    """There are two Dragonflies; only Together's is made from LLaMA, and the API names neither's maker."""
    ((_, found),) = downstream(api, starts(api, ["LLaMA"]))
    assert found["Dragonfly"] == "CERTAIN"
    assert found["Dragonfly API"] == "POSSIBLE"


@pytest.mark.usefixtures("imported")
def test_a_dependency_that_names_nothing_is_a_placeholder_until_described(api: httpx.Client) -> None:
    answer = ask(
        api,
        f'{{ nothing: entity(urn: "{urn_of("DatasetVersion", "CommonCrawl")}:*") {{ placeholder }} '
        f'something: entity(urn: "{urn_of("DatasetVersion", "C4")}:*") {{ placeholder }} }}',
    )
    assert answer == {"nothing": {"placeholder": True}, "something": {"placeholder": False}}


@pytest.mark.usefixtures("imported")
def test_importing_the_catalog_again_changes_nothing(api: httpx.Client, records: bytes) -> None:
    again = send(api, records, "catalog-first")
    assert (again["replayed"], again["created"], again["changed"]) == (True, 0, 0)
    under_another_name = send(api, records, "catalog-second")
    assert (under_another_name["created"], under_another_name["changed"]) == (0, 0)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (['{"name": "A", "type": "model"', ""], "line 1 is not JSON"),
        (['{"name": "A", "type": "model"}', '{"name": "", "type": "model"}'], "line 2 has no name"),
        (['{"name": "A", "type": "agent"}'], "type is none of"),
        (['{"name": "A", "type": "model", "dependencies": "B"}'], "not a list of names"),
        (['{"name": "A", "type": "application"}'] * 2, "several applications are called A"),
        (['{"name": "A", "type": "model", "created": "2024"}'] * 2, "same date and organization"),
        (
            ['{"name": "A", "type": "application", "dependencies": ["B"]}', '{"name": "B", "type": "dataset"}'],
            "no relation of the vocabulary",
        ),
    ],
)
def test_a_catalog_that_records_cannot_say_is_refused_whole(tmp_path: Path, lines: list[str], complaint: str) -> None:
    path = tmp_path / "catalog.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    done = capture(path)
    assert done.returncode == 1
    assert done.stdout == b""
    assert complaint in done.stderr.decode()
