"""What each principal may read, kept until it changes: working it out looks at every scope that there is."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from graph_schema.times import now_micros
from registry.permission.principal import Principal
from registry.permission.standing import Standing
from registry.permission.view import View, holds_until, view_of

_MOST_KEPT: Final = 1_000


class Views:
    """The views of one application, for one event loop. A standing is another object as soon as anything in it changes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Principal, tuple[Standing, int | None, View | None]] = OrderedDict()

    def of(self, standing: Standing, principal: Principal) -> View | None:
        """The view of a principal now; None for somebody who sees everything."""
        now = now_micros()
        kept = self._kept.get(principal)
        if kept is not None and kept[0] is standing and (kept[1] is None or now < kept[1]):
            return kept[2]
        view = view_of(standing.policy, principal, standing.scopes, now=now)
        self._kept[principal] = (standing, holds_until(standing.policy, principal, now=now), view)
        self._kept.move_to_end(principal)
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return view
