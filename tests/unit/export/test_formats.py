"""The list of formats: each is written by its module, and whoever wants names alone waits for none of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from graph_schema.catalogue import KINDS
from registry.errors import IncompleteExportError, InvalidRequestError
from registry.export.formats import FORMATS, export, named

from .graphs import wine


@pytest.mark.parametrize("name", FORMATS)
def test_each_is_written_whole_or_refused(name: str) -> None:
    made = export(wine(), FORMATS[name], whole=True)
    assert made.complete
    assert set(made.left_out) <= set(KINDS)
    assert export(wine(), FORMATS[name]).content == made.content
    part = export(wine(reasons=("depth",)), FORMATS[name])
    assert (part.complete, part.reasons) == (False, ("depth",))
    with pytest.raises(IncompleteExportError) as refused:
        export(wine(reasons=("depth",)), FORMATS[name], whole=True)
    assert refused.value.details == {"reasons": ["depth"]}


def test_suffixes_tell_formats_apart() -> None:
    suffixes = [item.suffix for item in FORMATS.values()]
    assert not [one for one in suffixes for other in suffixes if one != other and one.endswith(other)]


def test_an_unknown_name_is_told_the_nearest() -> None:
    assert named("CycloneDX").name == "cyclonedx"
    with pytest.raises(InvalidRequestError, match="no format 'cyclondx'") as refused:
        named("cyclondx")
    assert refused.value.hint.startswith("Did you mean cyclonedx?")


def test_names_alone_import_no_format() -> None:
    asked = (
        "import sys, registry.cli.exporting; "
        "print([name for name in sys.modules if name in ('pyarrow', 'jsonschema_rs', 'registry.export.subgraph')])"
    )
    made = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)
    assert made.stdout == "[]\n"
