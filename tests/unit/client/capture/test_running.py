"""What a run comes to: the right files, versions and words, and never an exception of capture's own."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lineage_client
from lineage_client.capture import audit, current, quiet
from lineage_client.capture.records import HIDDEN, plain
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

Events = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _said() -> Iterator[None]:
    quiet._said.clear()
    yield
    quiet._said.clear()


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("a\n1\n", encoding="utf-8")
    return tmp_path


def checked(events: Events) -> list[dict[str, Any]]:
    """The records of the run itself, once the registry's own validation has found nothing wrong with any event."""
    for event in events:
        reader = BatchReader(Envelope(event["event_id"], time.time_ns() // 1000))
        for line, record in enumerate(event["records"]):
            reader.add(record, line)
        assert reader.errors == [], [error.as_json() for error in reader.errors]
    return [record for event in events for record in event["records"] if event["event_id"].startswith("python-run/")]


def edges(events: Events, relation: str) -> list[tuple[str, str]]:
    return [(item["from"], item["to"]) for item in checked(events) if item.get("edge") == relation]


def entity(events: Events, kind: str) -> dict[str, Any]:
    (found,) = [item for item in checked(events) if item.get("entity") == kind]
    return dict(found["attributes"])


def version(path: Path, content: str | None = None) -> str:
    text = path.read_bytes() if content is None else content.encode()
    name = f"sha256-{hashlib.sha256(text).hexdigest()[:16]}"
    return lineage_client.urn("DatasetVersion", "file", str(path), name)


def test_inputs_and_outputs_are_versions_by_their_content(folder: Path, events: Events) -> None:
    with lineage_client.run("copy", inputs="in.csv", outputs=["out.csv"], namespace="n", sink=events.append) as run:
        Path("out.csv").write_text("b\n", encoding="utf-8")
    assert edges(events, "USED") == [(run.urn, version(folder / "in.csv"))]
    assert edges(events, "GENERATED_BY") == [(version(folder / "out.csv"), run.urn)]
    assert edges(events, "INSTANCE_OF") == [(run.urn, "urn:lineage:Job:n:copy")]
    facts = entity(events, "Run")
    assert facts["state"] == "completed"
    assert facts["started_at"] <= facts["ended_at"]


def test_what_is_read_and_then_written_has_two_versions(folder: Path, events: Events) -> None:
    audit.install()
    with lineage_client.run("mend", sink=events.append) as run:
        text = Path("in.csv").read_text(encoding="utf-8")
        Path("in.csv").write_text(text + "2\n", encoding="utf-8")
    assert edges(events, "USED") == [(run.urn, version(folder / "in.csv", "a\n1\n"))]
    assert edges(events, "GENERATED_BY") == [(version(folder / "in.csv", "a\n1\n2\n"), run.urn)]


@pytest.mark.parametrize(
    "take_away",
    [os.remove, lambda path: Path(path).rename("in.backup"), lambda path: shutil.rmtree(Path(path).parent)],
    ids=["removed", "renamed", "with its folder"],
)
def test_what_is_read_and_then_taken_away_keeps_its_version(
    folder: Path, events: Events, take_away: Callable[[str], Any]
) -> None:
    audit.install()
    place = folder / "raw" / "in.csv"
    place.parent.mkdir()
    place.write_text("a\n1\n", encoding="utf-8")
    with Path("large.csv").open("wb") as large:
        large.truncate(200 << 20)  # its digest keeps capture's own thread busy
    with lineage_client.run("move", sink=events.append) as run:
        Path("large.csv").open("rb").close()
        place.read_text(encoding="utf-8")
        take_away(str(place))
    assert (run.urn, version(place, "a\n1\n")) in edges(events, "USED")


def test_what_a_run_made_itself_is_no_input_of_it(folder: Path, events: Events) -> None:
    audit.install()
    with lineage_client.run("station", sink=events.append):
        Path("station.csv").write_text("x\n", encoding="utf-8")
        Path("station.csv").read_text(encoding="utf-8")
        Path("gone.csv").write_text("x\n", encoding="utf-8")
        Path("gone.csv").unlink()
        Path("new.csv.tmp").write_text("y\n", encoding="utf-8")
        Path("new.csv.tmp").replace("final.csv")
    assert edges(events, "USED") == []
    made = {made for made, _ in edges(events, "GENERATED_BY")}
    assert made == {version(folder / "station.csv"), version(folder / "final.csv")}


def test_an_open_that_fails_is_no_lineage(folder: Path, events: Events) -> None:
    audit.install()
    (folder / "folder.csv").mkdir()
    with lineage_client.run("fails", sink=events.append):
        for name, mode in (("missing.csv", "r"), ("missing.csv", "r+"), ("in.csv", "x"), ("folder.csv", "r")):
            with pytest.raises(OSError, match=name):
                Path(name).open(mode).close()
        with pytest.raises(FileNotFoundError):
            Path("gone.csv").rename("in.csv")
    assert edges(events, "USED") == edges(events, "GENERATED_BY") == []


def test_roles_parts_and_names_are_as_said(folder: Path, events: Events) -> None:
    with lineage_client.run("train", activity="training", sink=events.append) as run:
        run.input("in.csv", "train", named="DatasetVersion:shop:orders:v3", part="split=train")
        run.input("in.csv", "validate", named="DatasetVersion:shop:orders:v3", part="split=validate")
        run.input("s3://bucket/key.csv", "test")
        run.output("s3://bucket/out.csv")
    used = [item for item in checked(events) if item.get("edge") == "USED"]
    assert [(item["to"].rpartition("/")[2], item["attributes"]) for item in used] == [
        ("urn:lineage:DatasetVersion:shop:orders:v3", {"role": "train", "slice": "split=train"}),
        ("urn:lineage:DatasetVersion:shop:orders:v3", {"role": "validate", "slice": "split=validate"}),
        ("bucket:key.csv:*", {"role": "test"}),
    ]
    (made,) = edges(events, "GENERATED_BY")
    assert made[0].startswith("urn:lineage:DatasetVersion:s3%3A//bucket:out.csv:train-")


def test_a_large_file_is_told_by_its_metadata_and_says_so(
    folder: Path, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINEAGE_CAPTURE_DIGEST_BYTES", "3")
    with lineage_client.run("large", inputs="in.csv", sink=events.append):
        pass
    assert entity(events, "DatasetVersion")["digest_coverage"] == "metadata"


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (ValueError("no"), "failed"),
        (KeyboardInterrupt(), "aborted"),
        (SystemExit(0), "completed"),
        (SystemExit(3), "failed"),
    ],
)
def test_the_end_of_a_run_is_its_users(error: BaseException, state: str, events: Events) -> None:
    with pytest.raises(type(error)) as raised, lineage_client.run("ends", sink=events.append):
        raise error
    assert raised.value is error
    assert entity(events, "Run")["state"] == state


def test_nothing_that_is_said_wrongly_raises(folder: Path, events: Events, caplog: pytest.LogCaptureFixture) -> None:
    options: dict[str, Any] = {
        "inputs": [None, 3, "missing.csv", ""], "outputs": object(), "parameters": 5, "activity": "cooking",
        "seed": "x", "colour": "red",
    }  # fmt: skip
    with caplog.at_level(logging.WARNING), lineage_client.run("wrong", sink=events.append, **options) as run:
        run.input("in.csv", role="eaten")
        run.metric("m", math.nan)
        run.metric("n", "text")  # type: ignore[arg-type]
        run.relate("USED", "nonsense", "")
        run.parameter("p", object())
        run.model("m", 3)  # type: ignore[arg-type]
    assert "'cooking' is no activity" in caplog.text
    assert "'eaten' is no role" in caplog.text
    assert "'colour' is no option" in caplog.text


def test_a_sink_that_fails_breaks_no_run(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(event: dict[str, Any]) -> None:
        raise OSError("no room")

    for _ in range(2):
        with lineage_client.run("unheard", sink=refuse):
            pass
    assert caplog.text.count("could not be told of") == 1


def test_off_is_off(folder: Path, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_CAPTURE", "off")
    with lineage_client.run("off", inputs="in.csv", sink=events.append) as run:
        run.metric("m", 1)
    assert events == []


def test_what_is_off_starts_no_thread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAGE_CAPTURE", "off")
    before = set(threading.enumerate())
    with lineage_client.run("off", inputs="in.csv") as run:
        assert run.input("in.csv") == "in.csv"
        assert run.output("out.csv") == "out.csv"
        assert run.model("m", "m.joblib") is None
    assert {thread.name for thread in set(threading.enumerate()) - before if "lineage" in thread.name} == set()


def test_runs_within_one_another_keep_their_files_apart(folder: Path, events: Events) -> None:
    audit.install()
    with lineage_client.run("outer", sink=events.append) as outer:
        with lineage_client.run("inner", sink=events.append) as inner:
            assert current() is inner
            Path("in.csv").read_text(encoding="utf-8")
        assert current() is outer
    assert edges(events, "USED") == [(inner.urn, version(folder / "in.csv"))]
    assert edges(events, "PART_OF") == [(inner.urn, outer.urn)]


def test_a_thread_of_the_users_belongs_to_the_only_run(folder: Path, events: Events) -> None:
    audit.install()
    with lineage_client.run("threads", sink=events.append) as run:
        thread = threading.Thread(target=lambda: Path("in.csv").read_text(encoding="utf-8"))
        thread.start()
        thread.join()
    assert edges(events, "USED") == [(run.urn, version(folder / "in.csv"))]


def test_runs_at_the_same_time_in_one_loop_keep_apart(folder: Path, events: Events) -> None:
    audit.install()

    async def one(name: str) -> None:
        with lineage_client.run(name, run_id=name, namespace="n", sink=events.append):
            Path(f"{name}.csv").write_text(name, encoding="utf-8")
            await asyncio.sleep(0.01)
            Path(f"{name}-2.csv").write_text(name, encoding="utf-8")

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    asyncio.run(both())
    assert sorted((run[-1], Path(made.split(":")[4]).name) for made, run in edges(events, "GENERATED_BY")) == [
        ("a", "a-2.csv"), ("a", "a.csv"), ("b", "b-2.csv"), ("b", "b.csv"),
    ]  # fmt: skip


def test_a_forked_child_does_not_tell_its_parents_end(folder: Path) -> None:
    told = folder / "told"
    with lineage_client.run("parent", sink=lambda event: told.open("a").write(event["event_id"] + "\n")):
        around, child = current(), os.fork()
        if child == 0:
            os._exit(0 if current() is not around else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert told.read_text(encoding="utf-8").count("python-run/") == 1


def test_a_decorated_function_is_the_same_function(folder: Path, events: Events) -> None:
    @lineage_client.captured("fit", namespace="n", sink=events.append)
    def fit(depth: int, *, token: str = "t", frame: object = None) -> int:
        """Fit."""
        run = current()
        assert run is not None
        run.input("in.csv")
        return depth * 2

    assert fit(3, frame=object()) == 6
    assert fit.__doc__ == "Fit."
    facts = entity(events, "Run")
    assert facts["parameters"] == {"depth": 3, "token": HIDDEN, "frame": "<builtins.object>"}
    assert edges(events, "USED")
    with pytest.raises(TypeError, match="depth"):
        fit()  # type: ignore[call-arg]


def test_a_decorated_coroutine_is_captured_until_it_ends(events: Events) -> None:
    @lineage_client.captured(sink=events.append)
    async def work() -> str:
        await asyncio.sleep(0.001)
        return "done"

    assert asyncio.run(work()) == "done"
    assert entity(events, "Run")["title"] == "work"


def test_models_and_metrics_name_what_they_are_about(folder: Path, events: Events) -> None:
    with lineage_client.run("t", namespace="n", run_id="r", inputs={"test": "in.csv"}, sink=events.append) as run:
        Path("model.joblib").write_bytes(b"model")
        run.model("price", "model.joblib", version="7", based_on="ModelVersion:n:price:6")
        run.metric("mae", 0.5)
        run.metric("mae", 0.4)
    model = "urn:lineage:ModelVersion:n:price:7"
    assert edges(events, "EVALUATES") == [("urn:lineage:Evaluation:n:r/mae", model)]
    assert edges(events, "EVALUATED_ON") == [("urn:lineage:Evaluation:n:r/mae", version(folder / "in.csv"))]
    assert edges(events, "DERIVED_FROM") == [(model, "urn:lineage:ModelVersion:n:price:6")]
    assert entity(events, "Evaluation")["value"] == 0.4
    assert edges(events, "PART_OF")[0][1] == model


def test_a_metric_is_of_no_data_where_several_may_be_meant(folder: Path, events: Events) -> None:
    for name in ("one.csv", "two.csv"):
        (folder / name).write_text(name, encoding="utf-8")
    inputs = {"test": ["one.csv", "two.csv"], "validate": "in.csv"}
    with lineage_client.run("judge", inputs=inputs, sink=events.append) as run:
        run.metric("mae", 1.0)
    assert edges(events, "EVALUATED_ON") == []
    events.clear()
    with lineage_client.run("judge", inputs={"validate": "in.csv"}, sink=events.append) as run:
        run.metric("mae", 1.0)
    assert [to for _, to in edges(events, "EVALUATED_ON")] == [version(folder / "in.csv")]


def test_the_same_environment_is_the_same_event_to_the_letter(events: Events) -> None:
    from lineage_client.capture.environment import environment_event

    first = environment_event()
    environment_event.cache_clear()
    assert environment_event() == first
    assert "event_time" not in first[1]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(max_examples=20)
@given(st.dictionaries(st.text(), json_values, max_size=4), st.text(), st.text(), st.integers())
def test_whatever_is_said_the_registry_can_read(parameters: dict[str, Any], name: str, path: str, seed: int) -> None:
    events: Events = []
    options: dict[str, Any] = {
        "parameters": parameters,
        "inputs": f"x{path}",
        "outputs": f"s3://b/{path}",
        "seed": seed,
    }
    with lineage_client.run(name, sink=events.append, **options) as run:
        run.metric(name, 1)
        run.model(name, version="1")
    checked(events)
    assert run.state == "completed"


def test_plain_values_hide_secrets_and_logins() -> None:
    told = plain({"api_key": "k", "nested": {"password": "p"}, "url": "postgres://me:secret@host/db", "n": math.inf})
    assert told == {"api_key": HIDDEN, "nested": {"password": HIDDEN}, "url": "postgres://host/db", "n": "inf"}
