"""Predict with a stored model."""

import joblib  # type: ignore[import-untyped]
import pandas as pd

model = joblib.load("price.joblib")
orders = pd.read_parquet("orders.parquet")
orders.assign(expected=model.predict(orders[["pieces"]])).to_csv("predicted.csv", index=False)
