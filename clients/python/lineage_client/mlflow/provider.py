"""What MLflow loads by its entry point ``mlflow.run_context_provider``, the one group that replaces nothing of its own.

A plugin of the group ``mlflow.tracking_store`` would have to stand in for a store, by a scheme of its own that
proxied artifacts refuse, or by taking the place of MLflow's builders. This one only lets the stores be watched.
"""

from __future__ import annotations

import os

from lineage_client.mlflow import watch


class LineageContext:
    """Begins to watch MLflow's stores where ``LINEAGE_MLFLOW`` is on; adds no tags to runs."""

    def __init__(self) -> None:
        if os.environ.get("LINEAGE_MLFLOW", "").strip().lower() in {"on", "1", "yes", "true"}:
            from lineage_client.capture.quiet import quietly

            with quietly("MLflow could not be watched"):
                watch()

    def in_context(self) -> bool:
        """Whether there are tags to add: there are none."""
        return False

    def tags(self) -> dict[str, str]:
        """None."""
        return {}
