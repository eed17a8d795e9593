"""Partitioned folders, written and read as wholes."""

import pandas as pd
import polars as pl

customers = pd.read_csv("customers.csv")
customers.to_parquet("by_country", partition_cols=["country"], basename_template="part-{i}.parquet")
pd.read_parquet("by_country").head(3).to_csv("three.csv", index=False)
pl.scan_csv("parts").collect().write_csv("whole.csv")
