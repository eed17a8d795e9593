"""A change that somebody thinks about, and the check that it says all it has to and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from types import MappingProxyType

from graph_schema.catalogue import KINDS, VERSION_KINDS
from graph_schema.core import NAME_MAX
from graph_schema.kinds.shared import DIGEST, DIGEST_COVERAGE
from graph_schema.urn import Urn
from graph_schema.walks import SOFTWARE_USE, relations_in
from registry.errors import InvalidRequestError


class ChangeKind(StrEnum):
    """What is going to be done."""

    RETIRE = "retire"
    DROP_COLUMN = "drop-column"
    RETYPE_COLUMN = "retype-column"
    CHANGE_FEATURE = "change-feature"
    UPGRADE = "upgrade"
    WITHDRAW = "withdraw"
    TAKE_OFFLINE = "take-offline"
    REPLACE_MODEL = "replace-model"
    REBUILD = "rebuild"


@dataclass(frozen=True, slots=True)
class Change:
    """A change, with the fields that its kind needs (:data:`FORMS`) and no others.

    ``to`` is the new version of a library or container, and the model version (its URN, or its version alone) that
    replaces another. ``digest_coverage`` says what the new digest covers: all of the content where it is not given.
    """

    kind: ChangeKind
    column: str | None = None
    data_type: str | None = None
    nullable: bool | None = None
    transformation_digest: str | None = None
    to: str | None = None
    digest: str | None = None
    digest_coverage: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of change is about (``targets``) and which fields it ``needs``, ``takes``, needs one ``of``."""

    targets: frozenset[str]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    of: tuple[str, ...] = ()


_USED = frozenset(
    kind for relation in relations_in(SOFTWARE_USE) for _, targets in relation.ends for kind in targets
) - {"Run"}
_SOFTWARE = frozenset({"Library", "LibraryVersion", "Container"})
_COLUMNED = frozenset(
    {"Dataset", "DatasetVersion", "DataSlice", "FeatureMaterialization", "InferenceBatch"}
    | {"TelemetrySource", "TelemetrySchema", "DataSchema", "Field"}
)
_DIGESTED = frozenset(kind for kind in _USED if any(item.name == "digest" for item in KINDS[kind].properties))

FORMS: Mapping[ChangeKind, Form] = MappingProxyType({
    ChangeKind.RETIRE: Form(_USED | frozenset(VERSION_KINDS)),
    ChangeKind.DROP_COLUMN: Form(_COLUMNED, needs=("column",)),
    ChangeKind.RETYPE_COLUMN: Form(_COLUMNED, needs=("column",), of=("data_type", "nullable")),
    ChangeKind.CHANGE_FEATURE: Form(
        frozenset({"Feature", "FeatureVersion"}), of=("data_type", "transformation_digest")
    ),
    ChangeKind.UPGRADE: Form(_SOFTWARE, needs=("to",)),
    ChangeKind.WITHDRAW: Form(_SOFTWARE),
    ChangeKind.TAKE_OFFLINE: Form(frozenset({"TelemetrySource", "TelemetrySchema"})),
    ChangeKind.REPLACE_MODEL: Form(frozenset({"ModelVersion"}), needs=("to",)),
    ChangeKind.REBUILD: Form(_DIGESTED, needs=("digest",), takes=("digest_coverage",)),
})  # fmt: skip
"""What each kind of change is about and has to say. A change of a ``Field`` names its column already."""

_FIELDS = tuple(item.name for item in fields(Change) if item.name != "kind")
_DIGEST = re.compile(DIGEST.pattern or "")


def check_change(change: Change, target: Urn) -> None:
    """Raise InvalidRequestError where fields are missing, contradict the kind, or the target cannot change so."""
    form = FORMS[change.kind]
    if target.kind not in form.targets:
        raise InvalidRequestError(
            f"A {target.kind} cannot be changed by {change.kind}.",
            hint=f"{change.kind} is about {_listed(sorted(form.targets), 'or')}.",
        )
    if target.version_unknown:
        raise InvalidRequestError(
            f"It is not known which version of {target.name} this is, so it cannot be changed.",
            hint="Name the version that changes, or the asset for all of them.",
        )
    _check_fields(change, form, target)
    _check_values(change)


def _check_fields(change: Change, form: Form, target: Urn) -> None:
    needs = tuple(name for name in form.needs if not (name == "column" and target.kind == "Field"))
    given = {name for name in _FIELDS if getattr(change, name) is not None}
    missing = [name for name in needs if name not in given]
    if missing:
        raise InvalidRequestError(f"{change.kind} needs {_listed(map(spelt, missing), 'and')}.", hint=_hint(form))
    if form.of and not given & set(form.of):
        raise InvalidRequestError(f"{change.kind} needs {_listed(map(spelt, form.of), 'or')}.", hint=_hint(form))
    surplus = sorted(given - {*needs, *form.takes, *form.of})
    if surplus:
        raise InvalidRequestError(
            f"{change.kind} does not take {_listed(map(spelt, surplus), 'and')}.",
            hint="The URN of a Field names the column already." if "column" in surplus and form.needs else _hint(form),
        )


def _check_values(change: Change) -> None:
    for name in _FIELDS:
        value = getattr(change, name)
        if isinstance(value, str) and not (value.strip() == value != "" and len(value) <= NAME_MAX):
            raise InvalidRequestError(
                f"{spelt(name)} is empty, longer than {NAME_MAX} characters, or has white space around it."
            )
    if change.digest is not None and _DIGEST.fullmatch(change.digest) is None:
        raise InvalidRequestError("That is not a digest.", hint="A digest reads algorithm:hex.")
    if change.digest_coverage is not None and change.digest_coverage not in DIGEST_COVERAGE.values:
        raise InvalidRequestError(
            "digestCoverage is not one that is known.", hint=f"It is {_listed(DIGEST_COVERAGE.values, 'or')}."
        )


def _hint(form: Form) -> str:
    parts = [*map(spelt, form.needs), *(f"{spelt(name)} (optional)" for name in form.takes)]
    if form.of:
        parts.append(_listed(map(spelt, form.of), "or"))
    return f"It takes {_listed(parts, 'and')}." if parts else "It takes no other fields."


def spelt(name: str) -> str:
    """A field's name as GraphQL spells it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _listed(parts: Iterable[str], link: str) -> str:
    *most, last = parts
    return f"{', '.join(most)} {link} {last}" if most else str(last)
