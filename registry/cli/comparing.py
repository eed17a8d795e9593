"""A source compared with the registry: what its capture says now against what is recorded, field by field.

Both sides are gone through on disk and by pages, so that memory stays flat: the documents lie in a temporary SQLite
index by what they are about, and the registry is asked for one of these after the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from graph_schema.times import now_micros, parse_time
from graph_schema.urn import parse_urn
from registry.cli.client import Client
from registry.cli.documents import LISTED, MOST_RECORDED, RECORDED, recorded_many
from registry.cli.spool import Spool
from registry.records import EdgeRecord, EntityRecord, Op
from registry.validation.parsing import Envelope, parse_record

SHARED_KINDS = frozenset({
    "Dataset", "DatasetVersion", "DataSchema", "DataSlice", "Field", "Library", "LibraryVersion", "Container",
    "Environment", "Person", "Team", "Service", "Job", "Feature", "FeatureVersion",
})  # fmt: skip
"""What others may know too: that one source no longer names it does not end it."""
_PAGE = 200
_SAME_THING = ("external_id", "digest", "created_at")
"""Attributes by which something is known again under another name, the surest first."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the two say differently; None where one of them does not say it."""

    urn: str
    field: str
    here: Any
    there: Any


@dataclass(slots=True)
class Comparison:
    """What differs, by URN; edges are (relation, from, to, role). ``lines`` are the documents that would mend it."""

    compared: int = 0
    missing_here: list[str] = field(default_factory=list)
    differing: list[Difference] = field(default_factory=list)
    missing_there: list[str] = field(default_factory=list)
    edges_there: list[tuple[str, str, str, str | None]] = field(default_factory=list)
    orphaned: list[str] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    @property
    def differences(self) -> int:
        """How many there are in all; a renaming counts once."""
        parts = (self.missing_here, self.differing, self.missing_there, self.edges_there, self.orphaned, self.renamed)
        return sum(len(part) for part in parts)


def compare(
    client: Client,
    spool: Spool,
    folder: Path,
    advance: Callable[[int], None],
    whole: str | None,
    own: frozenset[str] = frozenset(),
) -> Comparison:
    """Compare every document of the spool with the registry. ``advance`` is told of things compared.

    What is recorded and no longer there is looked for in the namespace ``whole`` alone, which must be this source's
    own and read as a whole; nowhere where that is None. ``own`` are producers as whom the source has spoken before,
    beside those of its documents. Raises RegistryError.
    """
    index = _Index(folder / "index.sqlite", spool, own)
    try:
        found = Comparison()
        subjects = index.subjects()
        while urns := list(islice(subjects, MOST_RECORDED)):
            recorded = client.ask(recorded_many(len(urns)), {f"u{at}": urn for at, urn in enumerate(urns)})
            for at, urn in enumerate(urns):
                _Subject(client, index, urn, found).compare(recorded[f"e{at}"], whole)
            found.compared += len(urns)
            advance(len(urns))
        if whole is not None:
            _find_gone(client, index, found, whole)
            _find_renamed(client, index, found)
        return found
    finally:
        index.close()


