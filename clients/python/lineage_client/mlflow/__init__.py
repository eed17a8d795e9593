"""Lineage from MLflow at the moment of writing: runs, the data they read, the models they save and register.

Switched on by ``LINEAGE_MLFLOW=on`` before MLflow is imported, or by :func:`watch`. What is seen goes through the spool
of the capture, beside the user's run: it waits for nothing, and nothing that goes wrong here reaches MLflow.
"""

from __future__ import annotations

from lineage_client.mlflow.stores import watch

__all__ = ["watch"]
