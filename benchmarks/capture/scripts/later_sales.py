"""Sales by weekday and customer: dates, ranks, shares, a report in Excel's place."""

import numpy as np
import pandas as pd

orders = pd.read_csv("orders.csv", dtype={"customer": "int32"})
orders["day"] = pd.to_datetime("2026-01-01") + pd.to_timedelta(orders["id"] % 90, unit="D")
orders["weekday"] = orders["day"].dt.day_name()
orders["value"] = orders["price"].mul(orders["pieces"])
daily = orders.set_index("day")["value"].resample("7D").sum().rename("weekly").reset_index()
daily.to_csv("weekly.csv", index=False)
best = orders.sort_values("value", ascending=False).drop_duplicates("customer").head(10)
best = best[["customer", "weekday", "value"]].assign(place=lambda frame: frame["value"].rank(ascending=False))
best.to_json("best.json", orient="records")
stats = orders.groupby(["customer", "weekday"])["value"].agg(["mean", "count"]).unstack(fill_value=0)
stats.columns = [f"{kind}_{day}" for kind, day in stats.columns]  # type: ignore[union-attr,str-unpack]
stats.reset_index().to_parquet("stats.parquet")
orders["cheap"] = np.select([orders["price"] < 10, orders["price"] < 30], ["very", "rather"], default="no")
orders.query("cheap != 'no'").loc[:, ["id", "cheap"]].to_csv("cheap.csv", index=False)
