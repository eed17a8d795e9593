"""What is denied, read or exported is noted in groups: bounded, whatever somebody sends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.audit.observed import MANY, MOST_GROUPS, MOST_OF_ONE, MOST_SHOWN, Observed
from registry.errors import TooManyReadingsError
from registry.ledger.act import Act, Effect
from registry.permission.cause import Cause
from registry.permission.principal import Method, Principal

POLICY = "sha256:" + "1" * 64


def cause(subject: str, rule: str = "default-deny") -> Cause:
    return Cause(Principal(subject, Method.SERVICE_TOKEN), rule, POLICY)


def counted(acts: list[Act]) -> int:
    return sum(1 if act.occurrences is None else act.occurrences.count for act in acts)


def test_the_same_is_one_entry_with_a_count() -> None:
    observed = Observed()
    for _ in range(5):
        observed.observe(cause("ada"), "access.deny", "urn:x", Effect.DENY)
    observed.observe(cause("bob"), "access.deny", "urn:x", Effect.DENY)
    first, second = observed.take(everything=True)
    assert (first.actor.subject, first.target, first.decision.effect) == ("ada", "urn:x", Effect.DENY)
    assert first.occurrences is not None
    assert first.occurrences.count == 5
    assert second.occurrences is None
    assert observed.take(everything=True) == []


def test_nothing_is_recorded_before_the_interval_is_over() -> None:
    observed = Observed(interval=3600)
    observed.observe(cause("ada"), "access.deny", "urn:x", Effect.DENY)
    assert observed.take() == []
    assert len(observed.take(everything=True)) == 1


def test_a_flood_of_denials_is_a_few_entries_that_count_all_of_them() -> None:
    observed = Observed()

    def flood(thread: int) -> None:
        for number in range(25_000):
            observed.observe(cause(f"robot-{thread}"), "access.deny", f"urn:{thread}:{number}", Effect.DENY)

    observed.observe(cause("ada"), "access.deny", "urn:secret", Effect.DENY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(flood, range(4)))
    acts = observed.take(everything=True)
    assert len(acts) == 1 + 4 * (MOST_OF_ONE + 1)
    assert counted(acts) == 100_001
    assert [act.target for act in acts if act.actor.subject == "ada"] == ["urn:secret"]


def test_each_thing_whose_sensitive_values_are_shown_is_named_and_beyond_the_bound_nothing_is_shown() -> None:
    observed = Observed()
    for number in range(5_000):  # neither one's own flood nor that of others hides it
        observed.observe(cause("ada"), "access.deny", f"urn:{number}", Effect.DENY)
        observed.observe(cause(f"robot-{number}"), "access.deny", "urn:x", Effect.DENY)
    names = [f"urn:secret:{number}" for number in range(MOST_SHOWN)]
    for name in (*names, names[0]):
        observed.observe(cause("ada", "grant"), "records.read-sensitive", name, Effect.ALLOW)
    with pytest.raises(TooManyReadingsError):
        observed.observe(cause("ada", "grant"), "records.read-sensitive", "urn:one-too-many", Effect.ALLOW)
    acts = observed.take(everything=True)
    observed.give_back(acts)
    observed.observe(cause("bob", "grant"), "records.read-sensitive", "urn:secret:1", Effect.ALLOW)
    for taken, readers in ((acts, ["ada"]), (observed.take(everything=True), ["ada", "bob"])):
        shown = [act for act in taken if act.action == "records.read-sensitive"]
        assert sorted({act.actor.subject for act in shown}) == readers
        assert sorted(act.target for act in shown if act.actor.subject == "ada") == sorted(names)
        assert len(taken) <= MOST_GROUPS + 1 + len(shown)


def test_many_names_are_bounded_too() -> None:
    observed = Observed()
    for number in range(5_000):
        observed.observe(cause(f"robot-{number}"), "access.deny", "urn:x", Effect.DENY)
    acts = observed.take(everything=True)
    assert len(acts) == MOST_GROUPS + 1
    assert counted(acts) == 5_000
    assert [act.target for act in acts].count(MANY) == 1


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=600), st.text(max_size=300)), max_size=20))
def test_whatever_somebody_sends_can_be_recorded(said: list[tuple[str, str, str]]) -> None:
    observed = Observed()
    for subject, target, rule in said:
        observed.observe(cause(subject, rule), "access.deny", target, Effect.DENY)
    assert counted(observed.take(everything=True)) == len(said)


def test_what_could_not_be_recorded_is_counted_again() -> None:
    observed = Observed()
    for _ in range(3):
        observed.observe(cause("ada"), "access.deny", "urn:x", Effect.DENY)
    observed.observe(cause("ada"), "records.export", "urn:y", Effect.ALLOW)
    acts = observed.take(everything=True)
    observed.give_back(acts)
    assert counted(observed.take(everything=True)) == 4
