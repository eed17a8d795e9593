"""A monthly report in functions: cleaned, joined, summed up, pivoted."""

import pandas as pd


def load() -> pd.DataFrame:
    """Orders with the country of their customer."""
    orders = pd.read_csv("orders.csv")
    orders = orders[orders["price"] > 2].rename(columns={"customer": "customer_id"})
    customers = pd.read_csv("customers.csv").rename(columns={"id": "customer_id"})
    return orders.merge(customers, on="customer_id", how="left")


def with_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """What each order comes to."""
    frame = frame.copy()
    frame["total"] = (frame["price"] * frame["pieces"]).round(2)
    frame["band"] = pd.cut(frame["total"], bins=[0, 50, 200, 1000], labels=["low", "mid", "high"])
    frame.loc[frame["country"] == "A", "total"] *= 1.19
    return frame


orders = with_totals(load())
by_country = orders.groupby("country").agg(
    revenue=("total", "sum"), orders=("id", "nunique"), largest=("total", "max"), dearest=("price", "max")
)
by_country["share"] = by_country["revenue"] / by_country["revenue"].sum()
by_country.reset_index().sort_values("revenue", ascending=False).to_csv("by_country.csv", index=False)
pivot = orders.pivot_table(index="customer_id", columns="band", values="total", aggfunc="sum", observed=False)
pivot.fillna(0).to_csv("bands.csv")
"""A dozen lines that a person checks."""
orders.nlargest(12, "total")[["id", "customer_id", "total", "band"]].to_json("largest.json", orient="records")
