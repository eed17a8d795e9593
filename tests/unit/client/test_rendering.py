"""Answers as people see them: nothing in a name becomes markup, nothing is fetched, what is left out is said."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage_client import Completeness, Lineage, MissingLibraryError
from lineage_client.rendering.escaping import columns, shortened, shown
from lineage_client.rendering.pages import MOST_ROWS

from .answers import HOSTILE, chain, compared, edge, names, node, touched

_TAGS = {
    "a", "b", "br", "desc", "details", "div", "g", "p", "path", "rect", "style", "summary", "svg", "table", "tbody",
    "td", "text", "th", "thead", "title", "tr",
} - {"a"}  # fmt: skip
_ATTRIBUTES = re.compile(
    r"(aria-labelledby|class|d|fill|fill-opacity|font-family|font-size|font-weight|height|id|role|rx|scope|stroke|"
    r"stroke-dasharray|stroke-linejoin|stroke-opacity|stroke-width|style|text-anchor|transform|viewbox|width|x|xmlns|y)"
)


class _Reader(HTMLParser):
    """Collects the tags and the text of a page, and fails on anything that we do not write ourselves."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        for name, value in attrs:
            assert _ATTRIBUTES.fullmatch(name), name
            assert "url(" not in (value or "")
        if not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@given(st.lists(names, min_size=1, max_size=6, unique=True))
def test_no_name_becomes_markup_in_a_page(called: list[str]) -> None:
    for answer in (chain(*called), touched(*called), compared(*called)):
        page = answer._repr_html_()
        text = read(page).text
        assert all(shown(name)[:10] in text for name in called)
        page.encode()  # no lone surrogate


@given(st.lists(names, min_size=2, max_size=6, unique=True))
def test_a_drawing_is_well_formed_and_keeps_to_itself(called: list[str]) -> None:
    svg = chain(*called).draw().svg
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert {element.tag.removeprefix(space) for element in root.iter()} <= _TAGS
    attributes = {name.rpartition("}")[2] for element in root.iter() for name in element.attrib}
    assert attributes.isdisjoint({"href", "src"})
    assert not re.search("url|import|http", "".join(style.text or "" for style in root.iter(f"{space}style")))
    labels = root.get("aria-labelledby", "").split()
    assert [root.find(f"{space}{part}").get("id") for part in ("title", "desc")] == labels  # type: ignore[union-attr]
    assert len(root.findall(f".//{space}rect")) == len(called)


@given(st.text())
def test_what_is_shown_stays_on_its_line_and_moves_nothing(text: str) -> None:
    found = shown(text)
    assert shown(found) == found
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", found)
    assert columns(shortened(found, 20)) <= 20


@pytest.mark.parametrize("name", HOSTILE)
def test_a_terminal_is_not_moved_by_names(name: str) -> None:
    for answer in (chain(name, "b"), touched(name, "b"), compared(name, *"bcde")):
        lines = repr(answer).splitlines()
        assert all(shown(line) == line for line in lines)
        assert len(lines) <= 16


def test_an_answer_that_is_not_complete_says_so_everywhere() -> None:
    answer = touched("a", "b")
    for text in (repr(answer), answer._repr_html_(), answer._repr_mimebundle_()["text/plain"]):
        assert "NOT COMPLETE, 1 are here: there is more than the limit lets through (size)" in text
    whole = chain("a", "b")
    assert "NOT COMPLETE" not in repr(whole) + whole._repr_html_()
    assert "Complete." in whole._repr_html_()


def test_a_comparison_is_told_in_sentences_and_then_in_groups() -> None:
    answer = compared("first", "new", "old", "other")
    assert repr(answer).splitlines() == [
        "What changed upstream, from first v1 (true at 2026-05-04 12:00:00 UTC) to first v1 (true now)",
        "  first: 1 added.",
        "  Of first v1, nothing is recorded on the older side.",
        "  first made both.",
        "  added          new: added.",
        "  removed        old: removed.",
        "  replaced       other: replaced.",
        "  changed        first: changed.",
        "  edge added     new: linked.",
        "  edge removed   old: linked.",
        "  edge replaced  other: linked.",
    ]
    text = read(answer._repr_html_()).text
    told = ["Complete.", "first: 1 added.", "first made both.", "Added (1)", "new: added.", "Removed (1)", "old: removed.",
            "Replaced (1)", "Changed (1)", "Edges that differ (3)", "Attributes that differ (15)", "first v1 → new v1"]  # fmt: skip
    places = [text.index(each) for each in told]
    assert places == sorted(places)
    assert "nodes 5, edges 5" in text


