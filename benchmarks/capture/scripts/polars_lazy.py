"""Polars, lazy: a pattern of files in, a sink out."""

import polars as pl

parts = pl.scan_csv("parts/*.csv")
parts.filter(pl.col("price") > 50).sink_parquet("dear.parquet")
pl.scan_parquet("orders.parquet").select(pl.col("price").mean()).collect().write_csv("mean.csv")
