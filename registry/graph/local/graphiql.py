"""The files of the GraphiQL query page, so that it works without any other site."""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import DownloadError
from registry.graph.local.jars import JarCache
from registry.graph.local.lock import Lock, read_lock

if TYPE_CHECKING:
    from rich.console import Console

    from registry.settings import Settings

_log = logging.getLogger(__name__)

#: File name → artifact that holds it, and where below ``META-INF/resources/webjars/<artifact>/<version>/``.
_FILES = {
    "react.production.min.js": ("react", "umd/react.production.min.js"),
    "react-dom.production.min.js": ("react-dom", "umd/react-dom.production.min.js"),
    "graphiql.min.js": ("graphiql", "graphiql.min.js"),
    "graphiql.min.css": ("graphiql", "graphiql.min.css"),
    "graphiql.LICENSE.txt": ("graphiql", "LICENSE"),
}


def graphiql_assets(settings: Settings) -> dict[str, Path] | None:
    """The files of the page by name, in the order in which a page loads them; None where they are not installed.

    GraphiQL 2.4.7 with React 18.2.0, as globals ``React``, ``ReactDOM`` and ``GraphiQL``. Fetches nothing.
    """
    folder = _folder(settings, read_lock("graphiql"))
    found = {name: folder / name for name in _FILES}
    return found if all(path.is_file() for path in found.values()) else None


def install_graphiql(settings: Settings, console: Console | None = None, attempts: int = 3) -> dict[str, Path]:
    """Fetch, check and unpack the files where they are missing. Raises DownloadError."""
    if found := graphiql_assets(settings):
        return found
    lock, cache = read_lock("graphiql"), JarCache(settings)
    folder = _folder(settings, lock)
    cache.ensure(lock, console, attempts)
    folder.mkdir(parents=True, exist_ok=True)
    by_artifact = {jar.artifact: jar for jar in lock.jars}
    for name, (artifact, inside) in _FILES.items():
        jar = by_artifact[artifact]
        with zipfile.ZipFile(cache.path(jar)) as archive:
            content = archive.read(f"META-INF/resources/webjars/{artifact}/{jar.version}/{inside}")
        partial = folder / f"{name}.partial"
        partial.write_bytes(content)
        partial.replace(folder / name)
    return {name: folder / name for name in _FILES}


def ensure_graphiql(settings: Settings) -> None:
    """Install the page's files if that is possible now; a start of the database never fails for want of them."""
    try:
        install_graphiql(settings, attempts=1)
    except (DownloadError, OSError) as error:
        _log.warning("the query page cannot be installed now: %s", error)


def _folder(settings: Settings, lock: Lock) -> Path:
    return JarCache(settings).folder / f"graphiql-{lock.digest[:12]}"