def test_a_comparison_of_what_was_not_all_seen_says_so_and_what_is_in_doubt() -> None:
    answer = compared("first", "new", "old", complete=False)
    told = (
        "NOT COMPLETE: of the older side, there is more than the limit lets through (size); first (first). "
        "4 of the differences may be none. Raise limit."
    )
    assert told in repr(answer)
    assert told in read(answer._repr_html_()).text
    assert "Complete." not in answer._repr_html_()


def test_a_bundle_gives_what_is_asked_for() -> None:
    answer = chain("a", "b")
    assert set(answer._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert set(answer._repr_mimebundle_(include={"text/html"})) == {"text/html"}
    assert set(answer._repr_mimebundle_(exclude={"text/html"})) == {"text/plain"}


def test_a_drawing_that_leaves_nodes_out_says_which_and_where() -> None:
    start, hub = node("start", depth=0), node("hub", kind="Run")
    leaves = [node(f"leaf {place}", kind="ModelVersion", depth=2) for place in range(100)]
    edges = [edge(hub, start), *(edge(leaf, hub) for leaf in leaves)]
    answer = Lineage((start,), "downstream", (hub, *leaves), tuple(edges), Completeness(complete=True, nodes=101))
    drawing = answer.draw(most=10)
    assert len(drawing.sketch.boxes) == 10
    assert drawing.caption == "10 of 102 nodes and 9 edges drawn; not drawn: 92 ModelVersion."
    assert drawing.caption in drawing.svg
    assert "92 neighbours are not drawn" in drawing.svg
    assert {box.urn for box in drawing.sketch.boxes} >= {start.urn, hub.urn}
    with pytest.raises(ValueError, match="most is 1"):
        answer.draw(most=1)


def test_a_drawing_of_too_many_edges_says_how_many_it_leaves_out() -> None:
    nodes = [node(f"n{place}", depth=place // 5) for place in range(20)]
    edges = [edge(down, up) for place, down in enumerate(nodes) for up in nodes[:place]]
    answer = Lineage((nodes[0],), "downstream", tuple(nodes[1:]), tuple(edges), Completeness(complete=True))
    drawing = answer.draw(most=20)
    assert drawing.caption == "20 nodes, 60 of 190 edges between them drawn."
    ends = {end for arrow in drawing.sketch.arrows for end in (arrow.downstream, arrow.upstream)}
    assert ends == {each.urn for each in nodes}


def test_the_same_answer_is_drawn_the_same() -> None:
    assert chain(*"abcdef").draw().svg == chain(*"abcdef").draw().svg
    assert chain(*"abcdef")._repr_html_() == chain(*"abcdef")._repr_html_()


def test_upstream_is_on_the_left_and_a_circle_is_drawn_too() -> None:
    nodes = [node(name, depth=place) for place, name in enumerate("abc")]
    edges = [edge(nodes[down], nodes[up]) for up, down in ((0, 1), (1, 2), (2, 1), (2, 2))]
    answer = Lineage((nodes[0],), "downstream", tuple(nodes[1:]), tuple(edges), Completeness(complete=True))
    placed = answer.draw().placement
    assert placed.centres[0][0] < placed.centres[1][0] < placed.centres[2][0]
    assert len(placed.lines) == 4
    assert all(0 <= x <= placed.width and 0 <= y <= placed.height for line in placed.lines for x, y in line)


def test_a_long_table_says_how_much_of_it_is_shown() -> None:
    answer = touched("start", *(f"n{place}" for place in range(MOST_ROWS + 7)))
    assert "and 7 more rows in this answer" in answer._repr_html_()


def test_what_is_empty_is_told_in_words_alone() -> None:
    page = touched("start")._repr_html_()
    assert "nothing affected is recorded" in page
    assert "why</th>" not in page


def test_without_the_layout_library_a_page_has_everything_but_the_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "graphlay", None)
    answer = chain("a", "b")
    with pytest.raises(MissingLibraryError, match="pip install graphlay"):
        answer.draw()
    page = answer._repr_html_()
    assert "pip install graphlay" in page
    assert "b v1" in page


def test_drawings_are_saved_to_a_file(tmp_path: object) -> None:
    file = tmp_path / "drawing.svg"  # type: ignore[operator]
    drawing = chain("a", "b").draw()
    drawing.save(file)
    assert file.read_text(encoding="utf-8") == drawing.svg == drawing._repr_svg_()
