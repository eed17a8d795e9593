"""Features for a model: windows, lags, logarithms, categories; scaled, split, stored."""

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

orders = pd.read_parquet("orders.parquet").sort_values("id")
customers = pd.read_csv("customers.csv", index_col="id")
features = pd.DataFrame({"id": orders["id"], "log_price": np.log1p(orders["price"])})
features["pieces_before"] = orders.groupby("customer")["pieces"].shift(1).fillna(0)
features["mean_price"] = orders["price"].rolling(5, min_periods=1).mean()
features["many"] = np.where(orders["pieces"] > 4, 1, 0)
features["ratio"] = orders.eval("price / pieces")
features["country"] = orders["customer"].map(customers["country"])
features = pd.get_dummies(features, columns=["country"])
scaled = features.copy()
scaled[["log_price", "mean_price"]] = StandardScaler().fit_transform(features[["log_price", "mean_price"]])
train, test = train_test_split(scaled, test_size=0.2, random_state=1)
train.to_parquet("train.parquet", index=False)
test.to_parquet("test.parquet", index=False)
