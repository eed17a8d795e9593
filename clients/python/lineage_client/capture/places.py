"""Where capture keeps what was not sent yet: in the user's own data folder, readable for nobody else."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from pathlib import Path

from lineage_client.user_folders import user_data

_NAME = "lineage-client"
_WEEK = 7 * 24 * 3600.0


def spool_folder() -> Path:
    """The folder of the spool: ``LINEAGE_SPOOL_DIR``, else ``lineage-client/spool`` below the user's data folder.

    Where that cannot be written, as in containers whose disks are read-only, :func:`spare_folder` if there is one.
    """
    named = os.environ.get("LINEAGE_SPOOL_DIR")
    folder = Path(os.path.expanduser(named)) if named else user_data() / _NAME / "spool"  # noqa: PTH111 - may raise
    if _can_be_written(folder):
        return folder
    return spare_folder(make=True) or folder


def spare_folder(*, make: bool = False) -> Path | None:
    """A folder of this user's alone below the system's temporary one, ``make`` where it is missing; None without one.

    What is below a folder that everybody may write to could be somebody else's: such a one is not used.
    """
    if not hasattr(os, "getuid"):
        return None
    base = Path(os.environ.get("TMPDIR") or "/tmp") / f"{_NAME}-{os.getuid()}"  # noqa: S108 - owner and mode are checked
    try:
        if make:
            base.mkdir(mode=0o700, exist_ok=True)
        about = base.lstat()
    except OSError:
        return None
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o077
    return base / "spool" if mine and os.access(base, os.W_OK) else None


def _can_be_written(folder: Path) -> bool:
    try:
        return os.access(make_private(folder), os.W_OK | os.X_OK)
    except OSError:
        return False


def make_private(folder: Path) -> Path:
    """The folder, made where it is missing, for its owner alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def process_journals(spool: Path) -> Path:
    """Where the processes of runs tell what they do: a folder for each run, which removes it at its end."""
    return spool / "processes"


def forget_journals(spool: Path) -> None:
    """Remove the journals of runs that died a week ago or more, or whose processes went on without them."""
    folder = process_journals(spool)
    if folder.is_dir():
        import shutil  # which brings compression along

        for journal in folder.iterdir():
            with contextlib.suppress(OSError):  # another process removes it too, or it is somebody else's
                if time.time() - journal.stat().st_mtime > _WEEK:
                    shutil.rmtree(journal)
