"""Ways to write a small world through the writer, and to ask what a change would do to it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from graph_schema.times import parse_time
from registry.errors import InvalidRecordError
from registry.graph.database import Database
from registry.lineage.answer import WalkRequest
from registry.lineage.change.answer import Assessment, Judged
from registry.lineage.change.asked import Change
from registry.lineage.change.assessment import assess
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer

_NOW = parse_time("2026-06-01T00:00:00Z")
_COUNTER = itertools.count()


class World:
    """One namespace of the test database. Names are written ``Kind:name[:version]``, without it."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self.database, self._writer = database, writer
        self.namespace = f"world-{secrets.token_hex(6)}"
        self._said: list[dict[str, Any]] = []

    def urn(self, name: str) -> str:
        kind, _, rest = name.partition(":")
        return f"urn:lineage:{kind}:{self.namespace}:{rest}"

    def name(self, urn: str) -> str:
        return urn.removeprefix("urn:lineage:").replace(f":{self.namespace}:", ":", 1)

    def say(self, *records: dict[str, Any]) -> None:
        """Say this; it is written when somebody asks."""
        self._said.extend(records)

    def write(self) -> None:
        """Write all that was said, in one event."""
        reader = BatchReader(Envelope(f"{self.namespace}-{next(_COUNTER)}", _NOW, None))
        for line, record in enumerate(self._said, start=1):
            reader.add(record, line)
        if reader.errors:
            raise InvalidRecordError("bad", errors=[item.as_json() for item in reader.errors])
        self._writer.write(reader.finish())
        self._said.clear()

    def entity(self, name: str, **attributes: Any) -> dict[str, Any]:
        return {"entity": name.partition(":")[0], "urn": self.urn(name), "attributes": attributes}

    def edge(self, relation: str, downstream: str, upstream: str, **said: Any) -> dict[str, Any]:
        """An edge; ``version_is`` and ``version_constraint`` stand beside its attributes."""
        beside = {name: said.pop(name) for name in ("version_is", "version_constraint", "evidence") if name in said}
        ends: dict[str, Any] = {"edge": relation, "from": self.urn(downstream), "to": self.urn(upstream)}
        return ends | beside | {"attributes": said}

    def assess(self, name: str, change: Change, **more: Any) -> Assessment:
        if self._said:
            self.write()
        return assess(self.database, WalkRequest(self.urn(name), **more), change)

    def verdicts(self, assessment: Assessment) -> dict[str, tuple[str, str]]:
        """Verdict and rule of each item, by name."""
        return {self.name(item.item.node.urn): (item.verdict.value, item.rule) for item in assessment.items}

    def item(self, assessment: Assessment, name: str) -> Judged:
        return next(item for item in assessment.items if item.item.node.urn == self.urn(name))


@pytest.fixture(scope="module")
def new_world(database: Database, settings: Settings) -> Callable[[], World]:
    """Makes worlds that know nothing of each other."""
    writer = Writer(database, settings)
    return lambda: World(database, writer)


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    return new_world()
