"""SQL: one database is read, another one written."""

# ruff: noqa: PTH123

import csv
import sqlite3

source = sqlite3.connect("shop.sqlite")
rows = source.execute("SELECT id, price * 1.19 AS gross FROM prices WHERE price > 10").fetchall()
source.close()
with sqlite3.connect("report.sqlite") as target:
    target.execute("CREATE TABLE gross (id INTEGER, gross REAL)")
    target.executemany("INSERT INTO gross VALUES (?, ?)", rows)
with open("gross.csv", "w", newline="") as file:
    csv.writer(file).writerows(rows)
