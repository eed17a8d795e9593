"""Join two tables and write the totals."""

import pandas as pd

orders = pd.read_csv("orders.csv")
customers = pd.read_csv("customers.csv")
joined = orders.merge(customers, left_on="customer", right_on="id", suffixes=("", "_customer"))
joined.assign(total=joined["price"] * joined["pieces"]).groupby("country")["total"].sum().to_csv("totals.csv")
