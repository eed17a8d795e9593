"""Every decision about a change, once: kind of change x what is known of the version x what fits -> verdict.

The code that judges looks rules up here, and ``reference`` writes the page of the docs from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from types import MappingProxyType

from registry.lineage.change.asked import ChangeKind
from registry.lineage.change.verdict import Fit, Held, Rule, Sort, Verdict

_GETS = (Held.PINNED, Held.FOLLOWS)
_MAY_GET = (Held.UNCLEAR, Held.UNKNOWN)
_REACHED = (*_GETS, *_MAY_GET)
_ALL = tuple(Fit)


def _rule(name: str, held: Iterable[Held], fit: Iterable[Fit], verdict: Verdict, sentence: str) -> Rule:
    return Rule(name, frozenset(held), frozenset(fit), verdict, sentence)


_UNTOUCHED = (
    _rule(
        "passes-by", [Held.PASSES_BY], _ALL, Verdict.SAFE,
        "{consumer} takes {demand}, and {subject} is not what it gets.",
    ),
    _rule(
        "pinned-elsewhere", [Held.ELSEWHERE], _ALL, Verdict.SAFE,
        "{consumer} uses exactly {used}, which stays as it is.",
    ),
)  # fmt: skip


def _gone(prefix: str, gone: str) -> tuple[Rule, ...]:
    """The rules for what will not be there any more."""
    return (
        _rule(
            f"{prefix}-pinned", [Held.PINNED], [Fit.FITS, Fit.UNCLEAR, Fit.BREAKS], Verdict.CERTAIN,
            f"{{consumer}} uses exactly {{used}}, which {gone}.",
        ),
        _rule(
            f"{prefix}-nothing-left", [Held.FOLLOWS, *_MAY_GET], [Fit.BREAKS], Verdict.CERTAIN,
            f"{{consumer}} takes {{demand}}; {{subject}} {gone}, and nothing is left that it could take instead.",
        ),
        _rule(
            f"{prefix}-moves", [Held.FOLLOWS], [Fit.FITS], Verdict.POSSIBLE,
            f"{{consumer}} takes {{demand}}; {{subject}} {gone}, so it gets {{instead}}, which it was not tried with.",
        ),
        _rule(
            f"{prefix}-cannot-tell", [Held.FOLLOWS], [Fit.UNCLEAR], Verdict.POSSIBLE,
            f"{{consumer}} takes {{demand}}; {{subject}} {gone}, and nobody recorded whether anything else would do.",
        ),
        _rule(
            f"{prefix}-may-use-it", _MAY_GET, [Fit.FITS, Fit.UNCLEAR], Verdict.POSSIBLE,
            f"{{consumer}} takes {{demand}}; that may be {{subject}}, which {gone}.",
        ),
        *_UNTOUCHED,
    )  # fmt: skip


_LEFT = MappingProxyType({
    Fit.FITS: "another recorded version would do",
    Fit.UNCLEAR: "nobody recorded whether another would do",
    Fit.BREAKS: "none would be left that does",
})  # fmt: skip

SORTS: Mapping[ChangeKind, Sort] = MappingProxyType({
    ChangeKind.RETIRE: Sort(
        "Retire a version",
        "The version, or every version of the asset, will not be there any more.",
        _LEFT,
        _gone("retire", "will not be there any more"),
    ),
    ChangeKind.WITHDRAW: Sort(
        "Withdraw a library or container version",
        "The version, or every version of the library, can no longer be installed.",
        _LEFT,
        _gone("withdraw", "can no longer be installed"),
    ),
    ChangeKind.TAKE_OFFLINE: Sort(
        "Take a telemetry source offline",
        "The source, or one version of what it sends, sends nothing any more; what it has sent stays.",
        MappingProxyType({
            Fit.UNUSED: "it reads what was sent before",
            Fit.FITS: "it reads the stream, and another version of it goes on",
            Fit.BREAKS: "it reads the stream, and nothing goes on",
        }),
        (
            _rule(
                "offline-sent-before", [Held.PINNED], [Fit.UNUSED], Verdict.SAFE,
                "{consumer} reads {used}, which was sent before and stays.",
            ),
            _rule(
                "offline-nothing-new", [Held.FOLLOWS, *_MAY_GET], [Fit.UNUSED], Verdict.CERTAIN,
                "{consumer} takes {demand}, and nothing new comes from {subject}.",
            ),
            _rule(
                "offline-pinned", [Held.PINNED], [Fit.FITS, Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} is fed by exactly {used}, which sends nothing any more.",
            ),
            _rule(
                "offline-silent", [Held.FOLLOWS, *_MAY_GET], [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} is fed by {asset}, which sends nothing any more, whichever version it reads.",
            ),
            _rule(
                "offline-other-version", [Held.FOLLOWS, *_MAY_GET], [Fit.FITS], Verdict.POSSIBLE,
                "{consumer} takes {demand}; {subject} sends nothing any more, other versions go on.",
            ),
            *_UNTOUCHED,
        ),
    ),
    ChangeKind.DROP_COLUMN: Sort(
        "Drop a column",
        "The version, or from the next version on the asset, does not have the column any more.",
        MappingProxyType({
            Fit.UNUSED: "it names its columns, not this one",
            Fit.UNCLEAR: "nobody recorded which columns it uses",
            Fit.BREAKS: "it uses the column",
        }),
        (
            _rule(
                "column-unused", _REACHED, [Fit.UNUSED], Verdict.SAFE,
                "{consumer} uses {columns} of {used}, and not {column}.",
            ),
            _rule(
                "column-dropped", _GETS, [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} uses {column} of {used}, which will not be there any more.",
            ),
            _rule(
                "column-dropped-version-open", _MAY_GET, [Fit.BREAKS], Verdict.POSSIBLE,
                "{consumer} uses {column} of {asset}, but takes {demand}: it breaks if that is {subject}.",
            ),
            _rule(
                "columns-not-recorded", _REACHED, [Fit.UNCLEAR], Verdict.POSSIBLE,
                "{consumer} uses {used}, and nobody recorded which of its columns: it breaks if it needs {column}.",
            ),
            *_UNTOUCHED,
        ),
    ),
    ChangeKind.RETYPE_COLUMN: Sort(
        "Retype a column",
        "In the version, or from the next version on in the asset, the column has another type or may miss values.",
        MappingProxyType({
            Fit.UNUSED: "it names its columns, not this one",
            Fit.FITS: "the new type holds every old value unchanged",
            Fit.OTHER: "the new type does not, and nobody recorded which columns it uses",
            Fit.UNCLEAR: "the types cannot be compared, or values may be missing",
            Fit.BREAKS: "the new type does not, and it uses the column",
        }),
        (
            _rule(
                "column-unused", _REACHED, [Fit.UNUSED], Verdict.SAFE,
                "{consumer} uses {columns} of {used}, and not {column}.",
            ),
            _rule(
                "type-widened", _REACHED, [Fit.FITS], Verdict.SAFE,
                "{column} of {used} becomes {new}, which holds every value of {old} unchanged.",
            ),
            _rule(
                "type-breaks", _GETS, [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} uses {column} of {used}, which becomes {new}, and that does not do for {old}.",
            ),
            _rule(
                "type-breaks-version-open", _MAY_GET, [Fit.BREAKS], Verdict.POSSIBLE,
                "{consumer} uses {column} of {asset}, which becomes {new}, but takes {demand}: "
                "it breaks if that is {subject}.",
            ),
            _rule(
                "columns-not-recorded", _REACHED, [Fit.OTHER], Verdict.POSSIBLE,
                "{consumer} uses {used}, and nobody recorded which of its columns: it breaks if it needs {column} "
                "as {old}.",
            ),
            _rule(
                "type-cannot-tell", _REACHED, [Fit.UNCLEAR], Verdict.POSSIBLE,
                "{column} of {used} was {old} and becomes {new}: whether that does for {consumer} cannot be told.",
            ),
            *_UNTOUCHED,
        ),
    ),
    ChangeKind.CHANGE_FEATURE: Sort(
        "Change a feature",
        "The feature version, or from its next version on the feature, is computed otherwise or has another type.",
        MappingProxyType({
            Fit.IDENTICAL: "computed by the same code, of the same type",
            Fit.FITS: "computed by the same code, and the new type holds every old value",
            Fit.OTHER: "computed by other code, and the type does",
            Fit.UNCLEAR: "nobody recorded how it was computed, or the types cannot be compared",
            Fit.BREAKS: "the new type does not hold every old value",
        }),
        (
            _rule(
                "feature-identical", _REACHED, [Fit.IDENTICAL], Verdict.SAFE,
                "{used} is computed by the same code as before, so {consumer} is provably unaffected.",
            ),
            _rule(
                "type-widened", _REACHED, [Fit.FITS], Verdict.SAFE,
                "{used} becomes {new}, which holds every value of {old} unchanged.",
            ),
            _rule(
                "feature-other-values", [Held.PINNED], [Fit.OTHER], Verdict.CERTAIN,
                "{consumer} was made for exactly {used}, which will be computed by other code: "
                "it cannot be repeated as it is recorded.",
            ),
            _rule(
                "feature-may-differ", [Held.FOLLOWS, *_MAY_GET], [Fit.OTHER], Verdict.POSSIBLE,
                "{consumer} uses {asset} and takes {demand}: that will be computed by other code, so its values may differ.",
            ),
            _rule(
                "type-breaks", _GETS, [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} takes {used} as {old}; it becomes {new}, and that does not do.",
            ),
            _rule(
                "type-breaks-version-open", _MAY_GET, [Fit.BREAKS], Verdict.POSSIBLE,
                "{consumer} uses {asset}, which becomes {new}, and takes {demand}: it breaks if that is {subject}.",
            ),
            _rule(
                "feature-cannot-tell", _REACHED, [Fit.UNCLEAR], Verdict.POSSIBLE,
                "{consumer} takes {used}, and it cannot be told from the record whether that stays the same.",
            ),
            *_UNTOUCHED,
        ),
    ),
    ChangeKind.UPGRADE: Sort(
        "Upgrade a library or container version",
        "Those who use the version are to take the new one. The old one can still be had: a pin keeps it. "
        "Where it will not be there any more, ask for withdraw.",
        MappingProxyType({
            Fit.FITS: "it says which versions would do, and the new one is among them",
            Fit.UNSAID: "it does not say which versions would do",
            Fit.UNCLEAR: "what it says cannot be read by the rules of the ecosystem",
            Fit.BREAKS: "it says which versions would do, and the new one is not among them",
        }),
        (
            _rule(
                "upgrade-pinned", [Held.PINNED], [Fit.UNSAID], Verdict.SAFE,
                "{consumer} is pinned to {used} and keeps it until somebody changes that.",
            ),
            _rule(
                "upgrade-refused", _GETS, [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} takes {demand}, and {to} is not one of them: the two cannot be installed together.",
            ),
            _rule(
                "upgrade-allowed", _GETS, [Fit.FITS], Verdict.POSSIBLE,
                "{consumer} takes {demand}, so it gets {to}, which it was not tried with.",
            ),
            _rule(
                "upgrade-follows", [Held.FOLLOWS], [Fit.UNSAID], Verdict.POSSIBLE,
                "{consumer} takes {demand}, so it gets {to}, which it was not tried with.",
            ),
            _rule(
                "upgrade-cannot-tell", _GETS, [Fit.UNCLEAR], Verdict.POSSIBLE,
                "{consumer} takes {demand}; whether {to} is among them cannot be told.",
            ),
            _rule(
                "upgrade-version-open", _MAY_GET, [Fit.FITS, Fit.UNSAID, Fit.UNCLEAR, Fit.BREAKS], Verdict.POSSIBLE,
                "{consumer} takes {demand}: it may be asked to take {to}.",
            ),
            *_UNTOUCHED,
        ),
    ),
    ChangeKind.REPLACE_MODEL: Sort(
        "Replace a model",
        "Where the model version is chosen by a name or a range, the other takes its place. The old one stays: "
        "who names it exactly, or deploys its file, keeps it.",
        MappingProxyType({
            Fit.IDENTICAL: "both have the same digest",
            Fit.FITS: "the new signature takes every old input and gives every old output",
            Fit.UNCLEAR: "a signature is not recorded, or cannot be compared",
            Fit.BREAKS: "the new signature does not",
        }),
        (
            _rule(
                "model-pinned", [Held.PINNED], [Fit.IDENTICAL, Fit.FITS, Fit.UNCLEAR, Fit.BREAKS], Verdict.SAFE,
                "{consumer} uses exactly {used} and keeps it until somebody changes that.",
            ),
            _rule(
                "model-identical", [Held.FOLLOWS, *_MAY_GET], [Fit.IDENTICAL], Verdict.SAFE,
                "{to} has the same digest as {subject}, so {consumer} is provably unaffected.",
            ),
            _rule(
                "model-follows", [Held.FOLLOWS], [Fit.FITS], Verdict.POSSIBLE,
                "{consumer} takes {demand}, so it gets {to}: inputs and outputs fit, its answers may differ.",
            ),
            _rule(
                "model-cannot-tell", [Held.FOLLOWS], [Fit.UNCLEAR], Verdict.POSSIBLE,
                "{consumer} takes {demand}, so it gets {to}; whether inputs and outputs fit cannot be told.",
            ),
            _rule(
                "model-does-not-fit", [Held.FOLLOWS], [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} takes {demand}, so it gets {to}, which does not fit: {misfit}.",
            ),
            _rule(
                "model-version-open", _MAY_GET, [Fit.FITS, Fit.UNCLEAR, Fit.BREAKS], Verdict.POSSIBLE,
                "{consumer} takes {demand}: it may get {to} instead of {subject}.",
            ),
            *_UNTOUCHED,
        ),
    ),
    ChangeKind.REBUILD: Sort(
        "Rebuild a version",
        "The version is made again under the same name.",
        MappingProxyType({
            Fit.IDENTICAL: "the same digest, over all of the content",
            Fit.UNCLEAR: "digests of a part only, none to compare with, or of another algorithm",
            Fit.BREAKS: "another digest",
        }),
        (
            _rule(
                "rebuild-identical", _REACHED, [Fit.IDENTICAL], Verdict.SAFE,
                "{subject} comes out with the same digest, so {consumer} is provably unaffected.",
            ),
            _rule(
                "rebuild-differs", [Held.PINNED], [Fit.BREAKS], Verdict.CERTAIN,
                "{consumer} uses exactly {used}, which comes out with other content: "
                "it cannot be repeated as it is recorded.",
            ),
            _rule(
                "rebuild-may-differ", [Held.FOLLOWS, *_MAY_GET], [Fit.BREAKS], Verdict.POSSIBLE,
                "{consumer} takes {demand}; if that is {subject}, it gets other content.",
            ),
            _rule(
                "rebuild-cannot-tell", _REACHED, [Fit.UNCLEAR], Verdict.POSSIBLE,
                "{consumer} uses {used}, and whether that comes out with the same content cannot be told "
                "from the digests.",
            ),
            *_UNTOUCHED,
        ),
    ),
})  # fmt: skip
"""Each kind of change, in reading order."""


def _cells(sort: Sort) -> dict[tuple[Held, Fit], Rule]:
    cells: dict[tuple[Held, Fit], Rule] = {}
    for pair in product(Held, sort.fits):
        found = [rule for rule in sort.rules if pair[0] in rule.held and pair[1] in rule.fit]
        if len(found) != 1:
            raise ValueError(f"{sort.title}: {pair} is decided by {[rule.id for rule in found]}")
        cells[pair] = found[0]
    return cells


CELLS: Mapping[ChangeKind, Mapping[tuple[Held, Fit], Rule]] = MappingProxyType(
    {kind: MappingProxyType(_cells(sort)) for kind, sort in SORTS.items()}
)
"""The decision for each kind of change, what is known of the version, and what fits."""

NEVER: Mapping[ChangeKind, frozenset[tuple[Held, Fit]]] = MappingProxyType({
    # A batch has no versions: who reads batches reads one, or those that come.
    ChangeKind.TAKE_OFFLINE: frozenset({(Held.UNCLEAR, Fit.UNUSED), (Held.UNKNOWN, Fit.UNUSED)}),
    # Who says which versions would do is not pinned, and is not unknown either.
    ChangeKind.UPGRADE: frozenset({
        *product([Held.PINNED, Held.UNKNOWN], [Fit.FITS, Fit.UNCLEAR, Fit.BREAKS]),
        (Held.UNCLEAR, Fit.UNSAID), (Held.UNCLEAR, Fit.FITS),
    }),
})  # fmt: skip
"""Pairs that cannot come about, though the table decides them too."""

ON_THE_WAY = Rule(
    "version-open-on-the-way", frozenset(), frozenset(), Verdict.POSSIBLE,
    "{item} may be touched: on the way to it nobody recorded which version, or which part, was used.",
)  # fmt: skip
"""Behind what breaks for certain, where the way on leads over a version or a part that is not known."""
