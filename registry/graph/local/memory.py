"""How much memory the managed Neo4j gets when nobody says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from registry.settings import Settings

_MIB = 1024 * 1024
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def available_memory() -> int:
    """Bytes that this process may use at most: the machine's memory, or less where a container says so."""
    limits = [psutil.virtual_memory().total]
    for name in _CGROUP_LIMITS:
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            limits.append(int(text))
    return min(limits)


def collector_options(heap: str) -> list[str]:
    """JVM options for the garbage collector that suits a heap (``512m``).

    Up to 1 GiB the serial one: it starts faster and takes less memory for itself. Above that Java's own choice.
    """
    count, unit = int(heap[:-1]), heap[-1].lower()
    return ["-XX:+UseSerialGC"] if count * {"k": 1024, "m": _MIB, "g": 1024 * _MIB}[unit] <= 1024 * _MIB else []


def choose_memory(settings: Settings, total: int | None = None) -> tuple[str, str]:
    """Heap and page cache as Java and Neo4j write them (``512m``).

    What the settings name wins. Else an eighth of ``total`` bytes (default: this machine's) each, the heap between
    512 MiB and 4 GiB, the page cache between 256 MiB and 8 GiB: the API, the user's notebook and the operating
    system's file cache need the rest.
    """
    share = (available_memory() if total is None else total) // 8 // _MIB
    heap = settings.heap or f"{min(max(share, 512), 4096)}m"
    page_cache = settings.page_cache or f"{min(max(share, 256), 8192)}m"
    return heap.lower(), page_cache.lower()
