"""Polars, eager."""

import polars as pl

orders = pl.read_csv("orders.csv")
customers = pl.read_csv("customers.csv")
joined = orders.join(customers, left_on="customer", right_on="id")
joined.write_parquet("joined.parquet")
joined.group_by("country").len().write_ndjson("counts.ndjson")
