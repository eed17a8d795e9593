"""The capture itself: a manifest, with catalog and run results beside it, as record documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.capture.dbt.artifacts import Artifacts, load
from registry.capture.dbt.described import Described
from registry.capture.dbt.executed import Executed
from registry.capture.dbt.exposures import exposure
from registry.capture.dbt.quality import definition, profile, tests_by_table
from registry.capture.dbt.tables import Tables, is_table
from registry.capture.documents import mapping
from registry.capture.events import Voice, asset, entity
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped

_KEPT_ASIDE = ("metrics", "semantic_models", "saved_queries", "unit_tests", "functions", "groups")


class DbtCapture:
    """dbt's ``target`` folder."""

    name = "dbt"
    summary = "dbt manifest (v1 to v12) with catalog.json and run_results.json beside it"
    maps: Mapping[str, str] = {
        "model, seed, snapshot, source": "Dataset, named database.schema.table on the server given as namespace",
        "model, seed or snapshot executed in an invocation": "Run of a Job, GENERATED_BY of a DatasetVersion named by "
        "the invocation; USED to the versions that the same invocation made, else to the unknown version",
        "depends_on without run results": "DERIVED_FROM between unknown versions, through ephemeral models",
        "columns (catalog, else manifest)": "DataSchema and Field with types and descriptions",
        "tests": "Profile of the version tested, with every outcome; their definitions are in the table's facets",
        "exposure of type ml": "Model; its unknown version is DERIVED_FROM the tables, floating",
        "other exposures": "Document DERIVED_FROM the tables, floating",
        "group, exposure owner": "Team, Person and OWNED_BY",
    }
    does_not_map: Mapping[str, str] = {
        "column lineage": "the artifacts do not hold it",
        "an incremental model's earlier rows": "that a version holds rows of the version before is not said",
        "metrics, semantic models, saved queries, unit tests, functions": "kept in the facets of the project's Job; "
        "lineage leads through them to exposures",
        "macros, docs, selectors": "parts of the code; the compiled code is in the run's facets",
        "disabled nodes": "they make nothing",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Nodes, sources and exposures."""
        artifacts = load(where, options)
        return len(artifacts.nodes) + len(artifacts.exposures)

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``namespace`` (the server, as ``postgres://host:5432``), ``job_namespace``, ``catalog``, ``run_results``."""
        return _Reading(load(where, options), options).everything()


class _Reading:
    def __init__(self, artifacts: Artifacts, options: Mapping[str, str]) -> None:
        metadata = artifacts.metadata
        self._artifacts = artifacts
        self._tables = Tables(artifacts, options)
        time = metadata.get("generated_at")
        self._voice = Voice(
            "dbt", f"dbt/{metadata.get('dbt_version') or 'unknown'}", time if isinstance(time, str) else None
        )
        self._described = Described(artifacts, self._tables)
        self._tests = tests_by_table(artifacts)
        invocation = artifacts.invocation
        self._executed = Executed(artifacts, invocation, self._tables) if invocation else None

    def everything(self) -> Iterator[Captured]:
        yield from self._remarks()
        yield from self._voice.say("project", self._project)
        if self._executed is not None:
            yield from self._voice.say("invocation", self._executed.whole, self._ended())
        for unique_id, node in sorted(self._artifacts.nodes.items()):
            yield from self._node(unique_id, node)
            yield Progressed()
        for unique_id, said in sorted(self._artifacts.exposures.items()):
            if isinstance(said, dict):
                yield from self._voice.say(unique_id, lambda n=unique_id, s=said: exposure(n, s, self._tables))  # type: ignore[misc]
            else:
                yield Rejected(unique_id, "structure", "the exposure is not an object", repr(said)[:1000])
            yield Progressed()

    def _remarks(self) -> Iterator[Unmapped]:
        if not self._tables.named_server:
            what = f"no server is named, so tables are in {self._tables.namespace}; give namespace=postgres://host:5432"
            yield Unmapped("metadata", f"{what} or the like, and they meet what others say of the same tables")
        if self._artifacts.compiled_only:
            yield Unmapped("run_results", f"dbt {self._artifacts.compiled_only} executes nothing, so there are no runs")
        for part in _KEPT_ASIDE[:-1]:
            found = len(mapping(self._artifacts.manifest.get(part)))
            if found:
                yield Unmapped(part, f"{found} kept in the facets of the project's Job")

    def _project(self) -> Iterator[RecordDocument]:
        manifest = self._artifacts.manifest
        aside = {part: manifest[part] for part in ("metadata", *_KEPT_ASIDE) if manifest.get(part)}
        job = asset("Job", self._tables.jobs, self._artifacts.project)
        yield entity(job, {"title": self._artifacts.project, "job_type": "dbt project", "facets": {"dbt": aside}})

    def _node(self, unique_id: str, node: Any) -> Iterator[Captured]:
        if not isinstance(node, dict):
            yield Rejected(unique_id, "structure", "the node is not an object", repr(node)[:1000])
            return
        if not is_table(unique_id, node):
            return
        tests = self._tests.get(unique_id, [])
        asked = [definition(name, test) for name, test in tests]
        yield from self._voice.say(unique_id, lambda: self._described.table(unique_id, node, asked))
        if self._executed is not None and self._artifacts.invocation is not None:
            invocation, executed, ended = self._artifacts.invocation, self._executed, self._executed.ended(unique_id)
            yield from self._voice.say(unique_id, lambda: executed.node(unique_id, node), ended)
            yield from self._voice.say(
                unique_id, lambda: profile(unique_id, tests, invocation, self._tables), self._ended()
            )

    def _ended(self) -> str | None:
        return self._artifacts.invocation.generated_at if self._artifacts.invocation else None
