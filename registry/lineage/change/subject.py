"""What changes: the version or asset that is named, all that changes with it, and what is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from graph_schema.catalogue import VERSION_KINDS
from graph_schema.urn import Urn, UrnError, label, parse_urn
from registry.errors import InvalidRequestError, InvalidUrnError, NotFoundError
from registry.lineage.change.asked import Change, ChangeKind
from registry.lineage.change.choice import Shelf
from registry.lineage.change.columns import ColumnFacts, find_column
from registry.lineage.change.constraints import OURS, ecosystem_of
from registry.lineage.change.record import Record
from registry.lineage.state import EntityState

_MOST_BATCHES = 1_000
_SOFTWARE = frozenset({"Library", "LibraryVersion", "Container"})
_BY_COLUMN = frozenset({ChangeKind.DROP_COLUMN, ChangeKind.RETYPE_COLUMN})
_FROM_NEXT_VERSION_ON = _BY_COLUMN | {ChangeKind.CHANGE_FEATURE, ChangeKind.UPGRADE}
_HOLDERS = ("DatasetVersion", "DataSlice", "FeatureMaterialization", "InferenceBatch", "TelemetryBatch")


@dataclass(frozen=True, slots=True)
class Subject:
    """What changes. ``whole`` says that it is an asset: every version of it, or what comes after the present ones.

    ``changed`` are the URNs that change: the version or versions, their files, batches and columns; ``shared`` those
    columns that unchanged data have too. ``newest`` is the state to compare with, ``other`` what replaces a model.
    """

    change: Change
    name: Urn
    state: EntityState
    newest: EntityState
    whole: bool
    changed: frozenset[str]
    shelf: Shelf
    shared: frozenset[str] = frozenset()
    column: ColumnFacts | None = None
    other: EntityState | None = None

    @property
    def label(self) -> str:
        """How a person calls it."""
        return _label(self.state)

    @property
    def software(self) -> bool:
        """Whether it is a library or a container, of which more versions may exist than are recorded."""
        return self.name.kind in _SOFTWARE

    @property
    def stays(self) -> bool:
        """Whether the present versions stay as they are, and what comes after them is different."""
        return self.whole and self.change.kind in _FROM_NEXT_VERSION_ON

    @property
    def others(self) -> Mapping[str, str]:
        """Recorded versions that do not change."""
        return {urn: version for urn, version in self.shelf.versions.items() if urn not in self.changed}


def read_subject(record: Record, change: Change, name: Urn, state: EntityState) -> Subject:
    """Read what there is to know of what changes. Raises InvalidRequestError where the change makes no sense for it."""
    whole = name.kind in VERSION_KINDS
    asset = str(name) if whole else None if name.logical is None else str(name.logical)
    shelf = _shelf(record, name, state, asset)
    changed = {str(name), *(shelf.versions if whole else ())}
    states = record.entities(list(shelf.versions)[:1]) if whole else {}
    newest = next(iter(states.values()), state)
    subject = Subject(change, name, state, newest, whole, frozenset(changed), shelf)
    if change.kind in _BY_COLUMN:
        return _with_columns(record, subject)
    if change.kind is ChangeKind.REPLACE_MODEL:
        subject = replace(subject, other=_other_model(record, name, change.to or ""))
    if change.kind is ChangeKind.UPGRADE and not whole and change.to in (name.version, name.name):
        raise InvalidRequestError(f"{subject.label} is that version already.", hint="Say another version in `to`.")
    return replace(subject, changed=subject.changed | _parts(record, subject))


def _shelf(record: Record, name: Urn, state: EntityState, asset: str | None) -> Shelf:
    versions = {} if asset is None else record.versions(asset)
    aliases = {} if asset is None else record.aliases(asset)
    if name.kind not in _SOFTWARE:
        return Shelf(versions, aliases, OURS)
    purl = state.attributes.get("purl")
    if purl is None and asset is not None:
        known = record.entities([asset, *list(versions)[:1]])
        purl = next((found for item in known.values() if (found := item.attributes.get("purl"))), None)
    return Shelf(versions, aliases, ecosystem_of(purl, name.namespace))


def _with_columns(record: Record, subject: Subject) -> Subject:
    """The column, and whatever has it: a schema or a column named alone changes in all data that share it."""
    change, name, changed = subject.change, subject.name, set(subject.changed)
    if name.kind in ("DataSchema", "Field"):
        schemas = {str(name)} if name.kind == "DataSchema" else set(record.schemas_of(str(name)))
        changed |= schemas | set(record.parts(schemas, ["HAS_SCHEMA"], _HOLDERS, record.limit))
    looked_at = [subject.newest.urn] if subject.whole else sorted(changed)
    column, fields = find_column(record, change, subject.state, subject.newest, looked_at)
    schemas = {schema for _, schema in fields}
    having = set(record.parts(schemas, ["HAS_SCHEMA"], _HOLDERS, record.limit)) if schemas else set()
    urns = frozenset(urn for urn, _ in fields)
    return replace(
        subject, changed=frozenset(changed) | urns, column=column, shared=urns if having - changed else frozenset()
    )


def _parts(record: Record, subject: Subject) -> frozenset[str]:
    """What changes together with it though no walk leads there: files of a model, batches of a source."""
    kind, urns = subject.change.kind, subject.changed
    if kind is ChangeKind.TAKE_OFFLINE:
        return frozenset(record.parts(urns, ["INSTANCE_OF"], ["TelemetryBatch"], _MOST_BATCHES))
    if kind in (ChangeKind.RETIRE, ChangeKind.REPLACE_MODEL) and subject.name.kind in ("Model", "ModelVersion"):
        return frozenset(record.parts(urns, ["PART_OF"], ["ModelArtifact"], record.limit))
    return frozenset()


def _other_model(record: Record, name: Urn, to: str) -> EntityState:
    try:
        other = parse_urn(to) if to.startswith("urn:") else Urn.of(name.kind, name.namespace, name.name, to)
    except UrnError as error:
        raise InvalidUrnError(f"`to` is not a model version: {error}.") from None
    if other.kind != "ModelVersion" or other.version is None:
        raise InvalidRequestError("`to` has to be a model version.", hint="Say its URN, or its version alone.")
    if other == name:
        raise InvalidRequestError("A model version cannot replace itself.", hint="Say another one in `to`.")
    found = record.entities([str(other)])
    if not found:
        raise NotFoundError(f"Nothing is recorded as {other}.", hint="`to` has to name a recorded model version.")
    return found[str(other)]


def _label(state: EntityState) -> str:
    name = str(state.attributes.get("title") or state.name) if state.version is None else state.name
    return label(name, state.version, version_unknown=state.version_unknown)
