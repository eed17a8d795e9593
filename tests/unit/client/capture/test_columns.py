"""Column lineage: as said, and as far as a query tells."""

from __future__ import annotations

from pathlib import Path

import pytest

import lineage_client
from lineage_client.capture.sql_columns import CERTAIN, GUESSED, column_sources
from tests.unit.client.capture.test_running import Events, checked

QUERY = """
WITH totals AS (SELECT o.customer, o.price * o.pieces AS total FROM orders o)
SELECT c.name AS customer, SUM(t.total) AS spent, COUNT(*) AS number
FROM totals t JOIN customers c ON c.id = t.customer GROUP BY 1
"""


def sources(query: str, **options: object) -> set[tuple[str, str, str]]:
    return {(item.column, item.table, item.source) for item in column_sources(query, **options)}  # type: ignore[arg-type]


def test_columns_are_traced_through_subqueries_and_expressions() -> None:
    assert sources(QUERY) == {
        ("customer", "customers", "name"), ("spent", "orders", "price"), ("spent", "orders", "pieces"),
    }  # fmt: skip
    assert {item.confidence for item in column_sources(QUERY)} == {CERTAIN}


def test_what_a_query_leaves_open_is_left_open() -> None:
    joined = "SELECT a, b + 1 AS c FROM x JOIN y ON x.id = y.id"
    assert sources(joined) == set()
    known = {"x": ["a", "id"], "y": ["b", "id"]}
    assert sources(joined, schema=known) == {("a", "x", "a"), ("c", "y", "b")}
    assert sources("SELECT * FROM x", schema=known) == {("a", "x", "a"), ("id", "x", "id")}
    (guess,) = column_sources("SELECT a FROM x")
    assert guess.confidence == GUESSED
    assert sources("INSERT INTO t SELECT x.a FROM x") == {("a", "x", "a")}


@pytest.mark.parametrize("query", ["SELECT FROM WHERE", "((", "SELECT 'it"])
def test_what_is_no_query_is_refused(query: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are sqlglot's
        column_sources(query)


def test_a_query_of_a_run_becomes_lineage_of_its_output(tmp_path: Path) -> None:
    events: Events = []
    for name in ("orders.csv", "customers.csv"):
        (tmp_path / name).write_text("id\n", encoding="utf-8")
    tables = {"orders": tmp_path / "orders.csv", "customers": tmp_path / "customers.csv"}
    with lineage_client.run("sql", inputs=list(tables.values()), sink=events.append) as run:
        out = run.output(tmp_path / "spent.csv")
        out.write_text("x\n", encoding="utf-8")
        run.sql(QUERY, tables=tables, output=out)
        run.column(out, "note", {tables["orders"]: "id"}, transformation="f'{id}'")
        run.sql("SELECT broken FROM (", tables=tables, output=out)
    made = [item for item in checked(events) if item.get("edge") == "DERIVED_FROM"]
    assert {(item["from"].rpartition("/")[2], item["to"].rpartition("/")[2]) for item in made} == {
        ("spent.csv.customer", "customers.csv.name"), ("spent.csv.spent", "orders.csv.price"),
        ("spent.csv.spent", "orders.csv.pieces"), ("spent.csv.note", "orders.csv.id"),
    }  # fmt: skip
    assert {item["evidence"] for item in made} == {"inferred", "declared"}
    assert "SUM" not in str([item for item in checked(events) if item.get("entity") == "Run"])
