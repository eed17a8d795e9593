"""Python loads this first in processes that a run under capture starts: it notes what they read and write, too.

It is found by ``PYTHONPATH``, which the run sets for its children, and hands over to the ``sitecustomize`` that would
have been loaded. Whatever goes wrong, the process is as without it.
"""

# ruff: noqa: PTH100, PTH120 - as little as can be is loaded here

import os
import sys


def _join() -> None:
    if sys.version_info < (3, 11) or not os.environ.get("LINEAGE_CAPTURE_PARENT"):
        return
    try:
        from lineage_client.capture.child_runs import join
    except Exception:  # noqa: BLE001 - a Python that has no lineage_client, or another version of it
        return
    join()


def _hand_over() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != here]
    this = sys.modules.pop("sitecustomize")
    try:
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401 - the one that would have been loaded
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
    finally:
        sys.modules.setdefault("sitecustomize", this)


_hand_over()
_join()