class _Index:
    """The documents of a spool by what they are about."""

    def __init__(self, path: Path, spool: Spool, own: frozenset[str]) -> None:
        self._own = own
        self._rows = sqlite3.connect(path)
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._rows.execute(
            "CREATE TABLE said (urn TEXT, edge TEXT, target TEXT, role TEXT, attributes TEXT, line INT, time INT)"
        )
        self._rows.execute("CREATE TABLE ended (urn TEXT, line INT, time INT)")
        self._rows.execute("CREATE TABLE area (namespace TEXT, producer TEXT, UNIQUE (namespace, producer))")
        for number, document in spool.numbered():
            self._add(number, document)
        self._rows.execute("CREATE INDEX by_urn ON said (urn)")
        self._rows.execute("CREATE INDEX ended_by_urn ON ended (urn)")
        self._rows.commit()

    def close(self) -> None:
        self._rows.close()

    def subjects(self) -> Iterator[str]:
        """Everything that something is said about, in order."""
        for row in self._rows.execute("SELECT DISTINCT urn FROM said ORDER BY urn"):
            yield str(row[0])

    def about(self, urn: str) -> list[tuple[str | None, str | None, str | None, dict[str, Any], int]]:
        """Of one thing: edge, target and role (None for the thing itself), attributes, line."""
        rows = self._rows.execute("SELECT edge, target, role, attributes, line FROM said WHERE urn = ?", (urn,))
        return [(*row[:3], orjson.loads(row[3]), row[4]) for row in rows.fetchall()]

    def end_of(self, urn: str) -> int | None:
        """The line on which the source says that it has ended; None where it does not, or names it again later."""
        ended = self._rows.execute("SELECT line, time FROM ended WHERE urn = ? ORDER BY time DESC LIMIT 1", (urn,))
        last = ended.fetchone()
        if last is None:
            return None
        told = self._rows.execute("SELECT max(time) FROM said WHERE urn = ? AND edge IS NULL", (urn,)).fetchone()[0]
        return int(last[0]) if told is None or told <= last[1] else None

    def names(self, urn: str) -> bool:
        """Whether the source says anything of it, or anything that leads to it."""
        one = self._rows.execute("SELECT 1 FROM said WHERE urn = ? OR target = ? LIMIT 1", (urn, urn)).fetchone()
        return one is not None

    def producers_in(self, namespace: str) -> set[str]:
        """As whom the source speaks of a namespace; nobody where it says nothing of it."""
        rows = self._rows.execute("SELECT DISTINCT producer FROM area WHERE namespace = ?", (namespace,))
        found = {str(row[0]) for row in rows}
        return found | self._own if found else found

    def _add(self, number: int, document: Mapping[str, Any]) -> None:
        parsed = parse_record(dict(document), number, Envelope("compared", now_micros()))
        if not isinstance(parsed, list):
            return
        for record in parsed:
            time = record.source.stamp.time
            if record.op is Op.DELETE and isinstance(record, EntityRecord):
                self._rows.execute("INSERT INTO ended VALUES (?, ?, ?)", (record.urn, number, time))
            if record.op is not Op.PUT:
                continue
            if isinstance(record, EntityRecord):
                told = document.get("attributes") or {}
                self._put(record.urn, None, None, None, told, number, time)
                area = (record.namespace, record.source.producer or "")
                self._rows.execute("INSERT OR IGNORE INTO area VALUES (?, ?)", area)
            elif isinstance(record, EdgeRecord):
                role = record.attributes.get("role")
                self._put(record.downstream, record.relation, record.upstream, role, {}, number, time)

    def _put(self, *row: Any) -> None:
        urn, edge, target, role, attributes, line, time = row
        text = orjson.dumps(attributes).decode()
        self._rows.execute("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?, ?)", (urn, edge, target, role, text, line, time))


