"""polars as people write it: one lazy pipeline, one eager look at its result."""

import polars as pl
import polars.selectors as cs

orders = pl.scan_parquet("orders.parquet")
customers = pl.scan_csv("customers.csv").rename({"id": "customer"})
enriched = (
    orders.join(customers, on="customer", how="left")
    .with_columns(
        total=pl.col("price") * pl.col("pieces"),
        dear=pl.when(pl.col("price") > 50).then(pl.lit("yes")).otherwise(pl.lit("no")),
    )
    .with_columns(share=pl.col("total") / pl.col("total").sum().over("country"))
    .filter(pl.col("pieces") > 1)
    .drop("price")
)
enriched.sink_parquet("enriched.parquet")
frame = enriched.collect()
summary = frame.group_by("country", "dear").agg(
    pl.col("total").sum().name.suffix("_sum"), pl.len().alias("orders"), pl.col("customer").n_unique()
)
summary.sort("country").write_csv("summary.csv")
frame.select(cs.by_name("id", "total"), pl.col("share").rank().alias("place")).head(20).write_ndjson("top.ndjson")
