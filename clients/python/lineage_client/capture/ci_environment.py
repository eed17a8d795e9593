"""The job of a continuous integration that a process is in, by the variables that its system sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from lineage_client.capture.naming import public_place
from lineage_client.capture.records import plain_text

Variables = Mapping[str, str]


def ci_facts(variables: Variables | None = None) -> dict[str, Any]:
    """``system``, ``project``, ``pipeline``, ``job``, ``run``, ``attempt``, ``url``, ``ref``, ``commit``: those that
    are known. Empty outside of a continuous integration.
    """  # noqa: D205 - one list
    given = os.environ if variables is None else variables
    for sign, read in _SYSTEMS.items():
        if given.get(sign):
            facts = {name: plain_text(value) for name, value in read(given).items() if value}
            return facts | ({"url": public_place(facts["url"])} if "url" in facts else {})
    return {"system": "unknown"} if given.get("CI", "").lower() in ("true", "1") else {}


def _github(given: Variables) -> dict[str, str | None]:
    run, attempt = given.get("GITHUB_RUN_ID"), given.get("GITHUB_RUN_ATTEMPT")
    repository = f"{given.get('GITHUB_SERVER_URL', 'https://github.com')}/{given.get('GITHUB_REPOSITORY')}"
    return {
        "system": "github-actions", "project": given.get("GITHUB_REPOSITORY"), "pipeline": given.get("GITHUB_WORKFLOW"),
        "job": given.get("GITHUB_JOB"), "run": run, "attempt": attempt, "ref": given.get("GITHUB_REF"),
        "commit": given.get("GITHUB_SHA"), "event": given.get("GITHUB_EVENT_NAME"),
        "url": f"{repository}/actions/runs/{run}" + (f"/attempts/{attempt}" if attempt else "") if run else None,
    }  # fmt: skip


def _gitlab(given: Variables) -> dict[str, str | None]:
    return {
        "system": "gitlab", "project": given.get("CI_PROJECT_PATH"), "pipeline": given.get("CI_PIPELINE_ID"),
        "job": given.get("CI_JOB_NAME"), "run": given.get("CI_JOB_ID"), "url": given.get("CI_JOB_URL"),
        "ref": given.get("CI_COMMIT_REF_NAME"), "commit": given.get("CI_COMMIT_SHA"),
        "event": given.get("CI_PIPELINE_SOURCE"),
    }  # fmt: skip


def _jenkins(given: Variables) -> dict[str, str | None]:
    return {
        "system": "jenkins", "project": given.get("JOB_NAME"), "job": given.get("STAGE_NAME") or given.get("JOB_NAME"),
        "run": given.get("BUILD_NUMBER"), "url": given.get("BUILD_URL"), "ref": given.get("GIT_BRANCH"),
        "commit": given.get("GIT_COMMIT"),
    }  # fmt: skip


def _azure(given: Variables) -> dict[str, str | None]:
    return {
        "system": "azure-pipelines", "project": given.get("BUILD_REPOSITORY_NAME"),
        "pipeline": given.get("BUILD_DEFINITIONNAME"), "job": given.get("SYSTEM_JOBDISPLAYNAME"),
        "run": given.get("BUILD_BUILDID"), "ref": given.get("BUILD_SOURCEBRANCH"),
        "commit": given.get("BUILD_SOURCEVERSION"),
    }  # fmt: skip


def _circle(given: Variables) -> dict[str, str | None]:
    project = "/".join(filter(None, (given.get("CIRCLE_PROJECT_USERNAME"), given.get("CIRCLE_PROJECT_REPONAME"))))
    return {
        "system": "circleci", "project": project, "pipeline": given.get("CIRCLE_WORKFLOW_ID"),
        "job": given.get("CIRCLE_JOB"), "run": given.get("CIRCLE_BUILD_NUM"), "url": given.get("CIRCLE_BUILD_URL"),
        "ref": given.get("CIRCLE_BRANCH"), "commit": given.get("CIRCLE_SHA1"),
    }  # fmt: skip


def _buildkite(given: Variables) -> dict[str, str | None]:
    return {
        "system": "buildkite", "project": given.get("BUILDKITE_PIPELINE_SLUG"), "job": given.get("BUILDKITE_LABEL"),
        "run": given.get("BUILDKITE_BUILD_NUMBER"), "url": given.get("BUILDKITE_BUILD_URL"),
        "ref": given.get("BUILDKITE_BRANCH"), "commit": given.get("BUILDKITE_COMMIT"),
    }  # fmt: skip


_SYSTEMS: dict[str, Callable[[Variables], dict[str, str | None]]] = {
    "GITHUB_ACTIONS": _github, "GITLAB_CI": _gitlab, "JENKINS_URL": _jenkins, "TF_BUILD": _azure, "CIRCLECI": _circle,
    "BUILDKITE": _buildkite,
}  # fmt: skip
"""By the variable that says that it is this one."""