class _Subject:
    """One thing on both sides."""

    def __init__(self, client: Client, index: _Index, urn: str, found: Comparison) -> None:
        self._client, self._index, self._urn, self._found = client, index, urn, found
        self._said = index.about(urn)

    def compare(self, entity: dict[str, Any] | None, whole: str | None) -> None:
        """Compare it with what is recorded, which has the first of its neighbours; None where nothing is."""
        described = [item for item in self._said if item[0] is None]
        end = self._index.end_of(self._urn)
        if end is not None:
            if entity is None or not _ended(entity):
                self._found.missing_here.append(f"the end of {self._urn}")
                self._found.lines += [*(item[4] for item in self._said), end]
            return
        # That there is "some version, not known which" is no news, whoever says it.
        named_only = entity is not None and entity["placeholder"] and not parse_urn(self._urn).version_unknown
        if entity is None or (described and named_only) or _ended(entity):
            self._found.missing_here.append(self._urn)
            self._found.lines += [item[4] for item in self._said]
            return
        for _, _, _, attributes, line in described:
            self._compare_fields(entity["attributes"], attributes, line)
        self._compare_edges(self._edges(entity), whole)

    def _compare_fields(self, here: Mapping[str, Any], there: Mapping[str, Any], line: int) -> None:
        other = [name for name, value in there.items() if not _holds(name, here.get(name), value)]
        self._found.differing += [Difference(self._urn, name, here.get(name), there[name]) for name in other]
        if other:
            self._found.lines.append(line)

    def _compare_edges(self, here: dict[tuple[str, str, str | None], str | None], whole: str | None) -> None:
        there = {(edge, target, role): line for edge, target, role, _, line in self._said if edge and target}
        for (edge, target, role), line in there.items():
            if (edge, target, role) not in here:
                self._found.missing_here.append(f"{edge} {self._urn} → {target}")
                self._found.lines.append(line)
        if whole is None or parse_urn(self._urn).namespace != whole:
            return  # another source may say more of it
        producers = self._index.producers_in(whole)
        for (edge, target, role), producer in here.items():
            if (edge, target, role) not in there and producer in producers:
                self._found.edges_there.append((edge, self._urn, target, role))

    def _edges(self, entity: dict[str, Any]) -> dict[tuple[str, str, str | None], str | None]:
        edges: dict[tuple[str, str, str | None], str | None] = {}
        while True:
            listed = entity["neighbours"]
            for item in listed:
                edge = item["edge"]
                edges[item["relation"], item["node"]["urn"], edge["role"]] = edge["producer"]
            if not listed or not entity["hasMoreNeighbours"]:
                return edges
            entity = self._client.ask(RECORDED, {"urn": self._urn, "after": listed[-1]["cursor"]})["entity"]


def _find_gone(client: Client, index: _Index, found: Comparison, namespace: str) -> None:
    """What the registry has from this source, in the namespace that is its own, that the source no longer names."""
    producers = index.producers_in(namespace)
    after = None
    while producers:  # of a namespace that the source says nothing about it does not say that all is gone
        page = client.ask(LISTED, {"namespace": namespace, "first": _PAGE, "after": after})["search"]
        for item in page["edges"]:
            node = item["node"]
            if node["producer"] in producers and not _ended(node) and not index.names(node["urn"]):
                (found.orphaned if node["kind"] in SHARED_KINDS else found.missing_there).append(node["urn"])
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]


def _find_renamed(client: Client, index: _Index, found: Comparison) -> None:
    """What is missing on one side and known again on the other, by what does not change with the name."""
    if not found.missing_there:
        return
    new: dict[tuple[str, str, Any], str] = {}
    for urn in found.missing_here:
        if " " in urn:
            continue
        for _, _, _, attributes, _ in index.about(urn):
            for name in _SAME_THING:
                if attributes.get(name):
                    new.setdefault((_kind(urn), name, attributes[name]), urn)
    for old in list(found.missing_there):
        entity = client.ask(RECORDED, {"urn": old, "after": None})["entity"]
        attributes = entity["attributes"] if entity else {}
        keys = [(_kind(old), name, attributes.get(name)) for name in _SAME_THING if attributes.get(name)]
        match = next((new[key] for key in keys if key in new), None)
        if match is not None:
            found.renamed.append((old, match))
            found.missing_there.remove(old)
            found.missing_here.remove(match)
            new = {key: urn for key, urn in new.items() if urn != match}


def _kind(urn: str) -> str:
    return urn.split(":", 3)[2]


def _ended(entity: Mapping[str, Any]) -> bool:
    return bool(entity["trueTo"]) and parse_time(entity["trueTo"]) <= now_micros()


def _holds(name: str, here: Any, there: Any) -> bool:
    """Whether what the source says holds here; facets of others stand beside its own."""
    if name == "facets" and isinstance(here, Mapping):
        return all(here.get(facet) == said for facet, said in there.items())
    return _same(here, there)


def _same(here: Any, there: Any) -> bool:
    """Whether both say the same; one instant may be written in two ways."""
    if here == there:
        return True
    if not (isinstance(here, str) and isinstance(there, str)):
        return False
    try:
        return parse_time(here) == parse_time(there)
    except (ValueError, OverflowError):
        return False
