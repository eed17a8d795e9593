"""Where everything of one managed Neo4j lies, and whether it can be written there.

One folder for each line below the data folder, so that changing the line never touches the other's store.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import LocalServerError
from registry.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Below this much room a start is refused: the store would only break later, in the middle of a write.
MINIMUM_FREE_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Layout:
    """All paths of one server. Nothing exists until :meth:`prepare`."""

    line: str
    root: Path
    logs: Path

    @classmethod
    def of(cls, settings: Settings) -> Layout:
        """The layout that the settings name."""
        data = settings.data_dir.expanduser().absolute()
        name = f"neo4j-{settings.neo4j_version}"
        logs = settings.log_dir.expanduser().absolute()
        default = Settings.model_fields["data_dir"].get_default(call_default_factory=True, validated_data={})
        if data != default:  # servers on other data folders must not share log files
            name_of_logs = f"{name}-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:8]}"
        else:
            name_of_logs = name
        return cls(settings.neo4j_version, data / name, logs / name_of_logs)

    @property
    def conf(self) -> Path:
        """Folder of ``neo4j.conf``, written anew at each start."""
        return self.root / "conf"

    @property
    def data(self) -> Path:
        """Neo4j's own data folder."""
        return self.root / "data"

    @property
    def password(self) -> Path:
        """The 0600 file with the password."""
        return self.root / "password"

    @property
    def lock(self) -> Path:
        """The file whose flock is held while anything uses the store."""
        return self.root / "keeper.lock"

    @property
    def state(self) -> Path:
        """JSON about who holds the lock; means something only while the lock is held."""
        return self.root / "keeper.json"

    @property
    def ready(self) -> Path:
        """JSON about the run of the server that has answered; means something only while that run lasts."""
        return self.root / "keeper.ready.json"

    @property
    def arguments(self) -> Path:
        """The argument file that Java is started with."""
        return self.root / "java.args"

    @property
    def output(self) -> Path:
        """What Java itself printed at the last start."""
        return self.logs / "java.log"

    @property
    def log(self) -> Path:
        """Neo4j's log for people."""
        return self.logs / "neo4j.log"

    @property
    def debug_log(self) -> Path:
        """Neo4j's detailed log (JSON lines)."""
        return self.logs / "debug.log"

    @property
    def loading(self) -> Path:
        """The data folder that a load builds, until it takes the place of the old one."""
        return self.root / "data.loading"

    @property
    def replaced(self) -> Path:
        """The data folder that a load has replaced, until the new one is in place."""
        return self.root / "data.replaced"

    def initialised(self) -> bool:
        """Whether a password has been set in this store, in other words whether it was set up before."""
        return (self.data / "dbms" / "auth.ini").exists() or (self.data / "databases" / "system").exists()

    def has_store(self) -> bool:
        """Whether there is a database with data."""
        return (self.data / "databases" / "neo4j").is_dir()

    def _folders(self) -> Iterator[tuple[Path, int]]:
        yield self.root, 0o700
        yield from ((self.root / name, 0o700) for name in ("conf", "import", "plugins", "run"))
        yield self.logs, 0o700

    def prepare(self) -> None:
        """Make the folders (0700) and prove that each takes a file.

        Raises LocalServerError naming the folder and the reason: not a folder, read-only, not permitted, full.
        """
        for folder, mode in self._folders():
            try:
                folder.mkdir(mode=mode, parents=True, exist_ok=True)
                if folder.stat().st_mode & 0o077:
                    folder.chmod(mode)
                _prove_writable(folder)
            except OSError as error:
                raise _unusable(folder, error) from error
        _prove_room(self.root)


def _prove_writable(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0" * 4096)
        file.flush()
        os.fsync(file.fileno())


def _prove_room(folder: Path) -> None:
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < MINIMUM_FREE_BYTES:
        raise LocalServerError(
            f"Only {free // 2**20} MiB are free where {folder} lies; the managed Neo4j needs"
            f" {MINIMUM_FREE_BYTES // 2**20} MiB to start.",
            hint="Make room there, or set LINEAGE_DATA_DIR to a folder on a larger disk.",
            folder=str(folder),
        )


_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
    errno.ENOTDIR: "something on that path is a file",
    errno.EEXIST: "it is a file, not a folder",
}


def reason_of(error: OSError) -> str:
    """Why a file operation failed, in words."""
    return _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)


def _unusable(folder: Path, error: OSError) -> LocalServerError:
    return LocalServerError(
        f"The folder {folder} cannot be used: {reason_of(error)}.",
        hint="Repair it, or choose others with LINEAGE_DATA_DIR and LINEAGE_LOG_DIR.",
        folder=str(folder),
    )
