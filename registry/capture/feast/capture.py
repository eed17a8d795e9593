"""The capture itself: a registry file of Feast as record documents. Direct edges only; the graph does the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from graph_schema.times import parse_time
from registry.capture.documents import mapping, objects
from registry.capture.events import Voice, asset, edge, entity, text_or_none, version
from registry.capture.feast.registry_file import Message, read_registry
from registry.capture.feast.sources import Sources
from registry.capture.feast.views import PARTS, Views, history, labels
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped

_NOT_TAKEN = ("label_views", "validation_references", "permissions", "feature_tables")


class FeastCapture:
    """Feast registries."""

    name = "feast"
    summary = "the registry file of Feast (registry.db of a file registry)"
    maps: Mapping[str, str] = {
        "feature view (batch, stream, on demand)": "FeatureView; its entities are the join keys",
        "feature": "Feature VIEW:NAME, and FeatureVersion for each version of the view that Feast kept (v0, v1, …)",
        "data source": "Dataset (file, table) or TelemetrySource (Kafka, Kinesis); COMPUTED_FROM, floating",
        "view over views": "COMPUTED_FROM between feature versions, floating unless Feast pins one",
        "materialization interval": "FeatureMaterialization, COMPUTED_FROM the features and the source",
        "feature service": "Document, DERIVED_FROM its features, floating unless pinned",
        "saved data set": "Dataset, whose unknown version is DERIVED_FROM its features",
        "owner": "Person and OWNED_BY",
    }
    does_not_map: Mapping[str, str] = {
        "indirect lineage": "the graph follows the direct edges itself",
        "data that come with a request": "they are no data set; they are in the view's facets",
        "label views, validation references, permissions, feature tables": "counted while importing",
        "registries in SQL, Snowflake or behind a server": "not read",
        "models": "Feast does not know them; MLflow's runs say which features they read",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:  # noqa: ARG002 - the protocol has it
        """Sources, views with their kept versions, services and saved data sets."""
        registry = read_registry(Path(where))
        listed = ("data_sources", *PARTS, "feature_services", "saved_datasets")
        return sum(len(objects(registry.get(part))) for part in listed) + sum(1 for _ in history(registry))

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``namespace`` (else the project), ``server`` (of tables), ``root`` (folder of relative files)."""
        return _Reading(read_registry(Path(where)), options).everything()


class _Reading:
    def __init__(self, registry: Message, options: Mapping[str, str]) -> None:
        self._registry = registry
        self._sources = Sources(options)
        self._views = Views(registry, self._sources, options.get("namespace"))
        self._voice = Voice("feast", "feast", _time(registry.get("last_updated")))

    def everything(self) -> Iterator[Captured]:
        for part in _NOT_TAKEN:
            if objects(self._registry.get(part)):
                yield Unmapped(part, f"{len(objects(self._registry[part]))} not taken over")
        for source in objects(self._registry.get("data_sources")):
            yield from self._told(f"data source {source.get('name')}", source, partial(self._source, source))
        for view, number, since in history(self._registry):
            what = f"view {mapping(view.get('spec')).get('name')} {number}"
            yield from self._told(what, view, partial(self._views.version_statements, view, number), since)
        for part in PARTS:
            for view in objects(self._registry.get(part)):
                what = f"view {mapping(view.get('spec')).get('name')}"
                yield from self._told(what, view, partial(self._view, view))
        for service in objects(self._registry.get("feature_services")):
            yield from self._told("feature service", service, partial(self._service, service))
        for saved in objects(self._registry.get("saved_datasets")):
            yield from self._told("saved data set", saved, partial(self._saved, saved))

    def _told(
        self, where: str, said: Message, build: Callable[[], Iterator[RecordDocument]], since: str | None = None
    ) -> Iterator[Captured]:
        time = _time(since) or _time(mapping(said.get("meta")).get("last_updated_timestamp"))
        try:
            yield from self._voice.say(where, build, time)
        except ValueError as error:  # an address that names nothing
            yield Rejected(where, "name", str(error), str(said)[:10_000])
        yield Progressed()

    def _source(self, source: Message) -> Iterator[RecordDocument]:
        project = str(source.get("project") or "feast")
        urn = self._sources.urn_of(source, self._views.namespace(project))
        if urn is None or urn.logical is None:
            return
        owner = text_or_none(source.get("owner"))
        owners = [asset("Person", self._views.namespace(project), owner.strip())] if owner else []
        yield entity(
            urn.logical,
            {
                "title": text_or_none(source.get("name")),
                "description": text_or_none(source.get("description")),
                "tags": labels(source),
                "facets": {"feast": source},
            },
            owners=[str(one) for one in owners],
        )

    def _view(self, view: Message) -> Iterator[RecordDocument]:
        yield from self._views.group_statements(view)
        yield from self._views.version_statements(view)
        yield from self._views.values(view)

    def _service(self, service: Message) -> Iterator[RecordDocument]:
        spec, project = mapping(service.get("spec")), self._views.project(service)
        urn = asset("Document", self._views.namespace(project), f"feature service {spec.get('name', '')}".strip())
        about = {"title": text_or_none(spec.get("name")), "description": text_or_none(spec.get("description"))}
        yield entity(urn, about | {"tags": labels(spec), "facets": {"feast": service}})
        for projection in objects(spec.get("features")):
            pinned = projection.get("version_tag") is not None
            for feature in self._views.projected(projection, project):
                exact = "exact" if pinned and not feature.version_unknown else "floating"
                yield edge("DERIVED_FROM", urn, feature, version_is=exact)

    def _saved(self, saved: Message) -> Iterator[RecordDocument]:
        spec, project = mapping(saved.get("spec")), self._views.project(saved)
        namespace = self._views.namespace(project)
        storage = {name.replace("_storage", "_options"): held for name, held in mapping(spec.get("storage")).items()}
        urn = self._sources.urn_of({"name": spec.get("name"), **storage}, namespace)
        urn = urn or version("DatasetVersion", namespace, str(spec.get("name")), None)
        if urn.logical is not None:
            yield entity(urn.logical, {"title": text_or_none(spec.get("name")), "facets": {"feast": saved}})
        for reference in spec.get("features", ()):
            yield edge("DERIVED_FROM", urn, self._views.feature(project, str(reference)), version_is="floating")


def _time(said: object) -> str | None:
    try:
        parse_time(str(said))
    except ValueError:
        return None
    return str(said)
