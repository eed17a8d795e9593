"""Lineage that arrives by itself from Python: what a run read, wrote, with which code, parameters and packages.

import lineage_client

with lineage_client.run("clean", inputs="raw.csv", outputs="clean.csv"):
    ...
"""

from __future__ import annotations

from lineage_client.capture.active import current_run as current
from lineage_client.capture.decorating import captured, run
from lineage_client.capture.running import Run
from lineage_client.capture.sending import Flushed, flush
from lineage_client.capture.watching import watch

__all__ = ["Flushed", "Run", "captured", "current", "flush", "run", "watch"]
