"""The words of a judgement: what is known of the version, what fits, and what follows for a consumer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Verdict(StrEnum):
    """What a change does to a consumer.

    It breaks *for certain* where it fails, or can no longer be made, run or repeated as it is recorded; it *may*
    where that depends on something that nobody recorded; it is *safe* where the record shows that it is not touched.
    """

    CERTAIN = "certain"
    POSSIBLE = "possible"
    SAFE = "safe"


class Held(StrEnum):
    """What is known of the version that a consumer uses, as far as it matters for the change."""

    PINNED = "pinned"
    FOLLOWS = "follows"
    UNCLEAR = "unclear"
    UNKNOWN = "unknown"
    PASSES_BY = "passes-by"
    ELSEWHERE = "elsewhere"


HELD: Mapping[Held, str] = MappingProxyType({
    Held.PINNED: "pinned to what changes",
    Held.FOLLOWS: "floating, and gets what changes",
    Held.UNCLEAR: "floating, and may get what changes",
    Held.UNKNOWN: "version unknown",
    Held.PASSES_BY: "floating, and does not get what changes",
    Held.ELSEWHERE: "pinned to something that stays",
})  # fmt: skip
"""Each of them in words, in reading order."""


class Fit(StrEnum):
    """How what there will be suits the consumer; each kind of change says what it means (``table.SORTS``)."""

    IDENTICAL = "identical"
    UNUSED = "unused"
    FITS = "fits"
    OTHER = "other"
    UNSAID = "unsaid"
    UNCLEAR = "unclear"
    BREAKS = "breaks"


@dataclass(frozen=True, slots=True)
class Rule:
    """One decision: for every pair of ``held`` and ``fit`` the same verdict for the same reason.

    ``sentence`` tells a consumer's owner why; the names in braces are those of ``wording.Words``.
    """

    id: str
    held: frozenset[Held]
    fit: frozenset[Fit]
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class Sort:
    """One kind of change: what it is, what its fits mean, and its rules, which decide every pair exactly once."""

    title: str
    meaning: str
    fits: Mapping[Fit, str]
    rules: tuple[Rule, ...]
