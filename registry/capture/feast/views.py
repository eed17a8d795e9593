"""Feature views, every version of them: features, what they are computed from, and the values computed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from graph_schema.urn import Urn
from registry.capture.documents import mapping, objects
from registry.capture.events import asset, edge, entity, text_or_none, version
from registry.capture.feast.registry_file import Message, parse
from registry.capture.feast.sources import Sources
from registry.capture.source import RecordDocument

PARTS = {
    "feature_views": ("feature_view", "feast.core.FeatureView"),
    "stream_feature_views": ("stream_feature_view", "feast.core.StreamFeatureView"),
    "on_demand_feature_views": ("on_demand_feature_view", "feast.core.OnDemandFeatureView"),
}
"""Where each sort of view is listed, how its history calls it, and its message."""
_DIGITS = 16


class Views:
    """Knows the current version of every view, so that references, which name none, can be followed."""

    def __init__(self, registry: Message, sources: Sources, namespace: str | None) -> None:
        self._sources = sources
        self._namespace = namespace
        self._join_keys = {
            (spec.get("project", ""), spec.get("name", "")): str(spec.get("join_key") or spec.get("name", ""))
            for spec in (mapping(item.get("spec")) for item in objects(registry.get("entities")))
        }
        self._with_history = {
            (item.get("project_id", ""), item.get("feature_view_name", "")): item.get("feature_view_type", "")
            for item in _history(registry)
        }
        self._current = {
            (self.project(view), _name(view)): self._number(view)
            for part in PARTS
            for view in objects(registry.get(part))
        }

    def project(self, view: Message) -> str:
        """The project of a view, a service or the like."""
        return str(mapping(view.get("spec")).get("project") or "feast")

    def namespace(self, project: str) -> str:
        """Where the names of a project go."""
        return self._namespace or project

    def feature(self, project: str, reference: str, number: str | None = None) -> Urn:
        """A version of ``view:feature``: the one asked for, else the current one. Raises UrnError."""
        view = reference.partition(":")[0]
        return version(
            "FeatureVersion", self.namespace(project), reference, number or self._current.get((project, view))
        )

    def group(self, view: Message) -> Urn:
        """The feature group. Raises UrnError."""
        return asset("FeatureView", self.namespace(self.project(view)), _name(view))

    def _number(self, view: Message) -> str:
        """The version that Feast counts; of a registry without versions, one that follows from what the view says."""
        if (self.project(view), _name(view)) in self._with_history:
            return f"v{mapping(view.get('meta')).get('current_version_number', 0)}"
        spec = mapping(view.get("spec"))
        said = {part: spec[part] for part in sorted(spec) if part not in ("tags", "owner", "description", "online")}
        digest = hashlib.sha256(orjson.dumps(_without_times(said), option=orjson.OPT_SORT_KEYS)).hexdigest()
        return f"sha256-{digest[:_DIGITS]}"

    # -- what is said

    def group_statements(self, view: Message) -> Iterator[RecordDocument]:
        """The group with its owner and its join keys."""
        spec, urn = mapping(view.get("spec")), self.group(view)
        owner = text_or_none(spec.get("owner"))
        owners = [asset("Person", self.namespace(self.project(view)), owner.strip())] if owner else []
        yield from (entity(one, {"contact": owner}) for one in owners)
        project = self.project(view)
        yield entity(
            urn,
            {
                "title": _name(view),
                "description": text_or_none(spec.get("description")),
                "tags": labels(spec),
                "join_keys": [
                    self._join_keys.get((project, str(name)), str(name)) for name in spec.get("entities", ())
                ],
                "facets": {"feast": view},
            },
            owners=[str(one) for one in owners],
        )

    def version_statements(self, view: Message, number: str | None = None) -> Iterator[RecordDocument]:
        """Every feature of one version of a view, and what it is computed from."""
        project, spec = self.project(view), mapping(view.get("spec"))
        number = number or self._current[project, _name(view)]
        transformed = mapping(spec.get("feature_transformation")) or mapping(spec.get("user_defined_function"))
        digest = f"sha256:{hashlib.sha256(orjson.dumps(transformed, option=orjson.OPT_SORT_KEYS)).hexdigest()}"
        upstream = list(self._upstream(spec, project))
        for said in objects(spec.get("features")):
            reference = f"{_name(view)}:{said.get('name', '')}"
            feature = self.feature(project, reference, number)
            about = {"title": text_or_none(said.get("name")), "description": text_or_none(said.get("description"))}
            about["data_type"] = text_or_none(said.get("value_type"))
            if feature.logical is not None:
                yield entity(feature.logical, about)
            more = {"transformation_digest": digest if transformed else None, "facets": {"feast": said}}
            yield entity(feature, about | more)
            yield edge("PART_OF", feature, self.group(view))
            for other in upstream:
                if other != feature:
                    yield edge("COMPUTED_FROM", feature, other, version_is="floating")

    def _upstream(self, spec: Message, project: str) -> Iterator[Urn]:
        listed = [mapping(spec.get("batch_source")), mapping(spec.get("stream_source"))]
        for source in objects(list(mapping(spec.get("sources")).values())):
            listed.append(mapping(source.get("request_data_source")))
            yield from self.projected(mapping(source.get("feature_view_projection")), project)
        for view in objects(spec.get("source_views")):
            yield from self.projected(
                {"feature_view_name": view.get("name"), "feature_columns": view.get("features")}, project
            )
        found = (self._sources.urn_of(source, self.namespace(project)) for source in listed if source)
        yield from (urn for urn in found if urn is not None)

    def projected(self, projection: Message, project: str) -> Iterator[Urn]:
        """The features that a reference to a view takes, at the version that it pins, else the current one."""
        name, tag = projection.get("feature_view_name"), projection.get("version_tag")
        for column in objects(projection.get("feature_columns")):
            yield self.feature(project, f"{name}:{column.get('name', '')}", f"v{tag}" if tag is not None else None)

    def values(self, view: Message) -> Iterator[RecordDocument]:
        """The values that were materialized, an interval of data at a time."""
        spec, project = mapping(view.get("spec")), self.project(view)
        single = mapping(view.get("meta")).get("current_version_number", 0) == 0
        source = self._sources.urn_of(mapping(spec.get("batch_source")), self.namespace(project))
        for interval in objects(mapping(view.get("meta")).get("materialization_intervals")):
            start, end = interval.get("start_time", ""), interval.get("end_time", "")
            made = asset("FeatureMaterialization", self.namespace(project), f"{_name(view)}@{start}/{end}")
            yield entity(made, {"title": f"{_name(view)}, data of {start} to {end}", "facets": {"feast": interval}})
            yield edge("PART_OF", made, self.group(view), evidence="observed")
            for said in objects(spec.get("features")):
                feature = self.feature(project, f"{_name(view)}:{said.get('name', '')}")
                # Once there are several versions, which of them was in force is not kept.
                known = feature if single else feature.of_unknown_version()
                yield edge("COMPUTED_FROM", made, known, evidence="observed")
            if source is not None:
                yield edge("COMPUTED_FROM", made, source, evidence="observed")


def history(registry: Message) -> Iterator[tuple[Message, str, str | None]]:
    """Every recorded version of every view: the view as it was, its version, and since when."""
    kinds = dict(PARTS.values())
    for record in _history(registry):
        kind = kinds.get(str(record.get("feature_view_type")))
        if kind is not None:
            view = parse(
                kind, base64.b64decode(record.get("feature_view_proto", "")), str(record.get("feature_view_name"))
            )
            yield view, f"v{record.get('version_number', 0)}", record.get("created_timestamp")


def labels(spec: Mapping[str, Any]) -> list[str]:
    """Feast's tags, which have values, as labels."""
    return [f"{key}={value}" if value else str(key) for key, value in sorted(mapping(spec.get("tags")).items()) if key]


def _history(registry: Message) -> list[Message]:
    return objects(mapping(registry.get("feature_view_version_history")).get("records"))


def _name(view: Message) -> str:
    return str(mapping(view.get("spec")).get("name") or "")


def _without_times(value: Any) -> Any:
    """What a view says without when its sources were registered."""
    if isinstance(value, dict):
        return {key: _without_times(item) for key, item in value.items() if key != "meta"}
    return [_without_times(item) for item in value] if isinstance(value, list) else value
