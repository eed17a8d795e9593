"""polars: eager, with windows, dates, strings and a pivot; one frame by way of pandas."""

import polars as pl

orders = pl.read_parquet("orders.parquet")
parts = pl.concat([pl.read_csv(f"parts/part-{number}.csv") for number in range(3)])
both = orders.join(parts.select("id", pl.col("price").alias("other")), on="id", how="inner")
both = both.with_columns(
    difference=(pl.col("price") - pl.col("other")).abs(),
    running=pl.col("price").cum_sum().over("customer"),
    label=pl.format("{}-{}", "customer", "pieces"),
).sort("id")
both.write_csv("both.csv")
wide = both.pivot("pieces", index="customer", values="price", aggregate_function="mean")
wide.write_parquet("wide.parquet")
long = both.unpivot(["price", "other"], index="id").filter(pl.col("value") > 5)
long.write_ndjson("long.ndjson")
both.select(pl.col("price", "other").mean().name.prefix("mean_"), pl.col("label").first()).write_json("means.json")
frame = both.select("id", "difference").to_pandas()
frame["twice"] = frame["difference"] * 2
frame.to_csv("twice.csv", index=False)
