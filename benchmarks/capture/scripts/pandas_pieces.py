"""Read in pieces, write by appending; then correct a file in its place."""

import pandas as pd

for number, piece in enumerate(pd.read_csv("orders.csv", chunksize=500)):
    piece[piece["pieces"] > 4].to_csv("large.csv", mode="a" if number else "w", header=number == 0, index=False)
customers = pd.read_csv("customers.csv")
customers["country"] = customers["country"].str.lower()
customers.to_csv("customers.csv", index=False)
