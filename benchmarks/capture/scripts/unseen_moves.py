"""Files copied, moved and written by way of temporary ones."""

# ruff: noqa: PTH104

import os
import shutil
import tempfile
from pathlib import Path

shutil.copy("orders.csv", "backup.csv")
with tempfile.NamedTemporaryFile("w", dir=".", suffix=".part", delete=False) as part:
    part.write(Path("customers.csv").read_text())
os.rename(part.name, "renamed.csv")
shutil.move("backup.csv", "moved.csv")
Path("lines.txt").write_text("\n".join(Path("orders.csv").read_text().splitlines()[:3]))
