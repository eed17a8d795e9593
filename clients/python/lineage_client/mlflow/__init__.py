"""Lineage from MLflow at the moment of writing: runs, the data they read, the models they save and register.

Switched on by ``LINEAGE_MLFLOW=on`` before MLflow is imported, or by :func:`watch`. What is seen goes through the spool
of the capture, beside the user's run: it waits for nothing, and nothing that goes wrong here reaches MLflow.
"""

from __future__ import annotations

__all__ = ["watch"]


def watch() -> None:
    """Have every store that MLflow opens from now on watched. Twice is once.

    Raises ImportError and AttributeError where this MLflow is built in another way than those that are known.
    """
    # MLflow loads this package wherever it is installed: what it needs is loaded where it is switched on.
    from lineage_client.mlflow.stores import watch_stores

    watch_stores()
