"""Which jars are installed, exactly: the committed lock files, and the command that makes them anew.

``python -m registry.graph.local.lock 2026`` resolves the newest pinned coordinates of that lock with jgo and writes
its file (jgo's own lock format plus the size of each jar). Run it after changing :data:`COORDINATES`, look at the
diff, and commit it. Nothing is resolved when the product runs: it fetches exactly what the lock names.
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What each lock resolves. Keys name the lock file.
COORDINATES: dict[str, tuple[str, ...]] = {
    "neo4j-2026": ("org.neo4j.app:neo4j-server:2026.08.1", "org.neo4j:neo4j:2026.08.1"),
    "neo4j-5": ("org.neo4j.app:neo4j-server:5.26.30", "org.neo4j:neo4j:5.26.30"),
    # The query page works offline; 2.4.7 is the newest GraphiQL that Maven Central has in one file.
    "graphiql": (
        "org.webjars.npm:graphiql:2.4.7",
        "org.webjars.npm:react:18.2.0",
        "org.webjars.npm:react-dom:18.2.0",
    ),
}
#: Locks that take only the coordinates themselves: their dependencies are bundled inside.
BUNDLED = frozenset({"graphiql"})

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class LockedJar:
    """One file of one version: where Maven Central keeps it, its SHA-256 (hex) and its size in bytes."""

    group: str
    artifact: str
    version: str
    packaging: str
    classifier: str
    sha256: str
    size: int

    @property
    def coordinate(self) -> str:
        """The name that people know it by, ``group:artifact:version[:classifier]``."""
        return ":".join(part for part in (self.group, self.artifact, self.version, self.classifier) if part)

    @property
    def path(self) -> PurePosixPath:
        """Where it lies in a Maven repository, relative to its root."""
        suffix = f"-{self.classifier}" if self.classifier else ""
        name = f"{self.artifact}-{self.version}{suffix}.{self.packaging}"
        return PurePosixPath(*self.group.split("."), self.artifact, self.version, name)


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file: its name, the digest of its text, and its jars in the order of the class path."""

    name: str
    digest: str
    jars: tuple[LockedJar, ...]

    @property
    def size(self) -> int:
        """All jars together, in bytes."""
        return sum(jar.size for jar in self.jars)


@cache
def read_lock(name: str) -> Lock:
    """The committed lock ``name``, one of :data:`COORDINATES`."""
    text = files(__package__).joinpath("locks", f"{name}.lock.toml").read_text(encoding="utf-8")
    jars = tuple(
        LockedJar(
            group=entry["groupId"],
            artifact=entry["artifactId"],
            version=entry["version"],
            packaging=entry["packaging"],
            classifier=entry.get("classifier", ""),
            sha256=entry["sha256"],
            size=entry["size"],
        )
        for entry in tomllib.loads(text)["dependencies"]
    )
    return Lock(name, hashlib.sha256(text.encode()).hexdigest(), jars)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _resolve(name: str) -> list[tuple[Any, Path]]:
    """The artifacts of a lock and where jgo has put each."""
    import jgo
    from jgo.maven import MavenContext

    artifacts: Iterable[Any]
    if name in BUNDLED:
        context = MavenContext()
        artifacts = [context.create_dependency(coordinate).artifact for coordinate in COORDINATES[name]]
    else:
        artifacts = jgo.resolve("+".join(COORDINATES[name]))
    return [(artifact, artifact.resolve()) for artifact in artifacts]


def render_lock(resolved: Iterable[tuple[Any, Path]]) -> str:
    """The text of a lock file. The same artifacts give the same text: no time, no place."""
    entries = []
    for artifact, path in resolved:
        fields = {"groupId": artifact.groupId, "artifactId": artifact.artifactId, "version": artifact.version}
        fields["packaging"] = artifact.packaging
        if artifact.classifier:
            fields["classifier"] = artifact.classifier
        fields["sha256"] = sha256_of(path)
        body = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
        entries.append(f"[[dependencies]]\n{body}size = {path.stat().st_size}\n")
    header = "# Written by `python -m registry.graph.local.lock`. Do not edit.\n\n"
    return header + "\n".join(sorted(set(entries)))


def main(arguments: list[str]) -> int:
    """Make the named locks anew (``2026``, ``5``, ``graphiql``; all where none is named)."""
    names = [name if name in COORDINATES else f"neo4j-{name}" for name in arguments] or list(COORDINATES)
    if unknown := [name for name in names if name not in COORDINATES]:
        sys.stderr.write(f"No lock is called {', '.join(unknown)}; there are {', '.join(COORDINATES)}.\n")
        return 2
    folder = Path(__file__).parent / "locks"
    for name in names:
        text = render_lock(_resolve(name))
        (folder / f"{name}.lock.toml").write_text(text, encoding="utf-8")
        sys.stderr.write(f"{name}: {text.count('[[dependencies]]')} jars\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
