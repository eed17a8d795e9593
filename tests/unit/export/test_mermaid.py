"""Mermaid: what its grammar needs, with nothing of a name read as syntax, and no more than it draws.

The rules: a header line, then one statement a line; ids are a letter with a number; a label is in double quotes and
holds neither quotes nor line ends nor anything that is HTML, Markdown or a directive, but entity codes ``#<decimal>;``.
The program itself reads the same texts in ``tests/e2e/test_mermaid.py``.
"""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given

from registry.export import mermaid
from registry.export.subgraph import Subgraph

from .graphs import edge, entity, graph, graphs, wine

_LABEL = r'"((?:[^"#;<>&`\n\r|\[\](){}%\\]|#\d+;|<br/>)*)"'
_STATEMENT = re.compile(
    rf"flowchart LR|  %% [\w: ,().+-]*|  (n\d+)(\[\(|\(\[|\[\[|\(\(|{{{{|\[){_LABEL}(\)\]|\]\)|\]\]|\)\)|}}}}|\])"
    rf"|  (n\d+) (-->|-\.->)\|{_LABEL}\| (n\d+)|  classDef start stroke-width:3px|  class n\d+(,n\d+)* start"
    rf"|  more\[{_LABEL}\]"
)


def _lines(graph: Subgraph) -> list[re.Match[str]]:
    lines = mermaid.write(graph).decode().removesuffix("\n").split("\n")
    found = [_STATEMENT.fullmatch(line) for line in lines]
    assert None not in found, [line for line, match in zip(lines, found, strict=True) if match is None]
    return [match for match in found if match]


def _plain(label: str) -> str:
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label)


def test_a_small_graph_reads_as_data_flow() -> None:
    text = mermaid.write(wine()).decode()
    assert text.startswith("flowchart LR\n  %% complete: true\n  %% recorded by 2026-05-04T12:00:00Z\n")
    assert '  n0[["tasting<br/>Deployment"]]\n' in text
    assert '  n1["taster v1<br/>ModelVersion"]\n' in text
    assert '  n1 -->|"deploys"| n0\n' in text
    assert '-.->|"owned by"|' in text
    assert "  class n0 start\n" in text


@given(graphs())
def test_nothing_in_a_name_is_syntax(given_: Subgraph) -> None:
    found = _lines(given_)
    nodes = [_plain(match[3].rpartition("<br/>")[0]) for match in found if match[1]]
    seen = sorted(re.sub("[\u2400-\u2421]", "?", label) for label in nodes)
    true = sorted(re.sub("[\x00-\x1f\x7f\u2400-\u2421]", "?", one.label) for one in given_.entities)
    assert seen == [label if len(label) <= 80 else f"{label[:79]}…" for label in true]
    assert len([match for match in found if match[5]]) == len(given_.edges)


def test_what_is_more_than_it_draws_is_cut_and_says_so() -> None:
    names = [
        entity("DatasetVersion", f"data set {number} of many", "v1", depth=number // 100) for number in range(2_000)
    ]
    big = graph(names, [edge(below, "DERIVED_FROM", above, walked=True) for below, above in itertools.pairwise(names)])
    text = mermaid.write(big).decode()
    assert len(text) <= mermaid.MOST_CHARACTERS
    assert text.count("-->") <= mermaid.MOST_EDGES
    drawn = text.count("<br/>DatasetVersion")
    assert 100 < drawn < 2_000
    assert f'more["not drawn: {2_000 - drawn} more"]' in text
    assert "%% complete: false (drawing)" in text
    assert not mermaid.is_whole(big)
    assert mermaid.is_whole(wine())


@pytest.mark.parametrize("reason", ["size", "depth", "time"])
def test_what_is_not_complete_says_so(reason: str) -> None:
    text = mermaid.write(wine(reasons=(reason,))).decode()
    assert f"%% complete: false ({reason})" in text
    assert f'more["not complete: {reason}"]' in text
