"""Sensitive attributes in GraphQL: read where they are asked for by name, many at once, null for who may not see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from strawberry.dataloader import DataLoader

from registry.lineage.state import EntityState
from registry.lineage.stored import readable
from registry.secrecy.fields import FACETS
from registry.secrecy.reading import May, Wanted, read_sensitive
from registry.secrecy.vault import Vault

Ask = Callable[..., Awaitable[Any]]
_AT_ONCE = 1_000


class SensitiveValues:
    """The sensitive values that one request asks for."""

    def __init__(self, ask: Ask, vault: Callable[[], Vault], may: May) -> None:
        self._ask, self._vault, self._may = ask, vault, may
        self._loader: DataLoader[Wanted, Mapping[str, Any]] = DataLoader(load_fn=self._load, max_batch_size=_AT_ONCE)

    async def of(self, state: EntityState, name: str | None = None) -> dict[str, Any]:
        """The sensitive attributes of an entity that may be seen, ready for JSON; of one name, where it is given."""
        chosen = tuple((item, text) for item, text in sorted(state.sealed.items()) if name in (None, item))
        if not chosen:
            return {}
        found = await self._loader.load(Wanted(state.urn, chosen))
        shown = {item: readable(state.kind, item, value) for item, value in found.items()}
        facets = {
            item.removeprefix(f"{FACETS}."): shown.pop(item) for item in list(shown) if item.startswith(f"{FACETS}.")
        }
        return shown | {FACETS: facets} if facets else shown

    async def _load(self, wanted: list[Wanted]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = await self._ask(read_sensitive, self._vault(), wanted, self._may)
        return found
