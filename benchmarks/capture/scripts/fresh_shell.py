"""The shell does a part of the work."""

import os
import shutil
import subprocess

import pandas as pd

os.system("head -n 20 orders.csv > first.csv")
subprocess.run("sort customers.csv | gzip -c > customers.csv.gz", shell=True, check=True)
shutil.make_archive("parts", "zip", "parts")
pd.read_csv("first.csv").describe().to_csv("described.csv")
pd.read_csv("customers.csv.gz", names=["id", "country"]).to_json("customers.json")
