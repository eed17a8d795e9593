"""What the graph says around a change, at the times of the question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from queries.change import ALIASES, COLUMNS, EVALUATIONS_OF_MODELS, MODELS_MADE, PARTS, SCHEMAS_OF, USES
from queries.change.rows import (
    AliasesParams,
    ColumnRow,
    ModelEvaluationRow,
    NamedParams,
    PartsParams,
    UsesParams,
)
from queries.entity import VERSIONS
from queries.entity.rows import VersionsParams
from queries.impact import EVALUATIONS
from queries.impact.rows import EvaluationRow, EvaluationsParams
from registry.graph.database import Database
from registry.lineage.answer import Owner
from registry.lineage.change.use import USE_FAMILIES, Use, read_use
from registry.lineage.entity import read_entities, read_owners
from registry.lineage.moment import Moment
from registry.lineage.state import EntityState
from registry.lineage.version_order import newest_first

R = TypeVar("R")


@dataclass(slots=True)
class Record:
    """Reads around one change, all of one state. ``cut`` says that a bound left something out; ``limit`` is it."""

    database: Database
    when: Moment
    limit: int
    bookmarks: Sequence[str] | None = None
    cut: bool = False

    def uses(self, urns: Iterable[str]) -> list[Use]:
        """What uses these entities directly."""
        names = sorted(set(urns))
        if not names:
            return []
        params = UsesParams(names, list(USE_FAMILIES), *self._window(), self.limit + 1)
        rows = self.database.run(USES, params, bookmarks=self.bookmarks)
        return [read_use(row) for row in self._within(rows)]

    def parts(self, urns: Iterable[str], relations: Sequence[str], kinds: Sequence[str], most: int) -> dict[str, str]:
        """What belongs to these entities by relations of structure: the part, and what it is part of."""
        params = PartsParams(sorted(set(urns)), list(relations), list(kinds), *self._window(), most + 1)
        rows = self.database.run(PARTS, params, bookmarks=self.bookmarks)
        self.cut |= len(rows) > most
        return {row.urn: row.whole for row in rows[:most]}

    def columns(self, urns: Iterable[str]) -> list[ColumnRow]:
        """The columns of data, or of schemas, in their order."""
        params = NamedParams(sorted(set(urns)), *self._window(), self.limit + 1)
        return self._within(self.database.run(COLUMNS, params, bookmarks=self.bookmarks))

    def schemas_of(self, field: str) -> list[str]:
        """The schemas that a column belongs to."""
        params = NamedParams([field], *self._window(), self.limit + 1)
        return [row.whole for row in self._within(self.database.run(SCHEMAS_OF, params, bookmarks=self.bookmarks))]

    def aliases(self, asset: str) -> dict[str, frozenset[str]]:
        """The names of the aliases of an asset, each with the versions that it points to."""
        params = AliasesParams(asset, *self._window(), self.limit + 1)
        found: dict[str, set[str]] = {}
        for row in self._within(self.database.run(ALIASES, params, bookmarks=self.bookmarks)):
            found.setdefault(row.alias, set()).add(row.version)
        return {alias: frozenset(versions) for alias, versions in found.items()}

    def versions(self, asset: str) -> dict[str, str]:
        """The known versions of an asset by URN, newest first."""
        params = VersionsParams(asset, *self._window())
        rows = self.database.run(VERSIONS, params, bookmarks=self.bookmarks)
        names = {row.urn: row.version for row in rows}
        return {urn: version for urn in newest_first(rows) if (version := names[urn]) is not None}

    def models_made(self, runs: Iterable[str]) -> dict[str, list[EntityState]]:
        """The model versions that runs made."""
        names = sorted(set(runs))
        if not names:
            return {}
        params = NamedParams(names, *self._window(), self.limit + 1)
        rows = self._within(self.database.run(MODELS_MADE, params, bookmarks=self.bookmarks))
        states = self.entities({row.urn for row in rows})
        made: dict[str, list[EntityState]] = {}
        for row in rows:
            if row.urn in states:
                made.setdefault(row.whole, []).append(states[row.urn])
        return made

    def entities(self, urns: Iterable[str]) -> dict[str, EntityState]:
        """States by URN."""
        names = sorted(set(urns))
        if not self.when.present:
            return self._states_at(names)
        states = read_entities(self.database, names, bookmarks=self.bookmarks)
        newer = [urn for urn, state in states.items() if state.recorded_from > self.when.known_at]
        return {urn: state for urn, state in states.items() if urn not in newer} | self._states_at(newer)

    def owners(self, urns: Iterable[str]) -> dict[str, tuple[Owner, ...]]:
        """Owners by URN."""
        return read_owners(self.database, sorted(set(urns)), **self._times(), bookmarks=self.bookmarks)

    def evaluations_on(self, data: Iterable[str]) -> list[EvaluationRow]:
        """Evaluations that were measured on these data."""
        names = sorted(set(data))
        if not names:
            return []
        params = EvaluationsParams(names, *self._window(), self.limit + 1)
        return self._within(self.database.run(EVALUATIONS, params, bookmarks=self.bookmarks))

    def evaluations_of(self, models: Iterable[str]) -> list[ModelEvaluationRow]:
        """Evaluations of these model versions."""
        names = sorted(set(models))
        if not names:
            return []
        params = NamedParams(names, *self._window(), self.limit + 1)
        return self._within(self.database.run(EVALUATIONS_OF_MODELS, params, bookmarks=self.bookmarks))

    def _window(self) -> tuple[int, int, int]:
        return self.when.true_by, self.when.true_after, self.when.known_at

    def _times(self) -> dict[str, int | None]:
        present = self.when.present
        return {"as_of": None if present else self.when.true_by, "known_at": None if present else self.when.known_at}

    def _states_at(self, urns: list[str]) -> dict[str, EntityState]:
        as_of, known_at = self.when.true_after, self.when.known_at
        return read_entities(self.database, urns, as_of=as_of, known_at=known_at, bookmarks=self.bookmarks)

    def _within(self, rows: list[R]) -> list[R]:
        self.cut |= len(rows) > self.limit
        return rows[: self.limit]
