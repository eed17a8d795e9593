"""Read Parquet, write Parquet by way of a file that is moved into place."""

# ruff: noqa: PTH105

import os

import pandas as pd

orders = pd.read_parquet("orders.parquet", columns=["id", "price"])
orders[orders["price"] > 10].to_parquet("dear.parquet.tmp")
os.replace("dear.parquet.tmp", "dear.parquet")
