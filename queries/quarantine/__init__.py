"""Questions about what could not come in: a page of it, one entry, and whether its bounds are kept."""

from __future__ import annotations

from queries.quarantine.rows import (
    BoundsParams,
    BoundsRow,
    CountParams,
    CountRow,
    EntryParams,
    EntryRow,
    PageParams,
    PageRow,
)
from queries.query import Sight, load_query

PAGE = load_query("quarantine/page", PageParams, PageRow, Sight.UNRESTRICTED_ONLY)
COUNT = load_query("quarantine/count", CountParams, CountRow, Sight.UNRESTRICTED_ONLY)
ENTRY = load_query("quarantine/entry", EntryParams, EntryRow, Sight.UNRESTRICTED_ONLY)
BOUNDS = load_query("quarantine/bounds", BoundsParams, BoundsRow, Sight.UNRESTRICTED_ONLY)

QUERIES = (PAGE, COUNT, ENTRY, BOUNDS)
