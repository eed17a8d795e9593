"""A database and a table come together; the result goes to another database."""

import sqlite3

import pandas as pd
from sqlalchemy import create_engine

with sqlite3.connect("shop.sqlite") as shop:
    prices = pd.read_sql_query("SELECT p.id AS id, p.price * 1.19 AS gross FROM prices p WHERE p.price > 3", shop)
orders = pd.read_csv("orders.csv", usecols=["id", "pieces"])
joined = prices.merge(orders, on="id")
joined["spent"] = joined["gross"] * joined["pieces"]
engine = create_engine("sqlite:///mart.sqlite")
joined.to_sql("spent", engine, index=False, if_exists="replace")
engine.dispose()
joined.groupby("pieces", as_index=False)["spent"].mean().to_csv("mean_spent.csv", index=False)
