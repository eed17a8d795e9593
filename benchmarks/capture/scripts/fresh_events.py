"""Compressed events with the standard library and pandas; the result goes into a zip file."""

# ruff: noqa: PTH123

import gzip
import json
import zipfile
from collections import Counter

import pandas as pd

with gzip.open("events.jsonl.gz", "rt", encoding="utf-8") as lines:
    events = pd.DataFrame(json.loads(line) for line in lines)
again = pd.read_json("events.jsonl.gz", lines=True)
parts = pd.concat([pd.read_csv(f"parts/part-{number}.csv") for number in range(3)], ignore_index=True)
both = parts.merge(again, on="id", how="inner")
both["kind"] = both["kind"].str.upper()
both[["id", "kind", "price"]].to_csv("priced_events.csv.gz", index=False)
with zipfile.ZipFile("report.zip", "w") as archive:
    archive.writestr("kinds.json", json.dumps(Counter(events["kind"])))
    archive.write("customers.csv")
with open("kinds.jsonl", "w") as file:
    file.writelines(json.dumps({"kind": kind}) + "\n" for kind in sorted(set(events["kind"])))
