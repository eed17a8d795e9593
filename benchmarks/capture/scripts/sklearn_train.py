"""Train a model and store it."""

import json
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

orders = pd.read_csv("orders.csv")
train, test = train_test_split(orders, random_state=3)
model = RandomForestRegressor(n_estimators=5, random_state=3).fit(train[["pieces", "customer"]], train["price"])
joblib.dump(model, "forest.joblib")
Path("metrics.json").write_text(json.dumps({"r2": model.score(test[["pieces", "customer"]], test["price"])}))
