"""Whatever stands in a document where something else should: it is read, or refused by name; nothing else happens."""

from __future__ import annotations

import copy
import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.capture.cyclonedx.capture import CycloneDxCapture
from registry.capture.dbt.capture import DbtCapture
from registry.capture.huggingface.capture import HuggingFaceCapture
from registry.capture.intoto.capture import InTotoCapture
from registry.capture.requirements.capture import RequirementsCapture
from registry.capture.source import Capture
from registry.capture.spdx.capture import SpdxCapture
from registry.errors import InvalidSourceError, TooLargeError
from tests.unit.capture.documents import Reading, write
from tests.unit.capture.test_cyclonedx import DATA, LIBRARY, MODEL, bom
from tests.unit.capture.test_dbt import manifest, node
from tests.unit.capture.test_intoto import V1, envelope, statement
from tests.unit.capture.test_spdx import DATA as SPDX_DATA
from tests.unit.capture.test_spdx import MODEL as SPDX_MODEL
from tests.unit.capture.test_spdx import document, element, related

_WORKFLOW = {"uid": "w", "inputs": [{"resource": {"ref": "d"}}], "outputs": [{"resource": {"ref": "m"}}]}
_DEPENDS = [{"ref": "m", "dependsOn": ["l", "d"]}]
_TEST = node("t", "model.shop.b", sort="test", test_metadata={"name": "x", "kwargs": {"model": "ref('b')"}})
_EXPOSURES = {"e": {"name": "e", "type": "ml", "owner": {"email": "x"}, "depends_on": {"nodes": ["model.shop.b"]}}}
_COLUMNS = {"id": {"name": "id", "data_type": "int", "tags": ["x"]}}
_LOCK = {
    "lockfileVersion": 3,
    "packages": {"": {}, "node_modules/a": {"version": "1", "integrity": "sha512-eA==", "dependencies": {"a": "^1"}}},
}
_CARD = {
    "base_model": ["a/b"],
    "datasets": ["d"],
    "tags": ["x"],
    "license": "mit",
    "model-index": [
        {
            "results": [
                {
                    "task": {"type": "t"},
                    "dataset": {"type": "g", "split": "s", "revision": "r"},
                    "metrics": [{"type": "f", "value": 1}],
                }
            ]
        }
    ],
}
_FILES = [
    element(
        "software_File", "f", software_primaryPurpose="data", verifiedUsing=[{"algorithm": "sha256", "hashValue": "ab"}]
    )
]
DOCUMENTS: dict[str, tuple[Capture, str, Any, dict[str, str]]] = {
    "cyclonedx": (
        CycloneDxCapture(), "bom.json",
        bom(MODEL, DATA, LIBRARY, dependencies=_DEPENDS, formulation=[{"workflows": [_WORKFLOW]}]), {"invalid": "keep"},
    ),
    "dbt": (DbtCapture(), "manifest.json", manifest(node("a"), node("b", "model.shop.a", columns=_COLUMNS), _TEST, exposures=_EXPOSURES), {}),
    "huggingface": (HuggingFaceCapture(), "README.md", _CARD, {}),
    "intoto": (InTotoCapture(), "x.json", statement(V1), {}),
    "npm": (RequirementsCapture(), "package-lock.json", _LOCK, {}),
    "conda": (RequirementsCapture(), "environment.yml", {"dependencies": ["python=3", {"pip": ["a==1"]}]}, {}),
    "spdx": (
        SpdxCapture(), "spdx.json",
        document(SPDX_MODEL, SPDX_DATA, *_FILES, related("trainedOn", "fraud", "orders"), related("contains", "orders", "f")),
        {"invalid": "keep"},
    ),
    "dsse": (InTotoCapture(), "y.json", envelope(statement(V1)), {}),
}  # fmt: skip
_ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1e300, "", " ", "\n", "a\nb", "/", "//", "://", "s3://[", "pkg:", "pkg:pypi/", "urn:lineage:", "\u0000", "🦜", "*", [], {}, [[]], [{}], {"a": []}, ["x"], 7, "x" * 1_100]
)  # fmt: skip


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in inner] + [place for _, item in inner for place in _places(item)]


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=60)
@given(st.data())
def test_a_mangled_document_is_read_or_refused_by_name(name: str, data: st.DataObject) -> None:
    capture, file, whole, options = DOCUMENTS[name]
    mangled = copy.deepcopy(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(_places(mangled) or [(mangled, None)]))
        if key is not None:
            holder[key] = copy.deepcopy(data.draw(_ODD))
    text = json.dumps(mangled)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / file, f"---\n{text}\n---\n" if file == "README.md" else text)
        with suppress(InvalidSourceError, TooLargeError):
            Reading(capture, path, **options)
