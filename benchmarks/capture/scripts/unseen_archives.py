"""Compressed tables, archives with several members, arrays as text."""

import zipfile

import numpy as np
import pandas as pd

pd.read_csv("orders.csv").to_csv("orders.csv.zip", index=False)
with zipfile.ZipFile("orders.csv.zip") as archive, archive.open(archive.namelist()[0]) as member:
    orders = pd.read_csv(member)
np.savetxt("prices.txt", orders["price"].to_numpy())
np.loadtxt("customers.csv", delimiter=",", skiprows=1, dtype=str)
orders.to_csv("orders.csv.xz")
