"""Files that commands write: whole or not at all, and never over one that is there."""

from __future__ import annotations

import os
from pathlib import Path

from registry.errors import ConfigurationError


def write_new_file(path: Path, content: bytes) -> None:
    """Write a file that is not there yet, durably. Raises ConfigurationError where it is, or cannot be made."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from None
