"""Marquez's node ids: ``dataset:<namespace>:<name>``, ``job:…`` and ``datasetField:<namespace>:<data set>:<field>``.

Namespaces have colons in them, and so may names: which split is meant is decided by what is there.
"""

from __future__ import annotations

from graph_schema.urn import Urn, UrnError, parse_urn
from queries.marquez import KNOWN
from registry.capture.columns import field_urn
from registry.errors import InvalidRequestError, NotFoundError
from registry.marquez.asking import Asking

_KINDS = {"dataset": "Dataset", "job": "Job"}
_FIELD = "datasetField"
_MOST_SPLITS = 40


def find_node(ask: Asking, node_id: str) -> str:
    """The URN that a node id stands for.

    Marquez puts ``#<version>`` behind it, and names have such signs in them, too: the whole is taken for a name first.
    Raises NotFoundError where nothing is there, InvalidRequestError for what is no node id, or one with a version.
    """
    sort, _, rest = node_id.partition(":")
    if sort not in (*_KINDS, _FIELD) or ":" not in rest:
        raise InvalidRequestError(
            f"nodeId {node_id[:80]!r} is not one.",
            hint="It reads dataset:<namespace>:<name> or job:<namespace>:<name>.",
        )
    found = _there(ask, sort, rest)
    if found is not None:
        return found
    without, sign, _ = rest.rpartition("#")
    if sign and _there(ask, sort, without) is not None:
        raise InvalidRequestError(
            "nodeId with a version is not answered: this is about all versions.",
            hint="Leave out # and what follows. Of one version, GraphQL tells the lineage.",
        )
    raise NotFoundError(f"There is no node {node_id[:200]!r}.")


def node_id(urn: str) -> str:
    """The node id of a data set or job."""
    found = parse_urn(urn)
    return f"{found.kind.lower()}:{found.namespace}:{found.name}"


def _there(ask: Asking, sort: str, rest: str) -> str | None:
    candidates = [urn for urn in _candidates(sort, rest) if urn]
    known = {row.urn for row in ask.rows(KNOWN, urns=candidates)}
    return next((urn for urn in candidates if urn in known), None)


def _candidates(sort: str, rest: str) -> list[str]:
    parts = rest.split(":")
    # The shortest name first: colons are usual in namespaces and rare in names.
    places = range(min(len(parts) - 1, _MOST_SPLITS), 0, -1)
    splits = [(":".join(parts[:place]), ":".join(parts[place:])) for place in places]
    if sort != _FIELD:
        return [_urn(_KINDS[sort], namespace, name) for namespace, name in splits]
    found = []
    for namespace, name in splits:
        dataset, colon, column = name.rpartition(":")
        if colon:
            try:
                found.append(str(field_urn(namespace, dataset, column)))
            except UrnError:
                continue
    return found


def _urn(kind: str, namespace: str, name: str) -> str:
    try:
        return str(Urn.of(kind, namespace, name))
    except UrnError:
        return ""
