"""Aliases that moved since the last import: what they pointed to before ends when they are seen elsewhere.

A source that keeps no history of its aliases says only where they point now. The registry knows where they pointed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graph_schema.times import format_time, now_micros
from registry.capture.source import RecordDocument
from registry.cli.client import Client
from registry.cli.documents import POINTS_TO


def moves(client: Client, pointing: Mapping[str, str]) -> Iterator[RecordDocument]:
    """The records that end what these aliases (URN → URN of the version) pointed to before, and date the new.

    Nothing for aliases that point where they did, or that are new. Raises RegistryError.
    """
    for alias, version in sorted(pointing.items()):
        entity = client.ask(POINTS_TO, {"urn": alias})["entity"]
        before = {item["node"]["urn"] for item in entity["neighbours"]} if entity else set()
        left = sorted(before - {version})
        for old in left:
            reason = f"The alias was seen pointing to {version}."
            yield {"edge": "POINTS_TO", "from": alias, "to": old, "op": "delete", "reason": reason[:4096]}
        if left:
            yield {"edge": "POINTS_TO", "from": alias, "to": version, "true_from": format_time(now_micros())}
