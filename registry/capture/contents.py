"""One content under two names: the number that somebody gave a version, and the digest by which files are named."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.urn import Urn
from registry.capture.events import edge, version
from registry.capture.naming import content_version, dataset_name
from registry.capture.source import RecordDocument

RULE, CONFIDENCE = "sha256", 0.95
"""How two names of one content are joined. Sure enough for walks; it is the document's word that the digest is of it."""


def same_content(urn: Urn, place: str | None, digest: str | None) -> Iterator[RecordDocument]:
    """That a numbered version of what lies at a place is the one that captures of files name by its content.

    Nothing where the place is not what it is named by: nobody else would come upon that name.
    """
    number = content_version(digest)
    if place is None or number is None or urn.kind != "DatasetVersion" or urn.version in (None, number):
        return
    if _named(place) == (urn.namespace, urn.name):
        same = version(urn.kind, urn.namespace, urn.name, number)
        yield edge("SAME_AS", urn, same, {"rule": RULE}, evidence="inferred", confidence=CONFIDENCE)


def _named(place: str) -> tuple[str, str] | None:
    try:
        return dataset_name(place)
    except ValueError:
        return None
