"""The SQL that reads MLflow's tables: plain, as SQLite, PostgreSQL and MySQL take it. Reading only.

``key`` is a word of MySQL's own: it is only a column behind the name of a table.
"""

from __future__ import annotations

from collections.abc import Callable

from registry.capture.mlflow.revisions import LOGGED_MODELS as LOGGED
from registry.capture.mlflow.revisions import TRACES as TRACED
from registry.capture.mlflow.revisions import has

_HOME = "workspace = 'default'"
_KEPT = "coalesce(current_stage, 'None') <> 'Deleted_Internal'"
_TABLES = frozenset({
    "experiment_tags", "params", "tags", "latest_metrics", "datasets", "inputs", "input_tags", "registered_models",
    "registered_model_tags", "registered_model_aliases", "model_versions", "model_version_tags",
})  # fmt: skip


def needed(revision: str) -> frozenset[str]:
    """The tables that a database of this revision must have."""
    more = {"logged_models", "logged_model_metrics", "logged_model_params", "logged_model_tags"}
    traced = {"trace_info", "trace_request_metadata"}
    return _TABLES | (more if has(revision, LOGGED) else set()) | (traced if has(revision, TRACED) else set())


def _where(workspaces: bool) -> str:
    return f" WHERE {_HOME}" if workspaces else ""


def _counted(table: str, home: str = "", kept: str = "") -> Callable[[bool], str]:
    def count(workspaces: bool) -> str:
        conditions = [part for part in (home if workspaces else "", kept) if part]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT count(*) FROM {table}{where}"  # noqa: S608 - names from this module only

    return count


COUNTS: dict[str, Callable[[bool], str]] = {
    "registered_models": _counted("registered_models", _HOME),
    "model_versions": _counted("model_versions", _HOME, _KEPT),
    "experiments": _counted("experiments", _HOME),
}
"""How many of each there are."""


def experiments(workspaces: bool) -> str:
    """Id, name, stage, creation time."""
    return (
        "SELECT experiment_id, name, lifecycle_stage, creation_time FROM experiments"  # noqa: S608
        f"{_where(workspaces)} ORDER BY experiment_id"
    )


EXPERIMENT_TAGS = "SELECT t.experiment_id, t.key, t.value FROM experiment_tags t ORDER BY t.experiment_id"
RUNS = """
SELECT run_uuid, experiment_id, name, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri
FROM runs WHERE experiment_id IN :experiments"""
UNSETTLED = """(coalesce(status, '') IN ('RUNNING', 'SCHEDULED') OR coalesce(start_time, :since) >= :since
 OR coalesce(end_time, -1) >= :since OR coalesce(deleted_time, -1) >= :since)"""
"""Runs that are under way, or began, ended or were deleted since; all others are taken to stay as they are."""
_SOUND = "CASE WHEN {0} BETWEEN 0 AND 10000000000000 THEN {0} - :since ELSE 0 END"
SETTLED = f"""
SELECT experiment_id, count(*), sum({_SOUND.format("start_time")}), sum({_SOUND.format("end_time")}),
       sum(CASE WHEN lifecycle_stage = 'deleted' THEN 1 ELSE 0 END)
FROM runs WHERE NOT {UNSETTLED} GROUP BY experiment_id
"""  # noqa: S608
"""Of each experiment, what tells whether any of the runs that are taken to stay as they are did not."""
NAMING = """
SELECT source_run_id FROM logged_models WHERE source_run_id IS NOT NULL AND model_id IN :models
UNION SELECT run_id FROM logged_model_metrics WHERE model_id IN :models
UNION SELECT source_id FROM inputs WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND destination_id IN :models
"""
"""The runs that name these logged models."""


def page_of_runs(statement: str) -> str:
    """A page of the runs that a statement gives, in the order of their start and id."""
    return f"""{statement}
  AND (CASE WHEN start_time IS NULL THEN 1 ELSE 0 END > :missing
       OR (CASE WHEN start_time IS NULL THEN 1 ELSE 0 END = :missing
           AND (coalesce(start_time, 0) > :start OR (coalesce(start_time, 0) = :start AND run_uuid > :id))))
ORDER BY CASE WHEN start_time IS NULL THEN 1 ELSE 0 END, start_time, run_uuid
LIMIT :size"""


def page_of_models(statement: str) -> str:
    """A page of the logged models that a statement gives, in the order of their creation and id."""
    return f"""{statement}
  AND (creation_timestamp_ms > :created OR (creation_timestamp_ms = :created AND model_id > :id))
ORDER BY creation_timestamp_ms, model_id LIMIT :size"""


def page_of_traces(statement: str) -> str:
    """A page of the traces that a statement gives, in the order of their ids."""
    return f"{statement} AND request_id > :id ORDER BY request_id LIMIT :size"


def counted(statement: str) -> str:
    """How many rows a statement gives."""
    return f"SELECT count(*) FROM ({statement}) counted"  # noqa: S608


