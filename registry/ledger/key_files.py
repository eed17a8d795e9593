"""Where signing keys come from: a file that only its owner may read, or the environment."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from registry.errors import InvalidKeyError
from registry.ledger.durable import sync_folder
from registry.ledger.keys import SigningKey

KEY_VARIABLE: Final = "LINEAGE_LEDGER_KEY"
KEY_FILE_VARIABLE: Final = "LINEAGE_LEDGER_KEY_FILE"
_LONGEST: Final = 4096


def write_key_file(key: SigningKey, path: Path) -> None:
    """Store a key, durably, in a new file of mode 0600. Raises InvalidKeyError where the file is there or cannot be made."""
    write_secret_file(path, key.reveal().encode() + b"\n")


def read_key_file(path: Path) -> SigningKey:
    """The key in a file. Raises InvalidKeyError unless it is a regular file of ours that nobody else may read."""
    return _parse(read_secret_file(path).decode("utf-8", "replace"))


def write_secret_file(path: Path, content: bytes) -> None:
    """Store the content of a key file as :func:`write_key_file` does."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise InvalidKeyError(f"The key file cannot be made: {error.strerror}.") from None


def read_secret_file(path: Path) -> bytes:
    """The beginning of a key file, longer than any key. Raises InvalidKeyError as :func:`read_key_file` does."""
    try:
        # Without waiting, since a pipe is refused and not read.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            _check_access(status)
            return file.read(_LONGEST + 1)
    except OSError as error:
        raise InvalidKeyError(f"The key file cannot be read: {error.strerror}.") from None


def given_lines(path: Path | None, text: str | None) -> list[str]:
    """The lines that ``LINEAGE_LEDGER_KEY_FILE`` or ``LINEAGE_LEDGER_KEY`` give: each a key, or the name of one elsewhere.

    No lines where neither is set. Raises InvalidKeyError where both are, and as :func:`read_key_file` does.
    """
    if path is not None and text:
        raise InvalidKeyError(f"Both {KEY_FILE_VARIABLE} and {KEY_VARIABLE} are set: keep one.")
    content = text or ""
    if path is not None:
        content = read_secret_file(path).decode("utf-8", "replace")
        if len(content) > _LONGEST:
            raise InvalidKeyError("The key file is too long to be one.")
    return [line.strip() for line in content.split("\n") if line.strip()]


def _check_access(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise InvalidKeyError("The key file is not a regular file.")
    if status.st_mode & 0o077:
        raise InvalidKeyError("The key file may be read by others.", hint="chmod 600 the file, and consider a new key.")
    if status.st_uid not in (os.geteuid(), 0):
        raise InvalidKeyError("The key file belongs to another user.")


def _parse(text: str) -> SigningKey:
    lines = text.split("\n")
    if len(text) > _LONGEST or any(lines[1:]):
        raise InvalidKeyError("A key is one line.")
    return SigningKey.parse(lines[0])
