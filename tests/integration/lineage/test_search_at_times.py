"""Search at every time: against a filter over all that was ever recorded, and against what was answered then."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from graph_schema.search_text import search_text
from graph_schema.times import OPEN, now_micros
from graph_schema.urn import parse_urn
from registry.errors import InvalidRequestError
from registry.graph.database import Database
from registry.lineage.search import search
from registry.lineage.state import SearchAnswer, SearchRequest
from registry.settings import Settings
from registry.validation.batching import BatchReader
from registry.validation.parsing import Envelope
from registry.writer import Writer

Load = Callable[[Iterable[dict[str, Any]], Iterable[dict[str, Any]]], None]

ASSETS = ("Dataset:t:orders", "Dataset:t:orders_raw", "Dataset:u:raw", "Model:t:sales", "Team:t:data", "Team:t:web")
OTHERS = ("DatasetVersion:t:orders:1", "DatasetVersion:t:orders:*", "ModelVersion:t:sales:1", "Run:t:orders-run")
URNS = tuple(f"urn:lineage:{name}" for name in (*ASSETS, *OTHERS))
TEAMS = tuple(urn for urn in URNS if ":Team:" in urn)
# To shrink an example on a database takes far longer than to find it.
FAST = (Phase.explicit, Phase.reuse, Phase.generate)
WORDS = ("orders", "raw", "sales", "gold", "old")
LAST = 8
FUTURE = OPEN // 2


@dataclass(frozen=True)
class Told:
    """One state of one entity, or one edge (``upstream`` is its other end)."""

    urn: str
    true_from: int
    true_to: int
    recorded_from: int
    recorded_to: int
    title: str | None = None
    tags: tuple[str, ...] = ()
    lifecycle: str | None = None
    upstream: str = ""

    @property
    def kind(self) -> str:
        return self.urn.split(":")[2]

    @property
    def name(self) -> str:
        return self.urn.split(":")[4]

    def stored(self) -> dict[str, Any]:
        parts = parse_urn(self.urn)
        stored: dict[str, Any] = {
            "urn": self.urn, "kind": parts.kind, "namespace": parts.namespace, "name": parts.name,
            "version": parts.version, "version_unknown": parts.version_unknown or None,
            "title": self.title, "tags": list(self.tags) or None, "lifecycle": self.lifecycle,
            "true_from": self.true_from, "true_to": self.true_to,
            "recorded_from": self.recorded_from, "recorded_to": self.recorded_to,
        }  # fmt: skip
        if self.urn in URNS[: len(ASSETS)]:
            stored["search_text"] = search_text(parts.name, self.title, None, self.tags)
        return {name: value for name, value in stored.items() if value is not None}


@dataclass(frozen=True)
class History:
    states: tuple[Told, ...]
    owned: tuple[Told, ...]
    joined: tuple[Told, ...]

    def load(self, load: Load, database: Database) -> None:
        last = {state.urn: state for state in self.states}
        load(
            [state.stored() for state in last.values()],
            [
                {
                    "relation": relation, "downstream": edge.urn, "upstream": edge.upstream, "key": str(number),
                    "true_from": edge.true_from, "true_to": edge.true_to,
                    "recorded_from": edge.recorded_from, "recorded_to": edge.recorded_to,
                }
                for relation, edges in (("OWNED_BY", self.owned), ("VERSION_OF", self.joined))
                for number, edge in enumerate(edges)
            ],
        )  # fmt: skip
        replaced = [state.stored() for state in self.states if state is not last[state.urn]]
        database.write(
            lambda tx: tx.run("UNWIND $rows AS row CREATE (s:EntityState) SET s = row", rows=replaced).consume()
        )


_tick = st.integers(0, LAST)


@st.composite
def _true(draw: st.DrawFn) -> tuple[int, int]:
    if draw(st.booleans()):
        return 0, OPEN
    start = draw(st.one_of(_tick, st.just(FUTURE)))
    return start, OPEN if start == FUTURE or draw(st.booleans()) else start + 1 + draw(_tick)


@st.composite
def _life(draw: st.DrawFn, urn: str) -> list[Told]:
    """States that follow each other in what was recorded, with gaps where it had been taken back."""
    ends = sorted(draw(st.sets(st.integers(0, LAST), min_size=2, max_size=5)))
    open_ended = draw(st.integers(0, 3)) > 0
    states: list[Told] = []
    for start, end in itertools.pairwise([*ends, OPEN] if open_ended else ends):
        if states and end != OPEN and draw(st.integers(0, 4)) == 0:
            continue
        states.append(
            Told(
                urn, *draw(_true()), start, end,
                draw(st.one_of(st.none(), st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(" ".join))),
                tuple(draw(st.lists(st.sampled_from(WORDS), max_size=2, unique=True))),
                draw(st.sampled_from((None, "active", "archived"))),
            )
        )  # fmt: skip
    return states


@st.composite
def histories(draw: st.DrawFn) -> History:
    urns = draw(st.lists(st.sampled_from(URNS), min_size=2, max_size=len(URNS), unique=True))
    states = [state for urn in urns for state in draw(_life(urn))]

    @st.composite
    def edges(draw: st.DrawFn, downstream: str, upstream: str) -> Told:
        start = draw(_tick)
        end = OPEN if draw(st.booleans()) else start + 1 + draw(_tick)
        return Told(downstream, *draw(_true()), start, end, upstream=upstream)

    teams = [urn for urn in urns if urn in TEAMS]
    owned = [draw(edges(draw(st.sampled_from(urns)), draw(st.sampled_from(teams)))) for _ in range(4) if teams]
    joined = []
    for urn in urns:
        asset = f"urn:lineage:{urn.split(':')[2].removesuffix('Version')}:{':'.join(urn.split(':')[3:5])}"
        if asset != urn and asset in urns:
            joined.append(draw(edges(urn, asset)))
    return History(tuple(states), tuple(owned), tuple(joined))


def _requests() -> st.SearchStrategy[SearchRequest]:
    # Few sorts of lists: each is planned by itself, which takes longer than all of its answers.
    kinds: tuple[tuple[str, ...], ...] = ((), (), ("Dataset",), ("Run", "Team"), ("DatasetVersion", "Dataset"))
    time = st.one_of(st.none(), st.integers(-1, LAST + 2))
    return st.builds(
        SearchRequest,
        text=st.one_of(st.none(), st.sampled_from(("o", "ord", "orders", "raw", "orders raw", "sal", "gold", "x"))),
        kinds=st.sampled_from(kinds),
        namespace=st.sampled_from((None, None, "t", "u")),
        tags=st.sampled_from(((), (), ("gold",), ("gold", "old"))),
        owner=st.sampled_from((None, None, TEAMS[0], "web")),
        lifecycle=st.sampled_from((None, None, "active")),
        first=st.just(100),
        as_of=time,
        known_at=time,
    )


class Truth:
    """What a search has to find: a filter over everything, written from the rules alone."""

    def __init__(self, history: History, request: SearchRequest) -> None:
        self.history, self.request = history, request
        self.present = request.as_of is None and request.known_at is None
        self.known = OPEN - 1 if request.known_at is None else request.known_at
        self.when = FUTURE - 1 if request.as_of is None else request.as_of

    def recorded(self, told: Told) -> bool:
        return told.recorded_from <= self.known < told.recorded_to

    def edge_counts(self, edge: Told) -> bool:
        if not self.recorded(edge):
            return False
        return edge.true_to > FUTURE - 1 if self.present else edge.true_from <= self.when < edge.true_to

    def there(self, state: Told) -> bool:
        return self.recorded(state) and (self.present or state.true_from <= self.when < state.true_to)

    def has_words(self, state: Told) -> bool:
        words = [*state.name.replace("_", " ").split(), *(state.title or "").split(), *state.tags]
        return all(any(word.startswith(asked) for word in words) for asked in str(self.request.text).split())

    def named(self, state: Told) -> str | None:
        """The name that the text was found by, None where it was not."""
        text = str(self.request.text)
        if state.kind == "Run":
            return ("" if state.name != text else state.name) if state.name.startswith(text) else None
        if not state.kind.endswith("Version"):
            return state.name if self.has_words(state) else None
        assets = {edge.upstream for edge in self.history.joined if edge.urn == state.urn and self.edge_counts(edge)}
        # An asset's words count whether or not the asset was so: they are how its versions are called.
        by = [item for item in self.history.states if item.urn in assets and self.has_words(item)]
        found = [item for item in by if self.present_words(item) if self.present or self.recorded(item)]
        return found[0].name if found else None

    def present_words(self, asset: Told) -> bool:
        """Of now, even an asset that was taken back lends its words to what is left of its versions."""
        last = {item.urn: item for item in self.history.states}
        return not self.present or last[asset.urn] is asset

    def owned(self, urn: str) -> bool:
        assets = {edge.upstream for edge in self.history.joined if edge.urn == urn and self.edge_counts(edge)}
        return any(
            self.edge_counts(edge) and edge.urn in {urn, *assets}
            and self.request.owner in (edge.upstream, edge.upstream.split(":")[4])
            for edge in self.history.owned
        )  # fmt: skip

    def passes(self, state: Told) -> bool:
        asked = self.request
        return (
            (not asked.kinds or state.kind in asked.kinds)
            and (asked.namespace is None or state.urn.split(":")[3] == asked.namespace)
            and set(asked.tags) <= set(state.tags)
            and (asked.lifecycle is None or state.lifecycle == asked.lifecycle)
            and (asked.owner is None or self.owned(state.urn))
        )

    def rank(self, name: str) -> int:
        plain, text = name.replace("_", "").replace("-", ""), str(self.request.text)
        if plain == text.replace(" ", ""):
            return 0
        if plain.startswith(text.replace(" ", "")):
            return 1
        return 2 if name and all(word in plain for word in text.split()) else 3

    def found(self) -> list[Told]:
        there = [state for state in self.history.states if self.there(state) and self.passes(state)]
        if self.request.text is None:
            return sorted(there, key=lambda state: (state.name, state.urn))
        named = [(self.named(state), state) for state in there]
        hits = [(self.rank(name), state.urn, state) for name, state in named if name is not None]
        return [state for *_, state in sorted(hits, key=lambda hit: hit[:2])]


@settings(
    max_examples=5, deadline=None, report_multiple_bugs=False, phases=FAST,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(history=histories(), requests=st.lists(_requests(), min_size=12, max_size=12))
def test_a_search_finds_what_was_there_and_called_so(
    load: Load, database: Database, history: History, requests: list[SearchRequest]
) -> None:
    history.load(load, database)
    for request in requests:
        note(str(request))
        expected = Truth(history, request).found()
        answer = search(database, request)
        assert [item.urn for item in answer.items] == [state.urn for state in expected]
        assert [item.attributes.get("title") for item in answer.items] == [state.title for state in expected]
        assert (answer.total, answer.total_is_exact, answer.has_next) == (len(expected), True, False)
        assert _page_by_page(database, replace(request, first=2)) == [item.urn for item in answer.items]


def _page_by_page(database: Database, request: SearchRequest) -> list[str]:
    found: list[str] = []
    while True:
        page = search(database, request)
        found += [item.urn for item in page.items]
        if not page.has_next:
            return found
        request = replace(request, after=page.cursors[-1])


Record = dict[str, Any]
_COUNTER = itertools.count()


def _records() -> st.SearchStrategy[Record]:
    named = [urn for urn in URNS if not urn.endswith(":*")]
    attributes = st.fixed_dictionaries(
        {},
        optional={"title": st.sampled_from(WORDS), "tags": st.lists(st.sampled_from(WORDS), max_size=2, unique=True)},
    )
    put = st.builds(
        lambda urn, said: {"entity": urn.split(":")[2], "urn": urn, "attributes": said},
        st.sampled_from(named), attributes,
    )  # fmt: skip
    amend = put.map(lambda record: record | {"op": "amend", "reason": "wrong"})
    retract = put.map(lambda record: {"entity": record["entity"], "urn": record["urn"], "op": "retract", "reason": "x"})
    own = st.builds(
        lambda urn, team, taken: {"edge": "OWNED_BY", "from": urn, "to": team}
        | ({"op": "retract", "reason": "moved"} if taken else {}),
        st.sampled_from([urn for urn in named if urn not in TEAMS]), st.sampled_from(TEAMS), st.booleans(),
    )  # fmt: skip
    return st.one_of(put, put, amend, retract, own)


def _write(writer: Writer, records: list[Record]) -> int:
    # Each event happened after the one before: a retraction takes back what was said up to it.
    number = next(_COUNTER)
    reader = BatchReader(Envelope(f"search-{number}", now_micros(), 1_000_000 + number))
    for line, record in enumerate(records, start=1):
        reader.add(record, line)
    assert not reader.errors
    return writer.write(reader.finish()).written.recorded_at


QUESTIONS = (
    SearchRequest(first=100), SearchRequest("orders", first=100), SearchRequest("gold", first=100),
    SearchRequest(owner=TEAMS[0], first=100), SearchRequest(tags=("raw",), first=100),
)  # fmt: skip


@settings(max_examples=5, deadline=None, phases=FAST, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(_records(), min_size=1, max_size=4), min_size=2, max_size=6))
def test_a_search_of_then_is_what_was_answered_then(
    load: Load, database: Database, settings: Settings, batches: list[list[Record]]
) -> None:
    load([], [])
    writer = Writer(database, settings)
    answered = []
    begun = []
    for batch in batches:
        recorded = _write(writer, batch)
        for request in QUESTIONS:
            answer = search(database, request)
            assert answer.known_at == recorded
            answered.append((request, recorded, answer))
            begun.append((replace(request, first=1), search(database, replace(request, first=1)), answer))
    for request, recorded, answer in answered:
        then = search(database, replace(request, known_at=recorded))
        assert (_content(then), then.total) == (_content(answer), answer.total)
    for request, page, answer in begun:
        found = [item.urn for item in page.items]
        if page.has_next:
            found += _page_by_page(database, replace(request, after=page.cursors[0]))
        assert found == [item.urn for item in answer.items]


def test_no_answer_mixes_two_states_of_what_is_written_meanwhile(
    load: Load, database: Database, settings: Settings
) -> None:
    load([], [])
    writer = Writer(database, settings)
    # Each write takes the title of one and gives it to another: exactly one has it in every state.
    names = [f"urn:lineage:Dataset:t:moving_{number}" for number in range(4)]
    put = {"entity": "Dataset", "op": "put"}
    _write(
        writer, [put | {"urn": name, "attributes": {"title": "gold" if name == names[0] else "raw"}} for name in names]
    )
    done = threading.Event()

    def move() -> None:
        for number in range(60):
            old, new = names[number % 4], names[(number + 1) % 4]
            _write(
                writer,
                [
                    put | {"urn": old, "attributes": {"title": "raw"}},
                    put | {"urn": new, "attributes": {"title": "gold"}},
                ],
            )
        done.set()

    thread = threading.Thread(target=move)
    thread.start()
    answers: list[tuple[SearchRequest, SearchAnswer]] = []
    while not done.is_set():
        answers += [(request, search(database, request)) for request in QUESTIONS[:3:2]]
    thread.join()
    assert len({answer.known_at for _, answer in answers}) > 1
    for request, answer in answers:
        titles = [item.attributes["title"] for item in answer.items]
        assert titles.count("gold") == 1
        assert answer.total == len(titles) == (1 if request.text else 4)
        assert _content(search(database, replace(request, known_at=answer.known_at))) == _content(answer)


def _content(answer: SearchAnswer) -> list[tuple[Any, ...]]:
    """What was answered, but for who said it last, which alone makes no new state."""
    return [(item.urn, item.attributes, item.placeholder, item.recorded_from) for item in answer.items]


def test_a_cursor_is_good_for_its_times_only(load: Load, database: Database) -> None:
    load([{"urn": urn} for urn in URNS], [])
    request = SearchRequest("orders", first=1, as_of=5)
    cursor = search(database, request).cursors[0]
    for other in (replace(request, as_of=6), replace(request, as_of=None), replace(request, known_at=5)):
        with pytest.raises(InvalidRequestError):
            search(database, replace(other, after=cursor))
    assert search(database, replace(request, after=cursor)).items


def test_a_time_to_come_is_refused(database: Database) -> None:
    later = now_micros() + 3_600_000_000
    for request in (SearchRequest(as_of=later), SearchRequest("orders", known_at=later)):
        with pytest.raises(InvalidRequestError, match="future"):
            search(database, request)
