"""Where this system keeps what belongs to a user."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def user_data() -> Path:
    """The folder for the data of the user's programs."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
