"""polars asks SQLite; another database is attached and filled."""

import sqlite3

import polars as pl

shop = sqlite3.connect("shop.sqlite")
pl.read_database("SELECT * FROM prices", shop).write_parquet("prices.parquet")
shop.execute("ATTACH DATABASE 'archive.sqlite' AS archive")
shop.execute("CREATE TABLE archive.prices AS SELECT * FROM prices")
shop.commit()
shop.close()
