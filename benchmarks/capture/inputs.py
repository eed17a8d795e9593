"""The files that the scripts begin with, made from a seed; and a model for the one that evaluates."""

from __future__ import annotations

import gzip
import json
import random
import sqlite3
from pathlib import Path

ROWS = 2_000


def write_inputs(folder: Path) -> None:
    """Fill a folder. The same files every time."""
    import joblib  # type: ignore[import-untyped]
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    pick = random.Random(7)
    orders = pd.DataFrame(
        {
            "id": range(ROWS),
            "customer": [pick.randrange(100) for _ in range(ROWS)],
            "price": [round(pick.uniform(1, 90), 2) for _ in range(ROWS)],
            "pieces": [pick.randrange(1, 9) for _ in range(ROWS)],
        }
    )
    orders.to_csv(folder / "orders.csv", index=False)
    orders.to_parquet(folder / "orders.parquet")
    orders.to_json(folder / "orders.json", orient="records")
    pd.DataFrame({"id": range(100), "country": [pick.choice("ABC") for _ in range(100)]}).to_csv(
        folder / "customers.csv", index=False
    )
    (folder / "parts").mkdir()
    for part in range(3):
        orders.iloc[part::3].to_csv(folder / "parts" / f"part-{part}.csv", index=False)
    with gzip.open(folder / "events.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": number, "kind": pick.choice("xyz")}) + "\n" for number in range(500))
    np.save(folder / "weights.npy", np.arange(64.0))
    with sqlite3.connect(folder / "shop.sqlite") as database:
        database.execute("CREATE TABLE prices (id INTEGER, price REAL)")
        database.executemany("INSERT INTO prices VALUES (?, ?)", [(number, number * 1.5) for number in range(50)])
    database.close()
    joblib.dump(LinearRegression().fit(orders[["pieces"]], orders["price"]), folder / "price.joblib")
