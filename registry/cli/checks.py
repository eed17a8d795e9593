"""What `lineage doctor` looks at on this machine: Python, packages, Java, jars, folders, the port."""

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import metadata, packages_distributions

from packaging.specifiers import SpecifierSet

from registry.cli.foreground import refuse_taken_port
from registry.cli.server_file import running_server
from registry.errors import RegistryError
from registry.settings import Settings

_OUR_PACKAGES = ("graph_schema", "queries", "registry")
_DISTRIBUTION = "lineage-registry"
_ROOM_TO_WARN = 1024**3


class Outcome(StrEnum):
    """How a check went; only ``fail`` keeps the product from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: what was looked at, how it is, what to do about it."""

    name: str
    outcome: Outcome
    found: str
    remedy: str = ""


def ok(name: str, found: str) -> Check:
    """All is well."""
    return Check(name, Outcome.OK, found)


def warn(name: str, found: str, remedy: str) -> Check:
    """Works, or is not needed now, but deserves a look."""
    return Check(name, Outcome.WARN, found, remedy)


def fail(name: str, found: str, remedy: str) -> Check:
    """Does not work like that."""
    return Check(name, Outcome.FAIL, found, remedy)


def guarded(name: str, check: Callable[[], Check]) -> Check:
    """The check, and its error as a failure."""
    try:
        return check()
    except RegistryError as error:
        return fail(name, error.message, error.hint)


def check_python() -> Check:
    """Whether this Python is new enough."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    needed = metadata(_DISTRIBUTION)["Requires-Python"]
    if needed and not SpecifierSet(needed).contains(found, prereleases=True):
        return fail("Python", found, f"Install a Python {needed}.")
    return ok("Python", f"{found} ({sys.executable})")


def check_packages() -> Check:
    """Whether nobody else owns the names of our top-level packages, and all come from one place."""
    owners = packages_distributions()
    foreign = {name: set(owners.get(name, ())) - {_DISTRIBUTION} for name in _OUR_PACKAGES}
    clashes = [f"{name} ({', '.join(sorted(others))})" for name, others in foreign.items() if others]
    remedy = "Install lineage-registry in an environment of its own: `uv tool install lineage-registry` or pipx."
    if clashes:
        return fail("Packages", f"Other distributions own names of ours: {', '.join(clashes)}.", remedy)
    places = {name: _place_of(name) for name in _OUR_PACKAGES}
    if len(set(places.values())) > 1:
        return fail("Packages", f"They come from several places: {sorted(set(places.values()))}.", remedy)
    return ok("Packages", f"{', '.join(_OUR_PACKAGES)} are ours alone")


def check_java(settings: Settings) -> Check:
    """Whether the managed Neo4j has a Java that it runs on."""
    if settings.neo4j_uri is not None:
        return ok("Java", "not needed: NEO4J_URI is set")
    from registry.graph.local.java import find_java

    return ok("Java", str(find_java(settings)))


def check_jars(settings: Settings) -> Check:
    """Whether the jars of the managed Neo4j are there with the digests that the lock file states."""
    if settings.neo4j_uri is not None:
        return ok("Jars", "not needed: NEO4J_URI is set")
    from registry.graph.local.jars import JarCache
    from registry.graph.local.lock import read_lock

    cache, lock = JarCache(settings), read_lock(f"neo4j-{settings.neo4j_version}")
    if not any(cache.path(jar).exists() for jar in lock.jars):
        return warn("Jars", f"not fetched yet ({lock.size // 2**20} MiB)", "`lineage up` fetches them once.")
    bad = cache.verify(lock)
    if bad:
        some = ", ".join(jar.coordinate for jar in bad[:3])
        return warn(
            "Jars", f"{len(bad)} of {len(lock.jars)} are missing or damaged: {some}", "`lineage up` fetches them again."
        )
    return ok("Jars", f"{len(lock.jars)} with the digests of the lock file, in {cache.folder}")


def check_folders(settings: Settings) -> Iterator[Check]:
    """Whether data, cache and logs can be written, and how much room there is."""
    folders = (
        ("Data folder", settings.data_dir, "LINEAGE_DATA_DIR"),
        ("Cache folder", settings.cache_dir, "LINEAGE_CACHE_DIR"),
        ("Log folder", settings.log_dir, "LINEAGE_LOG_DIR"),
    )
    for name, folder, variable in folders:
        nearest = folder.expanduser().absolute()
        while not nearest.exists() and nearest != nearest.parent:
            nearest = nearest.parent
        try:
            with tempfile.TemporaryFile(dir=nearest) as file:
                file.write(b"\0" * 4096)
                file.flush()
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            yield fail(name, f"{folder} cannot be written: {reason}", f"Repair it, or choose another with {variable}.")
            continue
        free = shutil.disk_usage(nearest).free
        found = f"{folder} ({free / 1024**3:.1f} GiB free)"
        if free < _ROOM_TO_WARN:
            yield warn(name, found, f"Make room, or choose another with {variable}.")
        else:
            yield ok(name, found)


def check_password_file(settings: Settings) -> Check:
    """Whether nobody else can read the password of Neo4j."""
    from registry.graph.local.layout import Layout

    path = settings.neo4j_password_file if settings.neo4j_uri is not None else Layout.of(settings).password
    name = "Password file"
    if path is None:
        return ok(name, "none: NEO4J_PASSWORD is used")
    if not path.exists():
        if settings.neo4j_uri is not None:
            return fail(name, f"{path} is missing", "Point NEO4J_PASSWORD_FILE at it, or set NEO4J_PASSWORD.")
        return ok(name, "not made yet: the first start makes it")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        others = fail if settings.neo4j_uri is None else warn  # a mounted secret may have another mode on purpose
        return others(name, f"{path} can be read by others (mode {mode:04o})", f"Run `chmod 600 {path}`.")
    return ok(name, f"{path} (mode {mode:04o})")


def check_port(settings: Settings) -> Check:
    """Whether the port is free, or ours."""
    running = running_server(settings)
    if running is not None:
        return ok("Port", f"{running.url} is ours (process {running.pid})")
    refuse_taken_port(settings.host, settings.port)
    return ok("Port", f"{settings.port} on {settings.host} is free")


def _place_of(package: str) -> str:
    return str(__import__(package).__path__[0]).removesuffix(package)
