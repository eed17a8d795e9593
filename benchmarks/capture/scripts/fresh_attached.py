"""A database attached by SQL, a backup of one, and a table that goes out as CSV."""

# ruff: noqa: PTH123

import csv
import sqlite3
from contextlib import closing

with closing(sqlite3.connect("summary.db")) as summary:
    summary.execute("ATTACH 'shop.sqlite' AS shop")
    summary.execute("CREATE TABLE totals AS SELECT COUNT(*) AS n, SUM(price) AS price FROM shop.prices")
    summary.commit()
    rows = summary.execute("SELECT n, price FROM totals").fetchall()
    with closing(sqlite3.connect("backup.db")) as backup:
        summary.backup(backup)
with open("totals.csv", "w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([("n", "price"), *rows])
