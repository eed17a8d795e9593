"""What there is to say about a managed Neo4j, whether it runs or not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psutil

from registry.graph.local import ownership
from registry.graph.local.layout import Layout
from registry.graph.local.memory import choose_memory
from registry.graph.local.server import running

if TYPE_CHECKING:
    from pathlib import Path

    from registry.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one managed Neo4j. Sizes and memory in bytes; ``since`` as RFC 3339; None: does not apply."""

    running: bool
    held_by: str | None
    holder_pid: int | None
    since: str | None
    detached: bool | None
    uri: str | None
    pid: int | None
    line: str
    data_folder: str
    data_size: int
    log_folder: str
    heap: str
    page_cache: str
    resident_memory: int | None

    def as_json(self) -> dict[str, Any]:
        """The fields in order."""
        return asdict(self)


def read_status(settings: Settings) -> Status:
    """Look at the data folder and the processes; changes nothing."""
    layout = Layout.of(settings)
    record = ownership.holder(layout) or {}
    server = running(settings) if record else None
    heap, page_cache = choose_memory(settings)
    return Status(
        running=server is not None,
        held_by=record.get("owner"),
        holder_pid=record.get("pid"),
        since=record.get("since"),
        detached=record.get("detached"),
        uri=server.uri if server else None,
        pid=server.pid if server else None,
        line=layout.line,
        data_folder=str(layout.root),
        data_size=size_of(layout.root),
        log_folder=str(layout.logs),
        heap=heap,
        page_cache=page_cache,
        resident_memory=_memory_of(server.pid) if server else None,
    )


def size_of(folder: Path) -> int:
    """Bytes on disk of everything below a folder; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.lstat().st_blocks * 512
    return total


def _memory_of(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return None
