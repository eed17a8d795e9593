"""The query page's own questions are ones that the server answers."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from registry.api.graphql.schema import build_schema

SCRIPT = resources.files("registry.api.pages").joinpath("query.js").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"const (?:EXAMPLE|SCHEMA) = `(.*?)`;", SCRIPT, re.DOTALL)


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions_of_the_page_are_within_bounds(text: str) -> None:
    assert len(QUESTIONS) == 2
    assert build_schema().checker.check(text).refuse(None, {}) == []
