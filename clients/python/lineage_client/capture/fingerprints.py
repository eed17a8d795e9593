"""What is in a file, by a digest, and how much of it the digest covers."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

FULL, METADATA = "full", "metadata"
DEFAULT_LIMIT = 256 << 20
_MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``digest`` as ``sha256:hex``; ``coverage`` says what it is over: all content, or only names, sizes and times."""

    digest: str
    coverage: str
    size: int

    @property
    def version(self) -> str:
        """The name of the version that has this content."""
        return f"sha256-{self.digest.removeprefix('sha256:')[:16]}"


def size_limit() -> int:
    """Bytes up to which content is digested: ``LINEAGE_CAPTURE_DIGEST_BYTES``, else 256 MiB."""
    try:
        return int(os.environ["LINEAGE_CAPTURE_DIGEST_BYTES"])
    except (KeyError, ValueError):
        return DEFAULT_LIMIT


def fingerprint(path: str, limit: int | None = None) -> Fingerprint:
    """The fingerprint of a file, or of a folder with all files in it. Raises OSError where there is none.

    Above ``limit`` bytes, and for content that keeps changing while it is read, only metadata are covered.
    """
    most = size_limit() if limit is None else limit
    for _ in range(2):
        before = _listing(path)
        size = sum(entry[1] for entry in before)
        if size > most or len(before) > _MOST_FILES:
            break
        digest = _content(path, before)
        if _listing(path) == before:
            return Fingerprint(f"sha256:{digest}", FULL, size)
    told = "\n".join(f"{name}\0{length}\0{changed}" for name, length, changed in before)
    digest = hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()
    return Fingerprint(f"sha256:{digest}", METADATA, size)


_Entry = tuple[str, int, int]


def _listing(path: str) -> list[_Entry]:
    """Name within, size and time of change of each file."""
    about = Path(path).stat()
    if stat.S_ISREG(about.st_mode):
        return [("", about.st_size, about.st_mtime_ns)]
    if not stat.S_ISDIR(about.st_mode):
        raise OSError(f"{path} is no file")  # a pipe or a device: reading it would take from the run
    found: list[_Entry] = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = os.path.join(folder, name)  # noqa: PTH118 - a Path for each of many files takes its time
            if len(found) <= _MOST_FILES and os.path.isfile(file):  # noqa: PTH113
                entry = os.stat(file)  # noqa: PTH116
                found.append((os.path.relpath(file, path), entry.st_size, entry.st_mtime_ns))
    return found


def _content(path: str, entries: list[_Entry]) -> str:
    if len(entries) == 1 and not entries[0][0]:
        return _of_file(path)
    whole = hashlib.sha256()
    for name, _, _ in entries:
        whole.update(f"{_of_file(os.path.join(path, name))}  {name}\n".encode("utf-8", "surrogateescape"))  # noqa: PTH118
    return whole.hexdigest()


def _of_file(path: str) -> str:
    with open(path, "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()
