"""The files that dbt leaves in ``target/``: read, and checked to be of a version that is understood."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_schema.times import parse_time
from registry.capture.documents import mapping, objects, read_json
from registry.errors import InvalidSourceError

NEWEST = {"manifest": 12, "catalog": 1, "run-results": 6}
"""The newest version of each artifact that is understood; every older one is, too."""
NOT_EXECUTED = frozenset({"compile", "generate", "docs", "docs generate", "list", "ls", "parse", "show"})
"""Commands whose results are of compiling alone: nothing was made."""
_DONE = frozenset({"success", "pass", "warn", "partial success"})
_SCHEMA = re.compile(r"/dbt/([a-z-]+)/v(\d+)")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of dbt that executed something; ``results`` by the unique id of the node."""

    id: str
    command: str
    arguments: Mapping[str, Any]
    generated_at: str | None
    started_at: str | None
    results: Mapping[str, dict[str, Any]]

    def made(self, unique_id: str) -> bool:
        """Whether this invocation made the node's table anew."""
        return str(mapping(self.results.get(unique_id)).get("status")) in _DONE


@dataclass(frozen=True, slots=True)
class Artifacts:
    """What one project says of itself. ``nodes`` holds everything that has a unique id and may be depended on."""

    manifest: Mapping[str, Any]
    version: int
    nodes: Mapping[str, Any]
    exposures: Mapping[str, Any]
    catalog: Mapping[str, Any]
    catalog_invocation: str | None
    catalog_time: str | None
    invocation: Invocation | None
    compiled_only: str | None

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Who wrote the manifest, and when."""
        return mapping(self.manifest.get("metadata"))

    @property
    def project(self) -> str:
        """The project's name; where an old manifest doesn't say it, the package that most nodes are of."""
        named = self.metadata.get("project_name")
        if named:
            return str(named)
        packages = Counter(str(node.get("package_name")) for node in self.nodes.values() if isinstance(node, dict))
        return packages.most_common(1)[0][0] if packages else str(self.metadata.get("project_id") or "unnamed")


def load(where: str, options: Mapping[str, str]) -> Artifacts:
    """The manifest at ``where`` (the file, or the folder ``target``) with what lies beside it.

    Raises InvalidSourceError where one is absent that was named, cannot be read, or is of a version not known here.
    """
    path = Path(where)
    manifest_path = path / "manifest.json" if path.is_dir() else path
    manifest = read_json(manifest_path)
    version = _check(manifest, "manifest", manifest_path)
    catalog = _beside(manifest_path, "catalog", options.get("catalog"))
    results = _beside(manifest_path, "run-results", options.get("run_results"))
    of_catalog = mapping(catalog.get("metadata"))
    return Artifacts(
        manifest,
        version,
        _nodes(manifest),
        mapping(manifest.get("exposures")),
        mapping(catalog.get("nodes")) | mapping(catalog.get("sources")),
        of_catalog.get("invocation_id"),
        time_or_none(of_catalog.get("generated_at")),
        *_invocation(results),
    )


def _nodes(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in ("nodes", "sources", "metrics", "semantic_models", "saved_queries", "functions"):
        found |= mapping(manifest.get(part))
    return found


def _beside(manifest: Path, artifact: str, named: str | None) -> dict[str, Any]:
    path = Path(named) if named else manifest.with_name(f"{artifact.replace('-', '_')}.json")
    if named is None and not path.exists():
        return {}
    document = read_json(path)
    _check(document, artifact, path)
    return document


def _check(document: Mapping[str, Any], artifact: str, path: Path) -> int:
    said = mapping(document.get("metadata")).get("dbt_schema_version")
    found = _SCHEMA.search(said) if isinstance(said, str) else None
    if found is None or found[1] != artifact:
        hint = f"Its metadata.dbt_schema_version should name a {artifact}; it says {str(said)[:100]!r}."
        raise InvalidSourceError(f"{path} is no dbt {artifact}.", hint=hint)
    version = int(found[2][:4])
    if not 1 <= version <= NEWEST[artifact]:
        raise InvalidSourceError(
            f"{path} is a dbt {artifact} of version {version}; versions 1 to {NEWEST[artifact]} are understood."
        )
    return version


def _invocation(results: Mapping[str, Any]) -> tuple[Invocation | None, str | None]:
    """What ran, and the command where it ran nothing but the compiler."""
    if not results:
        return None, None
    metadata, arguments = mapping(results.get("metadata")), mapping(results.get("args"))
    listed = {str(item["unique_id"]): item for item in objects(results.get("results")) if "unique_id" in item}
    command = str(arguments.get("which") or arguments.get("rpc_method") or "")
    tests = [item.get("status") for name, item in listed.items() if name.startswith("test.")]
    # Older results name no command; a test that was only compiled has succeeded instead of passed.
    if command in NOT_EXECUTED or (not command and tests and set(tests) == {"success"}):
        return None, command or "compile"
    identity = metadata.get("invocation_id")
    if not isinstance(identity, str) or not identity:
        raise InvalidSourceError("The dbt run results have no metadata.invocation_id, so their run has no name.")
    started = time_or_none(metadata.get("invocation_started_at"))
    generated = time_or_none(metadata.get("generated_at"))
    return Invocation(identity, command, arguments, generated, started, listed), None


def time_or_none(said: Any) -> str | None:
    """A time as dbt writes it; None for what is no time with a zone."""
    try:
        parse_time(said)
    except (ValueError, TypeError):
        return None
    return str(said)
