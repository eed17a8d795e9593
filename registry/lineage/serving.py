"""Reading how much things matter: what serves them and where, who relies on them, how far they are in their life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graph_schema.catalogue import KINDS
from graph_schema.times import OPEN
from graph_schema.urn import asset_of
from queries.impact import STANDING
from queries.impact.rows import StandingParams, StandingRow
from registry.graph.database import Database
from registry.lineage.answer import Node
from registry.lineage.moment import Moment
from registry.lineage.ranking import ANSWERING
from registry.lineage.standing import UNKNOWN, Deployed, DeploymentEnvironment, Standing, stage_rank, worst

_RANKED = frozenset(KINDS) - {"Run", "DataSlice", "DataSchema", "Field", "Profile", "Evaluation"}
"""Kinds of which a lifecycle or a criticality says something."""
_SERVING = ANSWERING | {"ModelVersion", "ModelArtifact", "InferenceBatch"}
"""Kinds that deployments have to do with."""
_MOST_PAIRS = 100_000


@dataclass(frozen=True, slots=True)
class Standings:
    """How much entities matter, by URN. ``cut`` says that there is more about them than was read."""

    by_urn: Mapping[str, Standing]
    cut: bool

    def of(self, urn: str) -> Standing:
        """The standing of one; UNKNOWN where nothing is known of it."""
        return self.by_urn.get(urn, UNKNOWN)


def read_standings(
    database: Database, nodes: Sequence[Node], when: Moment, *, bookmarks: Sequence[str] | None = None
) -> Standings:
    """How much each entity mattered at a time; of kinds that are not ranked nothing is read."""
    ranked = [node for node in nodes if node.kind in _RANKED]
    if not ranked:
        return Standings({}, cut=False)
    urns = [node.urn for node in ranked]
    assets = sorted({asset for urn in urns if (asset := asset_of(urn)) is not None})
    params = StandingParams(
        [*urns, *assets],
        [node.urn for node in ranked if node.kind in _SERVING],
        when.true_by,
        when.true_after,
        when.known_at,
        OPEN,
        _MOST_PAIRS,
    )
    row = database.run(STANDING, params, bookmarks=bookmarks)[0]
    read = _Read(row, when)
    cut = max(len(row.served), len(row.placed), len(row.relied)) >= _MOST_PAIRS
    return Standings({node.urn: read.standing(node) for node in ranked}, cut)


@dataclass(frozen=True, slots=True)
class _State:
    name: str
    lifecycle: str | None
    criticality: str | None
    stage: str | None
    load: float | None
    share: float
    ended: bool

    @property
    def retired(self) -> bool:
        return self.ended or self.lifecycle == "archived"


_UNKNOWN = _State("", None, None, None, None, 1.0, ended=False)


class _Read:
    """The columns of one answer, by what they are about."""

    def __init__(self, row: StandingRow, when: Moment) -> None:
        self._states = dict(_states(row, when))
        self._served: dict[str, dict[str, tuple[float, int]]] = {}
        for urn, deployment, share, since in zip(row.served, row.deployment, row.share, row.since, strict=True):
            by = self._served.setdefault(urn, {})
            by[deployment] = max(by.get(deployment, (share, since)), (share, since))
        self._placed = _grouped(row.placed, row.environment)
        self._relied = _grouped(row.relied, row.system)

    def standing(self, node: Node) -> Standing:
        own = self._states.get(node.urn, _UNKNOWN)
        asset = self._states.get(asset_of(node.urn) or "", _UNKNOWN)
        served = self._served.get(node.urn, {})
        live = {urn: share for urn, share in served.items() if not self._state(urn).retired}
        lifecycle = own.lifecycle or asset.lifecycle
        retired = own.ended or lifecycle == "archived"
        environments = self._environments(live or served)
        return Standing(
            live=not retired and (bool(live) or (node.kind in ANSWERING and not served)),
            retired=retired,
            lifecycle=lifecycle,
            criticality=worst([own.criticality, asset.criticality, *self._criticalities(node.urn, live)]),
            stage=min((item.stage for item in environments), key=stage_rank, default=None),
            requests_per_second=self._load(live),
            environments=environments,
            deployments=self._deployments(node, live),
        )

    def _state(self, urn: str) -> _State:
        return self._states.get(urn, _UNKNOWN)

    def _criticalities(self, urn: str, deployments: dict[str, tuple[float, int]]) -> Iterator[str | None]:
        """Those of the systems that rely on it, of the deployments that serve it, and of systems that rely on these."""
        for thing in (urn, *deployments):
            yield self._state(thing).criticality
            for system in self._relied.get(thing, ()):
                if not self._state(system).retired:
                    yield self._state(system).criticality

    def _load(self, deployments: dict[str, tuple[float, int]]) -> float | None:
        loads = []
        for urn, (share, _) in deployments.items():
            state = self._state(urn)
            if state.load is not None:
                loads.append(state.load * state.share * share)
        return sum(sorted(loads)) if loads else None

    def _environments(self, deployments: dict[str, tuple[float, int]]) -> tuple[DeploymentEnvironment, ...]:
        found = set()
        for urn in deployments:
            own = self._state(urn).stage
            for environment in self._placed.get(urn, ()):
                state = self._state(environment)
                found.add(DeploymentEnvironment(environment, state.name or environment, state.stage or own))
            if own is not None and urn not in self._placed:
                found.add(DeploymentEnvironment(None, own, own))
        return tuple(sorted(found, key=lambda item: (stage_rank(item.stage), item.name, item.urn or "")))

    def _deployments(self, node: Node, live: dict[str, tuple[float, int]]) -> tuple[Deployed, ...]:
        """The live deployments of a model version, the longest-serving first."""
        if node.kind in ANSWERING or node.kind == "InferenceBatch":
            return ()
        found = [Deployed(self._state(urn).name or urn, since) for urn, (_, since) in live.items()]
        return tuple(sorted(found, key=lambda item: (item.since or 0, item.label)))


def _states(row: StandingRow, when: Moment) -> Iterator[tuple[str, _State]]:
    columns = zip(
        row.urn, row.name, row.lifecycle, row.criticality, row.stage, row.requests_per_second, row.traffic_share,
        row.true_to, strict=True,
    )  # fmt: skip
    for urn, name, lifecycle, criticality, stage, load, share, true_to in columns:
        known_load = None if load < 0 else load
        ended = true_to <= when.true_after
        yield urn, _State(name, lifecycle or None, criticality or None, stage or None, known_load, share, ended)


def _grouped(keys: Sequence[str], values: Sequence[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        groups.setdefault(key, []).append(value)
    return groups
