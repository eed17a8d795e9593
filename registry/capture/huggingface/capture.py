"""The capture itself: a folder of cards as record documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph_schema.times import parse_time
from graph_schema.urn import Urn, UrnError
from registry.capture.events import Voice, edge, entity, tags_of, text_or_none
from registry.capture.huggingface.cards import DATASET, Card, find_cards, read_card
from registry.capture.huggingface.evaluation import evaluations
from registry.capture.huggingface.names import exactness, named, of_repository
from registry.capture.source import Captured, Progressed, RecordDocument, Rejected, Unmapped
from registry.errors import InvalidRequestError, RegistryError

_RELATIONS = frozenset({"finetune", "adapter", "merge", "quantized"})
_EXTENDED = "extended|"


class HuggingFaceCapture:
    """Cards of models and data sets."""

    name = "huggingface"
    summary = "a folder of Hugging Face model and data set cards (ORG/NAME/README.md, clones, or the hub's cache)"
    maps: Mapping[str, str] = {
        "repository": "Model in the namespace huggingface, Dataset in hf://datasets, by its id; a commit (the cache's snapshots) is a version",
        "base_model, base_model_relation": "DERIVED_FROM with the relation; floating, unless written as id@commit",
        "datasets": "DERIVED_FROM to the data set, floating, unless written as id@commit",
        "model-index results": "Evaluation, EVALUATED_ON the data set's DataSlice for config and split, at its revision if a commit",
        "source_datasets (extended|…)": "DERIVED_FROM between data sets, floating",
        "pipeline_tag, library_name, license, tags": "task, framework, license, tags; the whole card is in the facets",
    }
    does_not_map: Mapping[str, str] = {
        "new_version": "another repository is no revision of this one; it is in the facets",
        "the text of the card": "prose; it stays where it is",
        "verifyToken": "kept in the evaluation's facets, not verified",
        "branches and tags as revisions": "they move, so they pin nothing",
    }

    def count(self, where: str, options: Mapping[str, str]) -> int | None:
        """Cards."""
        return len(find_cards(where, options))

    def read(self, where: str, options: Mapping[str, str]) -> Iterator[Captured]:
        """Options: ``id``, ``revision``, ``type=dataset`` for a single card; ``at`` (since when the cards say so)."""
        return _read(find_cards(where, options), options.get("at"))


def _read(cards: list[Card], at: str | None) -> Iterator[Captured]:
    if at is not None:
        try:
            parse_time(at)
        except ValueError as error:
            raise InvalidRequestError(f"at={at[:40]}: {error}.") from error
    voice = Voice("huggingface", "huggingface/cards", at)
    for card in cards:
        yield from _card(card, voice)
        yield Progressed()


def _card(card: Card, voice: Voice) -> Iterator[Captured]:
    try:
        said = read_card(card)
        kind = "DatasetVersion" if card.sort == DATASET else "ModelVersion"
        own = of_repository(kind, card.repository, card.commit)
    except (RegistryError, UrnError) as error:
        yield Rejected(str(card.path), getattr(error, "code", "name"), str(error))
        return
    yield from voice.say(card.repository, lambda: _about(said, own))
    parts = ("source_datasets",) if card.sort == DATASET else ("base_model", "datasets")
    for part in parts:
        yield from _derived(part, said, own, card, voice)
    if card.sort != DATASET:
        yield from voice.say(f"{card.repository} model-index", lambda: evaluations(said.get("model-index"), own))
    if said.get("new_version"):
        yield Unmapped(card.repository, f"its new version {str(said['new_version'])[:200]} is kept in the facets")


def _about(said: Mapping[str, Any], own: Urn) -> Iterator[RecordDocument]:
    licence = said.get("license")
    if licence == "other":
        licence = said.get("license_name") or licence
    licences = [licence] if isinstance(licence, str) else tags_of(licence)
    facets = {"huggingface": dict(said)} if said else None
    if own.logical is not None:
        about: dict[str, Any] = {
            "title": text_or_none(said.get("pretty_name")) or text_or_none(said.get("model_name")),
            "license": " AND ".join(licences) or None,
            "tags": tags_of(said.get("tags")),
            "external_id": own.name.strip("/"),
            "facets": facets,
        }
        if own.kind == "ModelVersion":
            about["task"] = text_or_none(said.get("pipeline_tag"))
        yield entity(own.logical, about)
    of_version = {"framework": text_or_none(said.get("library_name"))} if own.kind == "ModelVersion" else {}
    if not own.version_unknown:
        yield entity(own, of_version | {"facets": facets})
    elif any(of_version.values()):
        yield entity(own, of_version)


def _derived(part: str, said: Mapping[str, Any], own: Urn, card: Card, voice: Voice) -> Iterator[Captured]:
    listed = said.get(part)
    for name in listed if isinstance(listed, list) else [listed] if listed is not None else []:
        where = f"{card.repository} {part}"
        if not isinstance(name, str) or not name.strip():
            yield Rejected(where, "type", "is not the name of a repository", str(name)[:1_000])
        elif part != "source_datasets":
            yield from voice.say(where, lambda name=name: _from(part, name, said, own))  # type: ignore[misc]
        elif name.startswith(_EXTENDED):
            yield from voice.say(where, lambda name=name: _from(part, name.removeprefix(_EXTENDED), said, own))  # type: ignore[misc]


def _from(part: str, name: str, said: Mapping[str, Any], own: Urn) -> Iterator[RecordDocument]:
    upstream = named("ModelVersion" if part == "base_model" else "DatasetVersion", name)
    if upstream != own:
        relation = said.get("base_model_relation") if part == "base_model" else None
        known = relation if isinstance(relation, str) and relation in _RELATIONS else None
        yield edge("DERIVED_FROM", own, upstream, {"relation": known}, version_is=exactness(upstream))
