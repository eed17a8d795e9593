"""Every measurement, one after another, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

for name in ("writing", "scale", "starting", "openlineage", "mlflow_import", "ledger", "ledger_writes"):
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
