"""Wrappers that libraries take for a part of themselves when they look for the line of the user's that called them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FunctionType


def stand_in(wrapper: Callable[..., object], module: str) -> None:
    """Let a wrapper count as code of the library that the module is of.

    pandas and polars give their warnings the place of the first line outside of their own folder. Without this it would
    be the wrapper's, always the same, and Python shows a warning once for each place.
    """
    home = getattr(sys.modules.get(module.partition(".")[0]), "__file__", None)
    if isinstance(home, str) and isinstance(wrapper, FunctionType):
        name = os.path.join(os.path.dirname(home), "(watched by lineage_client)")  # noqa: PTH118, PTH120 - thousands
        wrapper.__code__ = wrapper.__code__.replace(co_filename=name)
