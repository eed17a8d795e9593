"""What the server knows, for attesting and verifying: entities with their neighbours, registered digests, attestations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from registry.attestation.known import Known, KnownEdge
from registry.cli import documents
from registry.cli.client import Client
from registry.errors import NotFoundError

_PATH: Final = "/api/v1/attestations"
_MOST_URNS: Final = 100


def read_known(client: Client, urn: str) -> Known:
    """An entity with its neighbours, and the run that made it with its own. Raises NotFoundError."""
    found = _with_neighbours(client, urn)
    edges = []
    for edge in found.edges:
        made = edge.relation == "GENERATED_BY" and not edge.downstream
        node = _with_neighbours(client, edge.node.urn) if made else edge.node
        edges.append(KnownEdge(edge.relation, edge.downstream, edge.role, node))
    return found.with_edges(tuple(edges))


def find_registered(client: Client, digest: str) -> list[str]:
    """URNs of what is registered with a digest."""
    answer = client.request("GET", f"/api/v1/artifacts/{digest}")
    return [item["urn"] for item in answer["registered"]]


def find_attestations(client: Client, urns: Iterable[str]) -> list[dict[str, Any]]:
    """The attestations of entities, each document once."""
    names = sorted(set(urns))
    found: dict[str, dict[str, Any]] = {}
    for first in range(0, len(names), _MOST_URNS):
        answer = client.request("GET", _PATH, params={"urn": names[first : first + _MOST_URNS]})
        found.update({item["digest"]: item for item in answer["attestations"]})
    return list(found.values())


def register(client: Client, content: bytes, subject: str | None) -> dict[str, Any]:
    """Send a signed document; what became of it."""
    return client.send_document(_PATH, content, {"subject": subject} if subject else {})


def _with_neighbours(client: Client, urn: str) -> Known:
    edges: list[KnownEdge] = []
    found: dict[str, Any] = {}
    for direction in ("UPSTREAM", "DOWNSTREAM"):
        after: str | None = None
        while True:
            variables = {"urn": urn, "direction": direction, "after": after}
            found = client.ask(documents.ATTESTABLE, variables)["entity"] or {}
            if not found:
                raise NotFoundError(f"Nothing is recorded as {urn}.", hint="`lineage search` finds it by its name.")
            edges += [_edge(item, downstream=direction == "DOWNSTREAM") for item in found["neighbours"]]
            if not found["hasMoreNeighbours"]:
                break
            after = found["neighbours"][-1]["cursor"]
    return Known(found["urn"], found["kind"], found["attributes"], tuple(edges))


def _edge(item: dict[str, Any], *, downstream: bool) -> KnownEdge:
    node = item["node"]
    return KnownEdge(
        item["relation"], downstream, item["edge"]["role"], Known(node["urn"], node["kind"], node["attributes"])
    )
