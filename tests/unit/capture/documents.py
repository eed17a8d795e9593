"""What tests of captures share: reading one whole, and what every document may be broken by."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graph_schema.urn import parse_urn
from registry.capture.source import Capture, Progressed, RecordDocument, Rejected, Unmapped
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope

NOW = 4_000_000_000_000_000
ODD_NAME = "a/b:c 🦜 %2A*"
"""Slash, colon, emoji, percent and the word for an unknown version, in one name."""


class Reading:
    """Everything that one reading of a source gave, checked as the server checks it."""

    def __init__(self, capture: Capture, where: Path | str, **options: str) -> None:
        assert isinstance(capture, Capture)
        self.records: list[RecordDocument] = []
        self.rejected: list[Rejected] = []
        self.unmapped: list[Unmapped] = []
        progressed = 0
        for item in capture.read(str(where), options):
            if isinstance(item, dict):
                self.records.append(item)
            elif isinstance(item, Rejected):
                self.rejected.append(item)
            elif isinstance(item, Unmapped):
                self.unmapped.append(item)
            else:
                assert isinstance(item, Progressed)
                progressed += item.things
        assert capture.count(str(where), options) in (None, progressed)
        _as_the_server_reads(self.records)

    def kinds(self) -> Counter[str]:
        """How many of each kind and relation."""
        return Counter(record.get("entity") or record["edge"] for record in self.records)

    def entity(self, kind: str, name: str, version: str | None = None) -> dict[str, Any]:
        """The attributes of one entity; several statements about it count as one."""
        found: dict[str, Any] = {}
        known = False
        for record in self.records:
            if record.get("entity") == kind:
                urn = parse_urn(record["urn"])
                if (urn.name, urn.version) == (name, version):
                    known = True
                    found |= record.get("attributes", {})
        assert known, f"no {kind} {name} {version}"
        return found

    def edges(self, relation: str) -> set[tuple[str, str]]:
        """The ends of every edge of a relation as ``name@version``, ``@*`` where unknown."""
        return {(_short(r["from"]), _short(r["to"])) for r in self.records if r.get("edge") == relation}


def _short(text: str) -> str:
    urn = parse_urn(text)
    return f"{urn.name}@*" if urn.version_unknown else urn.name if urn.version is None else f"{urn.name}@{urn.version}"


def _as_the_server_reads(records: list[RecordDocument]) -> None:
    reader = BatchReader(Envelope("whole", NOW))
    for line, record in enumerate(records, 1):
        assert record["event_id"]
        assert record["producer"]
        reader.add(record, line)
    assert not reader.errors, reader.errors[:3]
    ids = [record["event_id"] for record in records]
    assert len(set(ids)) == sum(1 for at, name in enumerate(ids) if at == 0 or ids[at - 1] != name), "an event is torn"


def write(path: Path, document: Mapping[str, Any] | str | bytes) -> Path:
    """The document as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(document, bytes):
        path.write_bytes(document)
    else:
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def nested(levels: int) -> str:
    """JSON of an object that deep."""
    return '{"a":' * levels + "1" + "}" * levels


BROKEN_JSON = {
    "cut short": b'{"metadata": {"a": 1',
    "not JSON": b"hello",
    "not an object": b"[1, 2]",
    "empty": b"",
    "another encoding": '{"name": "\xe9"}'.encode("latin-1"),
    "binary": bytes(range(256)),
    "nested beyond reason": nested(5_000).encode(),
    "nested too deep": nested(300).encode(),
    "an empty object": b"{}",
}
"""What no JSON document of any source is."""
