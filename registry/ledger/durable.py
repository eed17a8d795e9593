"""Files that are whole and on the disk once a call returns."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from registry.errors import LedgerStorageError


def write_whole(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Put a file in place: readers see the old content or the new, never a part. Makes the folders it needs.

    Without ``sync`` its name is durable only once :func:`sync_folder` was called for its folder; its content is at once.
    Raises LedgerStorageError where that fails; the old content stays then.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        if sync:
            sync_folder(path.parent)
    except OSError as error:
        raise LedgerStorageError(f"A file of the ledger cannot be written: {error.strerror}.") from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
