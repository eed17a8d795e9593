"""For each cell of the table a small world in which it comes about.

``USER`` uses what changes as the cell says; behind it come a model and its deployment. Each builder writes the
world of one kind of change and returns what changes and the change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from registry.lineage.change.asked import Change, ChangeKind
from registry.lineage.change.verdict import Fit, Held

USER = "Run:user"
_FULL = {"digest": "sha256:aa", "digest_coverage": "full"}


class Writes(Protocol):
    """What a builder needs of a world."""

    def say(self, *records: dict[str, Any]) -> None: ...
    def entity(self, name: str, **attributes: Any) -> dict[str, Any]: ...
    def edge(self, relation: str, downstream: str, upstream: str, **said: Any) -> dict[str, Any]: ...


Built = tuple[str, Change]


def build(world: Writes, kind: ChangeKind, held: Held, fit: Fit) -> Built:
    """Write the world of a cell."""
    world.say(
        world.entity(USER),
        world.entity("ModelVersion:behind:1"),
        world.edge("GENERATED_BY", "ModelVersion:behind:1", USER),
        world.edge("DEPLOYS", "Deployment:live", "ModelVersion:behind:1"),
    )
    return _BUILDERS[kind](world, held, fit)


def _use(world: Writes, held: Held, kind: str, **said: Any) -> None:
    """An edge from the user that holds version v2 of ``thing``, the newest but for v3 where that is written."""
    attributes = {"role": "input"} | said
    match held:
        case Held.PINNED:
            world.say(world.edge("USED", USER, f"{kind}:thing:v2", **attributes))
        case Held.ELSEWHERE:
            world.say(world.edge("USED", USER, f"{kind}:thing:v1", **attributes))
        case Held.FOLLOWS:
            world.say(world.edge("USED", USER, f"{kind}:thing:*", version_is="floating", **attributes))
        case Held.UNCLEAR:
            world.say(
                world.edge(
                    "USED", USER, f"{kind}:thing:*", version_is="floating", version_constraint="blessed", **attributes
                )
            )
        case Held.UNKNOWN:
            world.say(world.edge("USED", USER, f"{kind}:thing:*", **attributes))
        case Held.PASSES_BY:
            world.say(
                world.edge(
                    "USED", USER, f"{kind}:thing:*", version_is="floating", version_constraint="<2", **attributes
                )
            )


def _versions(world: Writes, kind: str, *versions: str, **attributes: Any) -> None:
    for version in versions:
        world.say(world.entity(f"{kind}:thing:{version}", **attributes))


def _retire(world: Writes, held: Held, fit: Fit) -> Built:
    change = Change(ChangeKind.RETIRE)
    if fit is Fit.UNCLEAR and held in (Held.PINNED, Held.FOLLOWS):  # what has no versions
        world.say(world.edge("USED", USER, "DataSlice:part", role="input", version_is=_exactness(held)))
        return "DataSlice:part", change
    if fit is Fit.BREAKS and held in (Held.UNCLEAR, Held.UNKNOWN):  # all versions
        _versions(world, "DatasetVersion", "v1", "v2")
        _use(world, held, "DatasetVersion")
        return "Dataset:thing", change
    _versions(world, "DatasetVersion", *(["v1", "v2"] if fit is Fit.FITS or held in _BESIDE else ["v2"]))
    if held is Held.UNCLEAR and fit is Fit.FITS:  # a range in which a newer one is
        _versions(world, "DatasetVersion", "v3")
        world.say(world.edge("USED", USER, "DatasetVersion:thing:*", role="input", version_is="floating", version_constraint=">=2"))  # fmt: skip
    else:
        _use(world, held, "DatasetVersion")
    return "DatasetVersion:thing:v2", change


_BESIDE = (Held.ELSEWHERE, Held.PASSES_BY)


def _exactness(held: Held) -> str:
    return "exact" if held is Held.PINNED else "floating"


def _library(world: Writes, *versions: str) -> None:
    world.say(
        world.entity("Library:thing", purl="pkg:pypi/thing"),
        *(world.entity(f"LibraryVersion:thing:{version}", purl=f"pkg:pypi/thing@{version}") for version in versions),
    )


def _depend(world: Writes, version: str, constraint: str | None = None, **said: Any) -> None:
    attributes = said if constraint is None else said | {"constraint": constraint}
    world.say(world.edge("DEPENDS_ON", USER, f"LibraryVersion:thing:{version}", **attributes))


def _withdraw(world: Writes, held: Held, fit: Fit) -> Built:
    change = Change(ChangeKind.WITHDRAW)
    if held is Held.PINNED and fit is Fit.UNCLEAR:
        world.say(world.edge("EXECUTED_IN", USER, "Container:image"))
        return "Container:image", change
    whole = fit is Fit.BREAKS and held in (Held.FOLLOWS, Held.UNCLEAR, Held.UNKNOWN)
    newer = ["3.0"] if held is Held.UNCLEAR and fit is Fit.FITS else []
    _library(world, *(["2.0", *newer] if fit is not Fit.FITS and held not in _BESIDE else ["1.0", "2.0", *newer]))
    match held:
        case Held.PINNED:
            _depend(world, "2.0")
        case Held.ELSEWHERE:
            _depend(world, "1.0")
        case Held.FOLLOWS:
            _depend(world, "2.0", ">=1")
        case Held.UNCLEAR if fit is Fit.FITS:
            _depend(world, "2.0", ">=1")
        case Held.UNCLEAR:
            _depend(world, "*", "^2", version_is="floating")
        case Held.UNKNOWN:
            _depend(world, "*")
        case Held.PASSES_BY:
            _depend(world, "*", "<2", version_is="floating")
    return ("Library:thing" if whole else "LibraryVersion:thing:2.0"), change


def _offline(world: Writes, held: Held, fit: Fit) -> Built:
    change = Change(ChangeKind.TAKE_OFFLINE)
    _versions(world, "TelemetrySchema", *(["v2"] if fit is Fit.BREAKS and held not in _BESIDE else ["v1", "v2"]))
    if fit is Fit.UNUSED and held not in _BESIDE:
        world.say(
            world.edge("INSTANCE_OF", "TelemetryBatch:monday", "TelemetrySource:thing"),
            world.edge("USED", USER, "TelemetryBatch:monday", role="input", version_is=_exactness(held)),
        )
        return "TelemetrySource:thing", change
    feature = "FeatureVersion:speed:1"
    said: dict[str, Any] = {
        Held.FOLLOWS: {"version_is": "floating"},
        Held.UNCLEAR: {"version_is": "floating", "version_constraint": "blessed"},
        Held.PASSES_BY: {"version_is": "floating", "version_constraint": "<2"},
    }.get(held, {})
    version = {Held.PINNED: "v2", Held.ELSEWHERE: "v1"}.get(held, "*")
    world.say(
        world.edge("COMPUTED_FROM", feature, f"TelemetrySchema:thing:{version}", **said),
        world.edge("USED", USER, feature, role="input"),
    )
    whole = fit is Fit.BREAKS and held is not Held.PINNED and held not in _BESIDE
    return ("TelemetrySource:thing" if whole else "TelemetrySchema:thing:v2"), change


def _table(world: Writes, **field: Any) -> None:
    """v2 of a data set with its columns; v1 has others."""
    _versions(world, "DatasetVersion", "v1", "v2")
    world.say(
        world.edge("HAS_SCHEMA", "DatasetVersion:thing:v2", "DataSchema:thing-2"),
        world.entity("Field:thing-2.amount", **field),
        world.entity("Field:thing-2.country", data_type="string"),
        world.edge("FIELD_OF", "Field:thing-2.amount", "DataSchema:thing-2"),
        world.edge("FIELD_OF", "Field:thing-2.country", "DataSchema:thing-2"),
    )


def _drop(world: Writes, held: Held, fit: Fit) -> Built:
    _table(world, data_type="int64")
    columns = {Fit.UNUSED: ["country", "day"], Fit.BREAKS: ["amount", "day"], Fit.UNCLEAR: []}[fit]
    _use(world, held, "DatasetVersion", **({"columns": columns} if columns else {}))
    return "DatasetVersion:thing:v2", Change(ChangeKind.DROP_COLUMN, column="amount")


def _retype(world: Writes, held: Held, fit: Fit) -> Built:
    _table(world, **({} if fit is Fit.UNCLEAR else {"data_type": "int32"}))
    columns = {Fit.UNUSED: ["country"], Fit.BREAKS: ["amount"], Fit.FITS: ["amount"], Fit.UNCLEAR: ["amount"]}.get(fit)
    _use(world, held, "DatasetVersion", **({"columns": columns} if columns else {}))
    new = "int64" if fit is Fit.FITS else "int16"
    return "DatasetVersion:thing:v2", Change(ChangeKind.RETYPE_COLUMN, column="amount", data_type=new)


def _feature(world: Writes, held: Held, fit: Fit) -> Built:
    known = {} if fit is Fit.UNCLEAR else {"transformation_digest": "sha256:aa"}
    _versions(world, "FeatureVersion", "v1", "v2", data_type="float32", **known)
    _use(world, held, "FeatureVersion")
    digest = "sha256:aa" if fit is Fit.IDENTICAL else "sha256:bb" if fit in (Fit.OTHER, Fit.UNCLEAR) else None
    new = {Fit.FITS: "float64", Fit.BREAKS: "float16"}.get(fit)
    return "FeatureVersion:thing:v2", Change(ChangeKind.CHANGE_FEATURE, data_type=new, transformation_digest=digest)


def _upgrade(world: Writes, held: Held, fit: Fit) -> Built:
    now = "nightly" if held is Held.UNCLEAR and fit is Fit.BREAKS else "2.0"
    _library(world, "1.0", now)
    ranges = {Fit.FITS: ">=1", Fit.BREAKS: ">=2,<3", Fit.UNSAID: None, Fit.UNCLEAR: ">=1"}
    match held:
        case Held.PINNED:
            _depend(world, "2.0")
        case Held.ELSEWHERE:
            _depend(world, "1.0")
        case Held.FOLLOWS:
            _depend(world, "2.0", ranges[fit], version_is="floating")
        case Held.UNCLEAR if fit is Fit.BREAKS:
            _depend(world, "*", "<3", version_is="floating")
        case Held.UNCLEAR:
            _depend(world, "*", "^2", version_is="floating")
        case Held.UNKNOWN:
            _depend(world, "*")
        case Held.PASSES_BY:
            _depend(world, "*", "<2", version_is="floating")
    to = "nightly" if fit is Fit.UNCLEAR and held is Held.FOLLOWS else "3.0"
    return f"LibraryVersion:thing:{now}", Change(ChangeKind.UPGRADE, to=to)


_INPUT = {"inputs": [{"name": "amount", "type": "long"}], "outputs": [{"name": "score", "type": "double"}]}
_MORE = {"inputs": [{"name": "amount", "type": "long"}, {"name": "age", "type": "long"}], "outputs": _INPUT["outputs"]}


def _replace(world: Writes, held: Held, fit: Fit) -> Built:
    digest = "sha256:aa" if fit is Fit.IDENTICAL else "sha256:bb"
    new = {Fit.BREAKS: {"model_signature": _MORE}, Fit.FITS: {"model_signature": _INPUT}}.get(fit, {})
    _versions(world, "ModelVersion", "v1")
    world.say(
        world.entity("ModelVersion:thing:v2", digest="sha256:aa", model_signature=_INPUT),
        world.entity("ModelVersion:other:1", digest=digest, **new),
    )
    _use(world, held, "ModelVersion")
    return "ModelVersion:thing:v2", Change(ChangeKind.REPLACE_MODEL, to=world.urn("ModelVersion:other:1"))  # type: ignore[attr-defined]


def _rebuild(world: Writes, held: Held, fit: Fit) -> Built:
    known = {"digest": "sha256:aa"} | ({} if fit is Fit.UNCLEAR else {"digest_coverage": "full"})
    _versions(world, "DatasetVersion", "v1", "v2", **known)
    _use(world, held, "DatasetVersion")
    new = "sha256:bb" if fit is Fit.BREAKS else "sha256:aa"
    return "DatasetVersion:thing:v2", Change(ChangeKind.REBUILD, digest=new)


_BUILDERS: dict[ChangeKind, Callable[[Writes, Held, Fit], Built]] = {
    ChangeKind.RETIRE: _retire,
    ChangeKind.WITHDRAW: _withdraw,
    ChangeKind.TAKE_OFFLINE: _offline,
    ChangeKind.DROP_COLUMN: _drop,
    ChangeKind.RETYPE_COLUMN: _retype,
    ChangeKind.CHANGE_FEATURE: _feature,
    ChangeKind.UPGRADE: _upgrade,
    ChangeKind.REPLACE_MODEL: _replace,
    ChangeKind.REBUILD: _rebuild,
}
