"""Digests of real artifacts: files and folders, read in pieces, and refused where they change meanwhile.

A folder's digest is that which ``lineage_client`` records: SHA-256 over a line ``digest  name`` for each file, in the
order of the walk. Links are not followed unless asked, and never to folders.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from registry.errors import ArtifactError

MAX_FILES: Final = 100_000
_PIECE: Final = 1 << 20
_SHA256: Final = "sha256"

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FileDigest:
    """A file within a folder (its name with slashes; empty for a file by itself), its size and digests in hexadecimal."""

    name: str
    size: int
    digests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file or folder as it was read: digests by algorithm in hexadecimal, size in bytes, and each file."""

    path: str
    folder: bool
    size: int
    digests: Mapping[str, str]
    files: tuple[FileDigest, ...]

    @property
    def digest(self) -> str:
        """``sha256:<hex>``, as it is registered."""
        return f"{_SHA256}:{self.digests[_SHA256]}"


def digest_artifact(
    path: Path, *, algorithms: Iterable[str] = (), links: bool = False, on_bytes: OnBytes | None = None
) -> Artifact:
    """Read a file or a folder and digest it with SHA-256 and the other algorithms; ``on_bytes`` is told of each piece.

    Raises ArtifactError for what is neither, for links (but those to files, with ``links``), for names that cannot be
    written down, and for what changes while it is read.
    """
    if path.is_symlink() and path.is_dir():
        raise ArtifactError(f"{path} is a link to a folder.", hint=f"Name the folder itself: {path.resolve()}.")
    wanted = tuple(dict.fromkeys((_SHA256, *algorithms)))
    tell = on_bytes or _silent
    try:
        if not path.is_dir():
            found = _file(str(path), "", None, wanted, links=links or not path.is_symlink(), tell=tell)
            return Artifact(str(path), False, found.size, found.digests, (found,))
        files = tuple(_files(path, wanted, links=links, tell=tell))
        if [item.name for item in files] != [name for name, _ in _names(path)]:
            raise ArtifactError(f"{path} got or lost files while it was read.")
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror or error}.") from None
    return Artifact(str(path), True, sum(item.size for item in files), {_SHA256: folder_digest(files)}, files)


def folder_digest(files: Iterable[FileDigest]) -> str:
    """SHA-256, in hexadecimal, over the files of a folder in the order of its walk."""
    whole = hashlib.sha256()
    for item in files:
        whole.update(f"{item.digests[_SHA256]}  {item.name}\n".encode())
    return whole.hexdigest()


def size_of(path: Path) -> int:
    """Bytes that will be read; 0 where that cannot be told. For progress only."""
    try:
        if not path.is_dir():
            return path.stat().st_size
        return sum(status.st_size for _, status in _names(path))
    except (OSError, ArtifactError):
        return 0


def _names(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    for folder, name, descriptor in _walk(path):
        yield f"{folder}{name}", os.stat(name, dir_fd=descriptor)


def _files(path: Path, wanted: tuple[str, ...], *, links: bool, tell: OnBytes) -> Iterator[FileDigest]:
    for folder, name, descriptor in _walk(path):
        _check_name(name)
        yield _file(name, f"{folder}{name}", descriptor, wanted, links=links, tell=tell)


def _walk(path: Path) -> Iterator[tuple[str, str, int]]:
    """Each file: its folder within, ending with a slash, its name, and the open folder that it is in."""
    count = 0
    for folder, folders, names, descriptor in os.fwalk(path, onerror=_raise, follow_symlinks=False):
        folders.sort()
        for name in folders:
            _check_name(name)
            if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                raise ArtifactError(f"{name!r} in {path} is a link to a folder.", hint="Digest that folder by itself.")
        within = os.path.relpath(folder, path)
        for name in sorted(names):
            count += 1
            if count > MAX_FILES:
                raise ArtifactError(f"{path} has more than {MAX_FILES:,} files.")
            yield "" if within == "." else f"{within}/", name, descriptor


def _file(
    path: str, name: str, folder: int | None, wanted: tuple[str, ...], *, links: bool, tell: OnBytes
) -> FileDigest:
    # Without waiting, since a pipe is refused and not read.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    try:
        descriptor = os.open(path, flags, dir_fd=folder)
    except OSError as error:
        if not links and os.path.islink(path if folder is None else f"/proc/self/fd/{folder}/{path}"):  # noqa: PTH114
            raise ArtifactError(
                f"{name or path!r} is a link.", hint="--follow-links reads the file that it names."
            ) from error
        raise
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise ArtifactError(f"{name or path!r} is no regular file.")
        hashes = [hashlib.new(item) for item in wanted]
        size = 0
        while size <= before.st_size and (piece := file.read(_PIECE)):  # a file that grows has no end
            size += len(piece)
            for item in hashes:
                item.update(piece)
            tell(len(piece))
        if size != before.st_size or _state(before) != _state(os.fstat(descriptor)):
            raise ArtifactError(f"{name or path!r} changed while it was read.")
    return FileDigest(name, size, {item.name: item.hexdigest() for item in hashes})


def _state(status: os.stat_result) -> tuple[int, ...]:
    # The time of change of the inode cannot be set back as that of the content can.
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _check_name(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ArtifactError(f"The name {name!r} is not UTF-8.") from None
    if not name.isprintable():
        raise ArtifactError(f"The name {name!r} has control characters, so that a list of files could be misread.")


def _raise(error: OSError) -> None:
    raise error


def _silent(_: int) -> None:
    """Nobody watches."""
