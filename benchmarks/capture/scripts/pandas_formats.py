"""From one format to the next; the pickle is only a station."""

import pandas as pd

orders = pd.read_json("orders.json")
orders.to_pickle("station.pkl")
again = pd.read_pickle("station.pkl")
again.to_feather("orders.feather")
pd.read_feather("orders.feather").head(10).to_json("first.json", orient="records")
