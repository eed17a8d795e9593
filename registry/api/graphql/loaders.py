"""One read for many nested fields: what the items of a list ask for is gathered and asked at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from strawberry.dataloader import DataLoader

from registry.lineage import entity
from registry.lineage.answer import Direction, Owner
from registry.lineage.excerpts import Excerpt, read_findings, read_history
from registry.lineage.state import EntityState, Neighbours, Page, PastState, RecordedFinding

if TYPE_CHECKING:
    from registry.api.graphql.context import Times

Ask = Callable[..., Awaitable[Any]]
ReadMany = Callable[..., Mapping[str, Any]]

_AT_ONCE = 1_000
"""Most names in one read."""


class Loaders:
    """The reads behind nested fields, for one request; each answer is kept until the request ends."""

    def __init__(self, ask: Ask, bookmarks: Sequence[str] | None) -> None:
        self._ask = ask
        self._bookmarks = bookmarks
        self._gathered: dict[Any, DataLoader[str, Any]] = {}
        self._single: DataLoader[tuple[Any, ...], Any] = DataLoader(load_fn=self._load_one, max_batch_size=1)

    async def entity(self, urn: str, times: Times) -> EntityState | None:
        """The state of an entity at the times, None where nothing is recorded."""
        state: EntityState | None = await self._gather(entity.read_entities, times).load(urn)
        return state

    async def owners(self, urn: str, times: Times) -> tuple[Owner, ...]:
        """Who answers for it."""
        found: tuple[Owner, ...] | None = await self._gather(entity.read_owners, times).load(urn)
        return found or ()

    async def neighbours(
        self,
        urn: str,
        direction: Direction,
        relations: tuple[str, ...],
        first: int,
        times: Times,
        after: str | None = None,
    ) -> Neighbours:
        """What single edges join it to."""
        what = {"direction": direction, "relations": relations, "first": first}
        if after is None:
            found: Neighbours | None = await self._gather(entity.read_neighbours_of, times, **what).load(urn)
        else:
            found = (await self._alone(entity.read_neighbours_of, (urn,), **what, after=after, **times._asdict())).get(
                urn
            )
        return found or Neighbours((), (), has_next=False)

    async def versions(self, urn: str, first: int, after: str | None, times: Times) -> Page:
        """A page of its versions."""
        page: Page = await self._alone(entity.read_versions, urn, first, after, **times._asdict())
        return page

    async def history(self, urn: str, first: int, after: str | None, times: Times) -> Excerpt[PastState]:
        """The states that were recorded of it."""
        states: Excerpt[PastState] = await self._alone(read_history, urn, first, after, **times._asdict())
        return states

    async def findings(
        self, rule: str | None, urn: str | None, first: int, after: str | None, known_at: int | None
    ) -> Excerpt[RecordedFinding]:
        """What was found while writing, the newest first."""
        found: Excerpt[RecordedFinding] = await self._alone(read_findings, rule, urn, first, after, known_at=known_at)
        return found

    async def _alone(self, read: Callable[..., Any], *arguments: Any, **times: Any) -> Any:
        return await self._single.load((read, arguments, tuple(times.items())))

    async def _load_one(self, asked: list[tuple[Any, ...]]) -> list[Any]:
        ((read, arguments, more),) = asked
        return [await self._ask(read, *arguments, **dict(more), bookmarks=self._bookmarks)]

    def _gather(self, read: ReadMany, times: Times, **more: Any) -> DataLoader[str, Any]:
        key = (read, times, *more.values())
        known = self._gathered.get(key)
        if known is None:

            async def load(urns: list[str]) -> list[Any]:
                found = await self._ask(
                    read, urns, **more, as_of=times.as_of, known_at=times.known_at, bookmarks=self._bookmarks
                )
                return [found.get(urn) for urn in urns]

            known = self._gathered[key] = DataLoader(load_fn=load, max_batch_size=_AT_ONCE)
        return known