PARAMS = "SELECT t.run_uuid, t.key, t.value FROM params t WHERE t.run_uuid IN :ids"
TAGS = "SELECT t.run_uuid, t.key, t.value FROM tags t WHERE t.run_uuid IN :ids"
METRICS = "SELECT t.run_uuid, t.key, t.value, t.is_nan FROM latest_metrics t WHERE t.run_uuid IN :ids"
INPUTS = """
SELECT i.input_uuid, i.destination_id, d.name, d.digest, d.dataset_source_type, d.dataset_source, d.dataset_schema,
       d.dataset_profile
FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id IN :ids
"""
INPUT_TAGS = "SELECT input_uuid, name, value FROM input_tags WHERE input_uuid IN :ids"
RUN_MODELS = """
SELECT source_type, source_id, destination_id FROM inputs
WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT')
  AND source_id IN :ids
"""
MEASURED = """
SELECT m.metric_name, m.metric_value, m.model_id, m.run_id, m.dataset_name, m.dataset_digest, m.metric_timestamp_ms,
       m.metric_step
FROM logged_model_metrics m JOIN logged_models l ON l.model_id = m.model_id
WHERE m.dataset_name IS NOT NULL AND m.dataset_digest IS NOT NULL AND l.lifecycle_stage = 'active'
  AND m.run_id IN :ids
"""
LOGGED_MODELS = """
SELECT model_id, experiment_id, name, artifact_location, creation_timestamp_ms, status, model_type, source_run_id
FROM logged_models WHERE experiment_id IN :experiments AND lifecycle_stage = 'active'"""
LOGGED_MODEL_PARAMS = "SELECT model_id, param_key, param_value FROM logged_model_params WHERE model_id IN :ids"
LOGGED_MODEL_TAGS = "SELECT model_id, tag_key, tag_value FROM logged_model_tags WHERE model_id IN :ids"
TRACES = "SELECT request_id, experiment_id, timestamp_ms, status FROM trace_info WHERE experiment_id IN :experiments"
TRACES_OF_MODELS = """request_id IN
 (SELECT t.request_id FROM trace_request_metadata t WHERE t.key = 'mlflow.modelId' AND t.value IN :models)"""
TRACE_METADATA = """
SELECT t.request_id, t.key, t.value FROM trace_request_metadata t
WHERE t.key IN ('mlflow.modelId', 'mlflow.sourceRun') AND t.request_id IN :ids
"""


def registered_models(workspaces: bool) -> str:
    """Name, description, creation time."""
    return f"SELECT name, description, creation_time FROM registered_models{_where(workspaces)} ORDER BY name"  # noqa: S608


def registered_model_tags(workspaces: bool) -> str:
    """Name, key, value."""
    return f"SELECT m.name, t.key, t.value FROM registered_model_tags t {_of_model(workspaces)}"  # noqa: S608


def aliases(workspaces: bool) -> str:
    """Name, alias, version."""
    return f"SELECT m.name, t.alias, t.version FROM registered_model_aliases t {_of_model(workspaces)}"  # noqa: S608


def _of_model(workspaces: bool) -> str:
    """The model of a row: its name as the model has it, since MySQL takes another case for the same."""
    home = f" AND t.workspace = m.workspace WHERE m.{_HOME}" if workspaces else ""
    return f"JOIN registered_models m ON m.name = t.name{home}"


def first_like(workspaces: bool) -> str:
    """Of the data sets of a name and digest that a run read, the one of the first experiment before one."""
    home = f" AND d.experiment_id IN (SELECT e.experiment_id FROM experiments e WHERE {_HOME})" if workspaces else ""  # noqa: S608
    return f"""
SELECT d.experiment_id, d.dataset_source_type, d.dataset_source, d.dataset_schema, d.dataset_profile FROM datasets d
JOIN inputs i ON i.source_id = d.dataset_uuid AND i.source_type = 'DATASET' AND i.destination_type = 'RUN'
JOIN runs r ON r.run_uuid = i.destination_id AND r.experiment_id = d.experiment_id
WHERE d.name = :name AND d.digest = :digest AND d.experiment_id < :experiment{home}
ORDER BY d.experiment_id LIMIT 1
"""  # noqa: S608


def model_versions(workspaces: bool) -> str:
    """The versions behind one name and version, a page of them."""
    home = f" AND {_HOME}" if workspaces else ""
    return f"""
SELECT name, version, description, creation_time, current_stage, source, run_id, status, user_id FROM model_versions
WHERE {_KEPT} AND (name > :name OR (name = :name AND version > :version)){home}
ORDER BY name, version LIMIT :size
"""  # noqa: S608


def model_version_tags(workspaces: bool) -> str:
    """Name, version, key, value; the name as the version has it."""
    home = f" AND v.workspace = t.workspace AND v.{_HOME}" if workspaces else ""
    return f"""
SELECT v.name, v.version, t.key, t.value FROM model_version_tags t
JOIN model_versions v ON v.name = t.name AND v.version = t.version{home}
WHERE v.name IN :ids
"""  # noqa: S608
