"""Pickles, a cache on disk, arrays, a settings file and a text that is written."""

# ruff: noqa: PTH123

import configparser
import pickle
import tomllib
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd

Path("settings.ini").write_text("[model]\nfactor = 2\n")
settings = configparser.ConfigParser()
settings.read("settings.ini")
print(tomllib.loads("a = 1"))
memory = joblib.Memory("cache", verbose=0)


@memory.cache  # type: ignore[untyped-decorator]
def scaled(path: str, factor: float) -> np.ndarray:
    """The array, times a factor."""
    return np.load(path) * factor  # type: ignore[no-any-return]


np.save("scaled.npy", scaled("weights.npy", settings.getfloat("model", "factor")))
model = joblib.load("price.joblib")
with open("model.pickle", "wb") as file:
    pickle.dump({"model": model, "columns": ["pieces"]}, file)
pd.read_csv("orders.csv", chunksize=700, iterator=True).get_chunk(100).to_csv("head.tsv", sep="\t", index=False)
Path("README.md").write_text("# What is here\n")
