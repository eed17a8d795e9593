"""A pipeline of scikit-learn scores all orders; a child process compresses the result."""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import pandas as pd
import yaml
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

Path("config.yaml").write_text(yaml.safe_dump({"alpha": 0.5}))
orders = pd.read_json("orders.json")
features = orders[["pieces", "customer"]]
pipeline = make_pipeline(MinMaxScaler(), Ridge(alpha=yaml.safe_load(Path("config.yaml").read_text())["alpha"]))
pipeline.fit(features, orders["price"])
joblib.dump(pipeline, "pipeline.joblib.gz")
scores = pd.DataFrame({"id": orders["id"], "score": pipeline.predict(features)})
scores["error"] = (scores["score"] - orders["price"]).abs()
scores.to_csv("scores.csv", index=False)
with Path("scores.csv").open("rb") as source, gzip.open("scores.csv.gz", "wb") as target:
    shutil.copyfileobj(source, target)
subprocess.run([sys.executable, "-m", "json.tool", "orders.json", "pretty.json"], check=True)
