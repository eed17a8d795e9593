"""Threads that read, pickles by hand, a handle that is passed on."""

# ruff: noqa: PTH123

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
from sklearn.cluster import KMeans

with ThreadPoolExecutor(3) as threads:
    parts = list(threads.map(pl.read_csv, sorted(Path("parts").glob("*.csv"))))
model = KMeans(n_clusters=2, n_init=1, random_state=1).fit(pl.concat(parts).select("price").to_numpy())
with open("clusters.pkl", "wb") as file:
    pickle.dump(model, file)
with open("clusters.csv", "wb") as target:
    pl.DataFrame({"label": model.labels_}).write_csv(target)
