"""pyarrow opens files in native code, and no hook watches it."""

import pyarrow.csv as csv
import pyarrow.parquet as parquet

table = parquet.read_table("orders.parquet")
csv.write_csv(table.slice(0, 10), "slice.csv")
parquet.write_table(csv.read_csv("customers.csv"), "customers.parquet")
