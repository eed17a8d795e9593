"""Where capture keeps what was not sent yet: in the user's own data folder, readable for nobody else."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "lineage-client"


def spool_folder() -> Path:
    """The folder of the spool: ``LINEAGE_SPOOL_DIR``, else ``lineage-client/spool`` below the user's data folder."""
    named = os.environ.get("LINEAGE_SPOOL_DIR")
    return Path(named).expanduser() if named else _user_data() / _NAME / "spool"


def make_private(folder: Path) -> Path:
    """The folder, made where it is missing, for its owner alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _user_data() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
