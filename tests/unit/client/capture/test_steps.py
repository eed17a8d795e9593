"""Any command as a step: its exit code is its own, its lineage is what was said and seen."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lineage_client.capture.ci_environment import ci_facts

COMMAND = [sys.executable, "-m", "lineage_client.capture", "step"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("a\n1\n", encoding="utf-8")
    return tmp_path


def perform(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CI", "GITHUB", "GITLAB"))},
        "LINEAGE_SPOOL_DIR": str(folder / "spool"), **more,
    }  # fmt: skip
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def told(folder: Path) -> list[dict[str, Any]]:
    (file,) = (folder / "spool").glob("*.ndjson")
    return [
        record for line in file.read_text("utf-8").splitlines() if not (event := json.loads(line)).get("if_lost")
        for record in event["records"]
    ]  # fmt: skip


def the_run(folder: Path) -> dict[str, Any]:
    (run,) = [item["attributes"] for item in told(folder) if item.get("entity") == "Run"]
    return dict(run)


def test_a_step_tells_inputs_outputs_code_and_ci(folder: Path) -> None:
    subprocess.run(
        "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m m", shell=True, check=True
    )
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    done = perform(
        folder, "--no-send", "--input", "train=in.csv", "--output", "made", "--parameter", "depth=3", "--",
        "sh", "-c", "echo said; mkdir made; cp in.csv made/copy",
        GITHUB_ACTIONS="true", GITHUB_REPOSITORY="o/r", GITHUB_WORKFLOW="nightly", GITHUB_JOB="train",
        GITHUB_RUN_ID="7", GITHUB_RUN_ATTEMPT="2", GITHUB_SHA="f" * 40,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "said\n", "")
    run = the_run(folder)
    assert run["state"] == "completed"
    assert run["code_commit"] == commit
    assert run["parameters"] == {"depth": "3"}
    ci = run["facets"]["ci"]
    assert ci["url"] == "https://github.com/o/r/actions/runs/7/attempts/2"
    edges = {item["edge"]: item for item in told(folder) if "edge" in item}
    assert edges["USED"]["attributes"]["role"] == "train"
    assert "/made:sha256-" in edges["GENERATED_BY"]["from"]
    assert edges["INSTANCE_OF"]["to"].endswith("o/r/nightly/train")


@pytest.mark.parametrize(
    ("command", "code", "state"),
    [
        ("exit 5", 5, "failed"), ("kill -9 $$", 137, "failed"), ("kill -TERM $$", 143, "aborted"), ("true", 0, "completed"),
    ],
)  # fmt: skip
def test_the_exit_code_is_the_commands(folder: Path, command: str, code: int, state: str) -> None:
    done = perform(folder, "--no-send", "--strict", "--", "sh", "-c", command)
    assert (done.returncode, done.stderr) == (code, "")
    assert the_run(folder)["state"] == state
    assert the_run(folder)["facets"]["exit_code"] == [{"value": code}]


def test_a_command_that_cannot_be_run_says_so(folder: Path) -> None:
    done = perform(folder, "--no-send", "no-such-command")
    assert (done.returncode, done.stderr) == (127, "no-such-command: not found\n")
    assert perform(folder, "--no-send", "./in.csv").returncode == 126
    assert perform(folder, "--no-send").returncode == 2


def test_a_registry_that_is_away_fails_only_a_strict_step(folder: Path) -> None:
    away = ("--url", "http://127.0.0.1:9", "--wait", "0", "--output", "missing.csv", "--", "true")
    done = perform(folder, *away)
    assert done.returncode == 0
    assert "missing.csv is not there" in done.stderr
    assert "waits in the spool" in done.stderr
    assert perform(folder, "--strict", *away).returncode == 3
    assert perform(folder, "--strict", *away[:-1], "false").returncode == 1


def test_capture_that_cannot_work_at_all_changes_nothing(folder: Path) -> None:
    (folder / "file").write_text("", encoding="utf-8")
    command = ("--url", "http://127.0.0.1:9", "--wait", "0", "--", "sh", "-c", "echo done; exit 4")
    done = perform(folder, *command, LINEAGE_SPOOL_DIR=str(folder / "file" / "spool"), TMPDIR=str(folder))
    assert (done.returncode, done.stdout) == (4, "done\n")
    off = perform(folder, *command, LINEAGE_CAPTURE="off")
    assert (off.returncode, off.stdout, off.stderr) == (4, "done\n", "")


def test_a_step_that_is_stopped_stops_its_command_and_tells_of_it(folder: Path) -> None:
    environment = {**os.environ, "LINEAGE_SPOOL_DIR": str(folder / "spool")}
    script = "trap 'echo stopped; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [*COMMAND, "--no-send", "--", "sh", "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 0
    assert the_run(folder)["state"] == "completed"


def test_each_system_says_which_job_it_is() -> None:
    gitlab = ci_facts(
        {"GITLAB_CI": "true", "CI_JOB_ID": "9", "CI_JOB_URL": "https://u:p@g/j/9?t=1", "CI_JOB_NAME": "j"}
    )
    assert gitlab == {"system": "gitlab", "job": "j", "run": "9", "url": "https://g/j/9"}
    jenkins = ci_facts({"JENKINS_URL": "http://j", "JOB_NAME": "a/b", "BUILD_NUMBER": "3", "GIT_COMMIT": "c"})
    assert jenkins == {"system": "jenkins", "project": "a/b", "job": "a/b", "run": "3", "commit": "c"}
    assert ci_facts({"CI": "true"}) == {"system": "unknown"}
    assert ci_facts({}) == {}
