"""pandas asks a database and writes into another."""

import sqlite3

import pandas as pd

source, target = sqlite3.connect("shop.sqlite"), sqlite3.connect("copy.sqlite")
prices = pd.read_sql("SELECT id, price FROM prices", source)
prices.to_sql("prices", target, index=False)
target.commit()
source.close()
target.close()
prices.describe().to_csv("prices.csv")
