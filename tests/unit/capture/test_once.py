"""A document is parsed once for counting and reading, and again as soon as it is another one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from registry.capture.cyclonedx import capture as cyclonedx
from registry.capture.once import Once
from registry.capture.source import Capture, Progressed
from registry.capture.spdx import capture as spdx


class Counted:
    """Parses a file by reading it, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, path: Path, options: Mapping[str, str]) -> list[str]:
        self.times += 1
        return path.read_text().split()


def test_what_was_counted_is_taken_once(tmp_path: Path) -> None:
    file, parse = tmp_path / "a", Counted()
    file.write_text("x y")
    once = Once(parse)
    assert [once.look(str(file), {}), once.look(str(file), {}), once.take(str(file), {})] == [["x", "y"]] * 3
    assert parse.times == 1
    assert once.take(str(file), {}) == ["x", "y"]
    assert parse.times == 2, "what was taken may have been changed"


def test_another_file_other_options_and_other_content_are_parsed_again(tmp_path: Path) -> None:
    file, other, parse = tmp_path / "a", tmp_path / "b", Counted()
    file.write_text("x")
    other.write_text("y")
    once = Once(parse)
    assert once.look(str(file), {}) == ["x"]
    assert once.look(str(other), {}) == ["y"]
    once.look(str(other), {"own": "yes"})
    assert parse.times == 3
    other.write_text("z")
    os.utime(other, ns=(1, 1))
    assert once.take(str(other), {"own": "yes"}) == ["z"]
    with pytest.raises(FileNotFoundError):
        once.look(str(tmp_path / "none"), {})


@pytest.mark.parametrize(
    ("module", "make", "document"),
    [
        (cyclonedx, cyclonedx.CycloneDxCapture, "cyclonedx/valid-machine-learning-1.7.json"),
        (spdx, spdx.SpdxCapture, "spdx/ai-example02.json"),
    ],
    ids=["cyclonedx", "spdx"],
)
def test_documents_are_parsed_once_for_the_bar_and_the_records(
    module: ModuleType, make: type[Capture], document: str, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, parsed, real = str(shared_data / document), list[str](), module.parse_json

    def parse(text: str, what: str) -> Any:
        parsed.append(what)
        return real(text, what)

    monkeypatch.setattr(module, "parse_json", parse)
    capture = make()
    assert capture.count(path, {}) == sum(
        item.things for item in capture.read(path, {}) if isinstance(item, Progressed)
    )
    assert parsed == [path]
