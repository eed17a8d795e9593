"""How models and data sets of the hub are named: by repository, and by commit where one is known."""

from __future__ import annotations

from urllib.parse import quote

from graph_schema.urn import Urn
from registry.capture.events import version
from registry.capture.huggingface.cards import pinned
from registry.capture.naming import dataset_name

NAMESPACE = "huggingface"
"""Of models: as in their package URLs, so that cards and bills of materials meet."""


def of_repository(kind: str, repository: str, commit: str | None) -> Urn:
    """A model or data set at a commit; without one, some version of it. Raises UrnError.

    Data sets are named as by every capture, by their address (``hf://datasets/…``).
    """
    if kind == "DatasetVersion":
        return version(kind, *dataset_name(f"hf://datasets/{quote(repository)}"), commit)
    return version(kind, NAMESPACE, repository, commit)


def named(kind: str, said: str) -> Urn:
    """A version of what ``repository`` or ``repository@commit`` names; without a commit, some version. Raises UrnError."""
    repository, at, commit = said.strip().rpartition("@")
    if at and pinned(commit):
        return of_repository(kind, repository, commit)
    return of_repository(kind, said.strip(), None)


def exactness(urn: Urn) -> str:
    """How exact a reference is: a repository without a commit is whatever is current."""
    return "floating" if urn.version_unknown else "exact"
