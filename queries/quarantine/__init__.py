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
from queries.query import load_query

PAGE = load_query("quarantine/page", PageParams, PageRow)
COUNT = load_query("quarantine/count", CountParams, CountRow)
ENTRY = load_query("quarantine/entry", EntryParams, EntryRow)
BOUNDS = load_query("quarantine/bounds", BoundsParams, BoundsRow)

QUERIES = (PAGE, COUNT, ENTRY, BOUNDS)
