"""No library at all: csv, gzip and json."""

# ruff: noqa: PTH123

import csv
import gzip
import json

with gzip.open("events.jsonl.gz", "rt") as events:
    kinds = [json.loads(line)["kind"] for line in events]
with open("orders.csv", newline="") as orders:
    prices = [float(row["price"]) for row in csv.DictReader(orders)]
with open("summary.json", "w") as file:
    json.dump({"kinds": sorted(set(kinds)), "mean": sum(prices) / len(prices)}, file)
with open("notes.log", "w") as log:
    log.write("done\n")
