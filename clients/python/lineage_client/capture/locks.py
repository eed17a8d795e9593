"""A lock on an open file that ends with the process that holds it, however that ends."""

from __future__ import annotations

import errno
import sys

_TAKEN = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})


def _is_taken(error: OSError) -> bool:
    """Whether somebody else holds the lock. Raises OSError where there are no locks at all, as on some network disks."""
    if error.errno in _TAKEN:
        return True
    raise OSError(
        error.errno,
        "files cannot be locked here, which the spool needs: LINEAGE_SPOOL_DIR names a folder where they can",
    ) from error


if sys.platform == "win32":
    import msvcrt

    _FAR = 0x7FFF_FFFF  # behind all content: a locked region cannot be read there

    def try_lock(descriptor: int) -> bool:
        """Take the lock without waiting; whether it was free. Raises OSError where files cannot be locked."""
        import os

        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return not _is_taken(error)
        finally:
            os.lseek(descriptor, place, os.SEEK_SET)
        return True

    def unlock(descriptor: int) -> None:
        """Give the lock up. Here it belongs to the process, and ends when the file is closed."""

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Take the lock without waiting; whether it was free. Raises OSError where files cannot be locked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return not _is_taken(error)
        return True

    def unlock(descriptor: int) -> None:
        """Give the lock up, for forked children too: they have it as long as they have the open file."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
