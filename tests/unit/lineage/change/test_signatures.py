"""Whether a model does in the place of another, by what both say they take and give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.lineage.change.signatures import compare, read_signature
from registry.lineage.change.verdict import Fit


def _signature(inputs: dict[str, Any] | None, outputs: dict[str, Any] | None) -> dict[str, Any]:
    return {name: side for name, side in (("inputs", inputs), ("outputs", outputs)) if side is not None}


_BASE = _signature({"amount": "long", "country": "string"}, {"score": "float"})


@pytest.mark.parametrize(
    ("inputs", "outputs", "fit", "reason"),
    [
        ({"amount": "long", "country": "string"}, {"score": "float"}, Fit.FITS, ""),
        ({"amount": "long"}, {"score": "float"}, Fit.FITS, ""),  # what it is given too much it leaves aside
        ({"amount": "int32"}, {"score": "float"}, Fit.BREAKS, "the input amount would have to go from long to int32"),
        ({"amount": "long", "age": "long"}, {"score": "float"}, Fit.BREAKS, "it needs the input age"),
        ({"amount": "long", "age": {"type": "long", "required": False}}, {"score": "float"}, Fit.FITS, ""),
        ({"amount": "long"}, {"class": "string"}, Fit.BREAKS, "it does not give the output score"),
        ({"amount": "long"}, {"score": "float", "why": "string"}, Fit.FITS, ""),
        ({"amount": "long"}, {"score": "string"}, Fit.BREAKS, "the output score would have to go from string to float"),
        ({"amount": {}}, {"score": "float"}, Fit.UNCLEAR, "the type of the input amount is not recorded"),
        (None, {"score": "float"}, Fit.UNCLEAR, "inputs are not recorded"),
        ({"amount": "long"}, None, Fit.UNCLEAR, "outputs are not recorded"),
        ({"age": "long"}, None, Fit.BREAKS, "it needs the input age"),  # one is enough
    ],
)
def test_a_model_in_the_place_of_another(
    inputs: dict[str, Any] | None, outputs: dict[str, Any] | None, fit: Fit, reason: str
) -> None:
    new = _signature(inputs, outputs)
    assert compare(read_signature(_BASE), read_signature(new)) == (fit, reason)


def test_signatures_as_mlflow_writes_them() -> None:
    columns = [{"type": "long", "name": "amount", "required": True}, {"type": "string", "name": "country"}]
    written = {
        "inputs": json.dumps(columns),
        "outputs": json.dumps([{"type": "float", "name": "score"}]),
        "params": None,
    }
    assert read_signature(written) == read_signature(_BASE)
    tensor = {"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]}
    (port,) = read_signature(tensor).inputs or ()
    assert (port.name, port.data_type) == ("0", "float64")


@pytest.mark.parametrize("stored", [None, "x", [], {"inputs": "not json"}, {"inputs": 5}, {"inputs": ["amount"]}])
def test_what_is_no_signature_says_nothing(stored: object) -> None:
    signature = read_signature(stored)
    assert signature.inputs is None
    assert compare(signature, signature)[0] is Fit.UNCLEAR


_SIDE = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["int32", "int64", "string"]), max_size=4)


@given(_SIDE, _SIDE)
def test_every_model_does_in_its_own_place(inputs: dict[str, str], outputs: dict[str, str]) -> None:
    signature = read_signature(_signature(inputs, outputs))
    assert compare(signature, signature) == (Fit.FITS, "")
