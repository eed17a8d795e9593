"""Every label that the product writes is in the table that says whether verifying compares it."""

from __future__ import annotations

import re
from pathlib import Path

from graph_schema.catalogue import KINDS
from graph_schema.storage import INTERNAL_LABELS

ROOT = Path(__file__).resolve().parents[2]
_MADE = re.compile(r"(?:CREATE|MERGE) \(\w*:([A-Z][A-Za-z]+)|SET \w+:([A-Z][A-Za-z]+)")


def made_labels() -> set[str]:
    """Labels in statements that make nodes, or give them another label."""
    paths = [path for package in ("registry", "graph_schema") for path in (ROOT / package).rglob("*.py")]
    texts = [path.read_text(encoding="utf-8") for path in (*paths, *(ROOT / "graph_schema").rglob("*.cypher"))]
    return {one or other for text in texts for one, other in _MADE.findall(text)}


def test_every_label_is_in_the_table() -> None:
    page = (ROOT / "docs" / "explanation" / "ledger.md").read_text(encoding="utf-8")
    table = page.partition("## What is compared, and what is not")[2].partition("\n## ")[0]
    made = made_labels()
    assert {"Scope", "DataKey", "BrowserSession", "LedgerEntryAside"} <= made, "statements are found"
    wanted = (made | set(INTERNAL_LABELS)) - set(KINDS)
    assert {label for label in wanted if f"`{label}`" not in table} == set()
