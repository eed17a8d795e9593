"""Fetching jars from Maven Central by jgo's Maven layer, a few at once, each checked before it counts.

jgo looks into the user's own Maven repository first and knows the mirrors that the user configured for it; whatever
the source, the digest in our lock decides.
"""

from __future__ import annotations

import logging
import shutil
import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from registry.errors import DownloadError, LocalServerError
from registry.graph.local.layout import reason_of
from registry.graph.local.lock import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console

    from registry.graph.local.lock import LockedJar

_log = logging.getLogger(__name__)

#: More at once is not faster against one server, and ruder.
PARALLEL = 4
#: Seconds without a byte before an attempt is given up.
TIMEOUT = 20
#: Before the second attempt; twice that before the third.
PAUSE_SECONDS = 1.0


class _StoppedError(Exception):
    """Another jar failed or the user pressed Ctrl-C: drop this one."""


def download(
    jars: Sequence[LockedJar],
    cache: Path,
    target: Callable[[LockedJar], Path],
    *,
    console: Console | None = None,
    attempts: int = 3,
) -> Iterator[LockedJar]:
    """Fetch jars and yield each one once it lies checked at ``target(jar)``, in the order they complete.

    Half a jar never lies there: jars are fetched aside and renamed into place. The first failure stops the rest and
    raises DownloadError; what was yielded stays. Only one process at a time may call this for a cache.
    """
    if not jars:
        return
    aside = cache / "partial"
    shutil.rmtree(aside, ignore_errors=True)  # left by a killed process; we are alone here
    stop = threading.Event()
    with _progress(jars, console) as advance, ThreadPoolExecutor(PARALLEL, "download") as pool:
        fetch = _Fetch(aside, target, advance, stop, attempts)
        pending = {pool.submit(fetch, jar) for jar in jars}
        try:
            yield from _completed(pending)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            shutil.rmtree(aside, ignore_errors=True)


def _completed(pending: set[Future[LockedJar]]) -> Iterator[LockedJar]:
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        failures = [future for future in done if future.exception()]
        for future in done.difference(failures):
            yield future.result()
        for future in failures:
            future.result()


@contextmanager
def _progress(jars: Sequence[LockedJar], console: Console | None) -> Iterator[Callable[[int], None]]:
    """A way to report bytes; drawn as a bar where the console is a terminal."""
    total = sum(jar.size for jar in jars)
    _log.info("downloading %d jars, %d bytes", len(jars), total)
    if console is None or not console.is_terminal:
        yield lambda _count: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Downloading Neo4j (once)", total=total)
        yield lambda count: progress.advance(task, count)


class _Fetch:
    """Fetches one jar at a call; shared by the threads of one download."""

    def __init__(
        self,
        aside: Path,
        target: Callable[[LockedJar], Path],
        advance: Callable[[int], None],
        stop: threading.Event,
        attempts: int,
    ) -> None:
        try:
            from jgo.config import GlobalSettings
            from jgo.constants import MAVEN_CENTRAL_URL
        except ImportError as error:
            raise LocalServerError(
                "The managed Neo4j cannot be fetched: the package jgo is not installed.",
                hint='Run `pip install "lineage-registry[local]"`, or set NEO4J_URI to use another Neo4j.',
            ) from error

        settings = GlobalSettings.load()
        self._aside, self._target, self._advance, self._stop, self._attempts = aside, target, advance, stop, attempts
        self._remotes = {"central": MAVEN_CENTRAL_URL, **settings.repositories}
        self._own_repository = Path(settings.repo_cache)

    def __call__(self, jar: LockedJar) -> LockedJar:
        """Fetch a jar into place. Raises DownloadError."""
        try:
            if not self._take_local(jar):
                self._take_remote(jar)
        except OSError as error:  # requests' own errors are OSErrors too, but never come this far
            raise DownloadError(
                f"{jar.coordinate} cannot be stored at {self._target(jar)}: {reason_of(error)}.",
                hint="Repair that folder, or set LINEAGE_CACHE_DIR to one with 250 MB to spare. What is there is kept.",
                jar=jar.coordinate,
            ) from error
        return jar

    def _take_local(self, jar: LockedJar) -> bool:
        """Copy the jar from the user's Maven repository where that has the right one."""
        source = self._own_repository / jar.path
        if not source.is_file() or source.stat().st_size != jar.size or sha256_of(source) != jar.sha256:
            return False
        copy = self._aside / jar.path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        if sha256_of(copy) != jar.sha256:
            return False
        self._advance(jar.size)
        self._install(jar, copy)
        return True

    def _take_remote(self, jar: LockedJar) -> None:
        from requests import RequestException

        reason: Exception | None = None
        for attempt in range(self._attempts):
            if self._stop.wait(attempt * PAUSE_SECONDS):
                raise _StoppedError
            try:
                fetched = self._request(jar)
            except (RequestException, RuntimeError) as error:
                _log.debug("attempt %d of %s failed: %s", attempt + 1, jar.coordinate, error)
                reason = error
                continue
            if sha256_of(fetched) == jar.sha256:
                return self._install(jar, fetched)
            reason = None
        raise _failure(jar, reason)

    def _request(self, jar: LockedJar) -> Path:
        from jgo.maven import MavenContext, PythonResolver

        context = MavenContext(
            resolver=PythonResolver(progress_callback=self._report),
            repo_cache=self._aside,
            local_repos=[],
            remote_repos=self._remotes,
            timeout=TIMEOUT,
        )
        (self._aside / jar.path).unlink(missing_ok=True)  # what an earlier attempt left
        component = context.project(jar.group, jar.artifact).at_version(jar.version)
        return Path(component.artifact(jar.classifier, jar.packaging).resolve())

    @contextmanager
    def _report(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """What jgo calls with every chunk; also the place where a running download can be stopped."""
        reported = 0

        def update(count: int) -> None:
            nonlocal reported
            if self._stop.is_set():
                raise _StoppedError
            reported += count
            self._advance(count)

        try:
            yield update
        except BaseException:
            self._advance(-reported)
            raise

    def _install(self, jar: LockedJar, fetched: Path) -> None:
        target = self._target(jar)
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched.replace(target)


def _failure(jar: LockedJar, reason: Any) -> DownloadError:
    if reason is None:
        return DownloadError(
            f"{jar.coordinate} as downloaded does not have the SHA-256 that the lock states; it was thrown away.",
            hint="Something between here and Maven Central changes files (a proxy, a mirror). Run the command again;"
            " if it stays, ask who runs that proxy.",
            jar=jar.coordinate,
            sha256=jar.sha256,
        )
    return DownloadError(
        f"{jar.coordinate} cannot be downloaded: {_words(reason)}.",
        hint="Check the network (HTTPS_PROXY is obeyed; mirrors go into jgo's configuration file) and run the command"
        " again: it goes on where it stopped. Or set NEO4J_URI to use a Neo4j that runs elsewhere.",
        jar=jar.coordinate,
    )


def _words(reason: Exception) -> str:
    from requests import ConnectionError as NoConnection
    from requests import Timeout

    if isinstance(reason, Timeout):
        return f"the server did not answer within {TIMEOUT} seconds"
    if isinstance(reason, NoConnection):
        return "no connection to the Maven repository"
    if isinstance(reason, RuntimeError):
        return "no configured Maven repository has it"
    return type(reason).__name__


__all__ = ["PARALLEL", "download"]
