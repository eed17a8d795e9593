"""What one GraphQL request carries: the database, its threads, its bookmarks and its loaders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeAlias, TypeVar

from strawberry.types import Info

from registry.api.graphql.loaders import Loaders
from registry.api.graphql.sensitive import SensitiveValues
from registry.api.threads import Threads
from registry.audit.publication import Publication
from registry.graph.database import Database
from registry.lineage.answer import Node
from registry.lineage.paths.routes import Routes
from registry.permission.role import Permission
from registry.permission.scope import Resource
from registry.secrecy.reading import May
from registry.settings import Settings
from registry.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")

WALKS_AT_ONCE = 2
"""How many walks of one request run at a time: each may hold all that the server lets a walk read."""


class Times(NamedTuple):
    """When it was true and by when it was recorded, in microseconds; None: now, and everything recorded."""

    as_of: int | None = None
    known_at: int | None = None


class NodeAt(Node):
    """A node of other times than those that its root field asked for: of one side of a comparison."""

    times: Times

    @classmethod
    def of(cls, node: Node, times: Times) -> NodeAt:
        """The node with its times."""
        made = cls._make(node)
        made.times = times
        return made


def _nobody(_resource: Resource) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ApiContext:
    """One request. ``times`` keeps what each root field asked for, so that what is nested reads at the same times.

    ``require`` raises PermissionDeniedError where who asks may not do something, ``may_see`` tells whether it may see sensitive
    values. ``everything`` is the database as nobody is kept from anything: for fields that show no entities, and for what
    decides about an entity and opens its values.
    ``routes`` keeps what each root field walked, so that what is nested finds its ways in the same answer.
    """

    database: Database
    writer: Writer
    settings: Settings
    threads: Threads
    bookmarks: Sequence[str] | None
    require: Callable[[Permission], None]
    everything: Database
    may_see: May = _nobody
    ledger: Publication | None = None
    times: dict[str, Times] = field(default_factory=dict)
    routes: dict[str, Routes] = field(default_factory=dict)
    loaders: Loaders = field(init=False)
    sensitive: SensitiveValues = field(init=False)
    walking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(WALKS_AT_ONCE))

    def __post_init__(self) -> None:
        object.__setattr__(self, "loaders", Loaders(self.ask, self.bookmarks))
        object.__setattr__(
            self, "sensitive", SensitiveValues(self._ask_of_everything, lambda: self.writer.vault, self.may_see)
        )

    async def ask(self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking read on the database in a thread."""
        return await self.threads.run(function, self.database, *args, **kwargs)

    async def _ask_of_everything(
        self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self.threads.run(function, self.everything, *args, **kwargs)

    async def walk(self, function: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for what may read a large part of the graph: the others of this request wait for a place."""
        async with self.walking:
            return await self.ask(function, *args, **kwargs)


ApiInfo: TypeAlias = Info[ApiContext, Any]


def times_of(info: ApiInfo) -> Times:
    """The times that the root field above this field asked for."""
    return info.context.times.get(_root_of(info), Times())


def times_of_node(node: object) -> Times | None:
    """The times of a node that has its own; None for any other."""
    return node.times if isinstance(node, NodeAt) else None


def routes_of(info: ApiInfo) -> Routes:
    """The ways through what the root field above this field walked. Raises KeyError where that kept none."""
    return info.context.routes[_root_of(info)]


def remember_routes(info: ApiInfo, routes: Routes) -> None:
    """Keep the ways through what a root field walked for what is nested below it."""
    info.context.routes[_root_of(info)] = routes


def _root_of(info: ApiInfo) -> str:
    path = info.path
    while path.prev is not None:
        path = path.prev
    return str(path.key)


def remember_times(info: ApiInfo, as_of: int | None, known_at: int | None) -> Times:
    """Keep the times of a root field for what is nested below it."""
    times = Times(as_of, known_at)
    info.context.times[str(info.path.key)] = times
    return times
