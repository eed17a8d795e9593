"""Where a walk starts: what an alias points to, and which versions of an asset were meant."""

from __future__ import annotations

from typing import NamedTuple

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from graph_schema.catalogue import VERSION_KINDS
from graph_schema.urn import Urn, parse_urn
from queries.entity import HIDDEN_VERSIONS, VERSIONS
from queries.entity.rows import VersionRow, VersionsParams
from queries.walk import ALIASES, ALIASES_HIDDEN
from queries.walk.rows import AliasRow, TraitsParams
from registry.errors import InvalidRequestError, NotFoundError
from registry.graph.database import Database
from registry.lineage.moment import Moment
from registry.lineage.question import Question
from registry.lineage.reading import Bookmarks, pin
from registry.lineage.version_order import newest_first

ALIAS = "Alias"
_MOST_SHOWN = 20


class Starts(NamedTuple):
    """The URNs to walk from; ``hidden`` says that they were chosen among more than the reader may see."""

    urns: list[str]
    hidden: bool = False


def find_starts(database: Database, question: Question, bookmarks: Bookmarks) -> Starts:
    """Where to walk from. An alias stands for what it points to; a selector for versions of each asset.

    Raises InvalidRequestError where a selector is given for what has no versions, NotFoundError where it names
    none, or an alias points to nothing.
    """
    wanted = question.request.versions
    chosen = wanted not in (None, "all")
    if chosen:
        _check_assets(question.urns)
    if not chosen and all(urn.kind != ALIAS for urn in question.urns):
        return Starts([str(urn) for urn in question.urns])
    when = pin(database, question.moment, bookmarks)
    found, hidden = list[str](), False
    for urn in question.urns:
        if urn.kind == ALIAS:
            found += _pointed_to(database, str(urn), when, bookmarks)
            hidden |= _hidden_aliases(database, [str(urn)], when, bookmarks)
        elif chosen:
            some = _selected(database, urn, str(wanted), when, bookmarks)
            found += some.urns
            hidden |= some.hidden
        else:
            found.append(str(urn))
    return Starts(list(dict.fromkeys(found)), hidden)


def _check_assets(urns: tuple[Urn, ...]) -> None:
    for urn in urns:
        if urn.kind not in VERSION_KINDS:
            raise InvalidRequestError(
                f"`versions` chooses among the versions of an asset, but {urn} is a {urn.kind}.",
                hint=f"Start at one of: {', '.join(VERSION_KINDS)}; or leave `versions` out.",
            )


def _pointed_to(database: Database, urn: str, when: Moment, bookmarks: Bookmarks) -> list[str]:
    found = [row.version for row in _aliases(database, [urn], when, bookmarks) if row.alias == urn]
    if not found:
        raise NotFoundError(f"Nothing is recorded that {urn} points to at that time.")
    return found


def _aliases(database: Database, urns: list[str], when: Moment, bookmarks: Bookmarks) -> list[AliasRow]:
    params = TraitsParams(urns, when.true_by, when.true_after, when.known_at)
    return database.run(ALIASES, params, bookmarks=bookmarks)


def _selected(database: Database, asset: Urn, wanted: str, when: Moment, bookmarks: Bookmarks) -> Starts:
    """The versions that were meant: the newest, one by its name, what an alias points to, or those in a range."""
    params = VersionsParams(str(asset), when.true_by, when.true_after, when.known_at)
    rows = [row for row in database.run(VERSIONS, params, bookmarks=bookmarks) if row.version is not None]
    if wanted != "latest" and (named := _named(rows, wanted)):
        return Starts(named)
    found = _named(rows, wanted) or _by_alias(database, rows, wanted, when, bookmarks) or _in_range(rows, wanted)
    if not found:
        ordered = [str(parse_urn(urn).version) for urn in newest_first(rows)]
        known = ", ".join(ordered[:_MOST_SHOWN]) + (", …" if len(ordered) > _MOST_SHOWN else "")
        raise NotFoundError(
            f"{wanted[:80]!r} names no version of {asset.name}.",
            hint=f"Versions that are there: {known}." if known else "No version of it is recorded.",
            suggestions=newest_first(rows)[:_MOST_SHOWN],
        )
    hidden = database.restricted and bool(database.run(HIDDEN_VERSIONS, params, bookmarks=bookmarks))
    return Starts(found, hidden or _hidden_aliases(database, [row.urn for row in rows], when, bookmarks))


def _hidden_aliases(database: Database, urns: list[str], when: Moment, bookmarks: Bookmarks) -> bool:
    """Whether aliases that lead here, or what they lead to, are hidden."""
    params = TraitsParams(urns, when.true_by, when.true_after, when.known_at)
    return database.restricted and bool(database.run(ALIASES_HIDDEN, params, bookmarks=bookmarks))


def _named(rows: list[VersionRow], wanted: str) -> list[str]:
    if wanted == "latest":
        return newest_first(rows)[:1]
    return [row.urn for row in rows if row.version == wanted]


def _by_alias(database: Database, rows: list[VersionRow], wanted: str, when: Moment, bookmarks: Bookmarks) -> list[str]:
    """What aliases of that name point to; one may be qualified by its asset, as in ``fraud-model/champion``."""
    there = {row.urn for row in rows}
    aliases = _aliases(database, sorted(there), when, bookmarks) if there else []
    names = (f"/{wanted}", f"@{wanted}", f":{wanted}", f".{wanted}")
    return sorted(
        {row.version for row in aliases if row.version in there and (row.name == wanted or row.name.endswith(names))}
    )


def _in_range(rows: list[VersionRow], wanted: str) -> list[str]:
    """Versions in a range in the notation of PEP 440, where their names can be read so."""
    if not wanted.strip():
        return []  # every version, as a range
    try:
        specifiers = SpecifierSet(wanted)
    except InvalidSpecifier:
        return []
    return [row.urn for row in rows if row.version is not None and _is_in(row.version, specifiers)]


def _is_in(version: str, specifiers: SpecifierSet) -> bool:
    try:
        return specifiers.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False
