"""What a model takes and gives, and whether another model does in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from registry.lineage.change.column_types import TypeChange, type_change
from registry.lineage.change.verdict import Fit

_MOST_COLUMNS = 10_000


@dataclass(frozen=True, slots=True)
class Port:
    """One input or output; ``name`` is its place where it has none, ``data_type`` None where it is not recorded."""

    name: str
    data_type: str | None
    required: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """Inputs and outputs; None where they are not recorded or in a form that is not known."""

    inputs: tuple[Port, ...] | None
    outputs: tuple[Port, ...] | None

    def input(self, name: str) -> Port | None:
        """The input of a name, whatever its case."""
        return next((port for port in self.inputs or () if port.name.casefold() == name.casefold()), None)


NOTHING = Signature(None, None)


def read_signature(stored: object) -> Signature:
    """Read the ``model_signature`` of a model version: ``inputs`` and ``outputs`` as MLflow writes them, or name: type."""
    if not isinstance(stored, Mapping):
        return NOTHING
    return Signature(_ports(stored.get("inputs")), _ports(stored.get("outputs")))


def compare(old: Signature, new: Signature) -> tuple[Fit, str]:
    """Whether the new model takes what the old one was given and gives what it gave, and what is in the way if not."""
    inputs = _inputs(old.inputs, new.inputs)
    outputs = _outputs(old.outputs, new.outputs)
    for fit in (Fit.BREAKS, Fit.UNCLEAR):
        for found, reason in (inputs, outputs):
            if found is fit:
                return fit, reason
    return Fit.FITS, ""


def _inputs(old: tuple[Port, ...] | None, new: tuple[Port, ...] | None) -> tuple[Fit, str]:
    if old is None or new is None:
        return Fit.UNCLEAR, "inputs are not recorded"
    given = {port.name: port for port in old}
    fits = [(Fit.FITS, "")]
    for port in new:
        if port.name in given:
            fits.append(_typed(given[port.name].data_type, port.data_type, f"the input {port.name}"))
        elif port.required:
            fits.append((Fit.BREAKS, f"it needs the input {port.name}"))
    return _worst(fits)


def _outputs(old: tuple[Port, ...] | None, new: tuple[Port, ...] | None) -> tuple[Fit, str]:
    if old is None or new is None:
        return Fit.UNCLEAR, "outputs are not recorded"
    given = {port.name: port for port in new}
    fits = [(Fit.FITS, "")]
    for port in old:
        if port.name in given:
            fits.append(_typed(given[port.name].data_type, port.data_type, f"the output {port.name}"))
        else:
            fits.append((Fit.BREAKS, f"it does not give the output {port.name}"))
    return _worst(fits)


def _typed(given: str | None, taken: str | None, what: str) -> tuple[Fit, str]:
    if given is None or taken is None:
        return (Fit.FITS, "") if given == taken else (Fit.UNCLEAR, f"the type of {what} is not recorded")
    change = type_change(given, taken)
    if change is TypeChange.NARROWER:
        return Fit.BREAKS, f"{what} would have to go from {given} to {taken}"
    return (Fit.UNCLEAR, f"{given} and {taken} of {what} cannot be compared") if change is TypeChange.UNCLEAR else (
        Fit.FITS, ""
    )  # fmt: skip


def _worst(fits: list[tuple[Fit, str]]) -> tuple[Fit, str]:
    order = (Fit.FITS, Fit.UNCLEAR, Fit.BREAKS)
    return max(fits, key=lambda item: order.index(item[0]))


def _ports(stored: object) -> tuple[Port, ...] | None:
    if isinstance(stored, str):  # MLflow keeps each side as JSON text
        try:
            stored = orjson.loads(stored)
        except orjson.JSONDecodeError:
            return None
    if isinstance(stored, Mapping):
        stored = [
            {"name": name, **(kind if isinstance(kind, Mapping) else {"type": kind})} for name, kind in stored.items()
        ]
    if not isinstance(stored, list) or len(stored) > _MOST_COLUMNS:
        return None
    ports = [_port(place, item) for place, item in enumerate(stored)]
    return None if None in ports else tuple(port for port in ports if port is not None)


def _port(place: int, item: Any) -> Port | None:
    if not isinstance(item, Mapping):
        return None
    name, kind = item.get("name"), item.get("type", item.get("data_type"))
    tensor = item.get("tensor-spec")
    if isinstance(tensor, Mapping):
        kind = tensor.get("dtype")
    required = item.get("required", not item.get("optional", False))
    known = kind if isinstance(kind, str) else None
    return Port(name if isinstance(name, str) else str(place), known, required is not False)
