"""One run of a scheduled source, in the process that a server starts for it: `python -m registry.cli.scheduled`.

The errand comes as a line of JSON on standard input, what became of it goes as JSON to standard output. When standard
input ends, the server is gone, and so is this process soon.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import orjson

from registry.errors import RegistryError
from registry.sources.file import Task
from registry.sources.outcome import Outcome, failure, outcome_of

_LONGEST_ERRAND = 1 << 20
_LEAVE_SECONDS = 8.0
_NICE = 10


def main() -> None:
    """Do the errand. Ends the process with 0 where it could say what became of it."""
    answer = os.dup(1)
    os.dup2(2, 1)  # what a capture prints is no answer
    signal.signal(signal.SIGTERM, _leave)
    errand = _errand()
    threading.Thread(target=_leave_with_the_server, daemon=True).start()
    _take_little(int(errand["memory"]))
    outcome = _do(errand)
    told = {
        "state": outcome.state.value,
        "found": outcome.found,
        "message": outcome.message,
        "report": outcome.report,
    }
    with os.fdopen(answer, "wb") as out:
        out.write(orjson.dumps(told))
    sys.stderr.flush()
    os._exit(0)  # all is said and cleaned up: threads that a capture left behind are not waited for


def _errand() -> dict[str, Any]:
    # Unbuffered: a thread that waits in a buffered read cannot be left behind when the process ends.
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < _LONGEST_ERRAND:
        block = os.read(0, _LONGEST_ERRAND)
        if not block:
            raise SystemExit(1)
        line += block
    found: dict[str, Any] = orjson.loads(bytes(line))
    return found


def _do(errand: dict[str, Any]) -> Outcome:
    try:
        return outcome_of(_answer(errand), Task(errand["do"]))
    except RegistryError as error:
        return failure(error.message, error.hint, error.code)
    except MemoryError:
        return failure("It needs more memory than it may take.", "Give it more with memory, or have it read less.")
    except Exception as error:  # noqa: BLE001 - whatever a capture raises is how its run ended
        traceback.print_exc()
        return failure(f"It failed unexpectedly: {type(error).__name__}.", "The server's log says more.")


def _answer(errand: dict[str, Any]) -> dict[str, Any]:
    # Both take a moment to load: only the one that is needed, and under the limits.
    name, where, options = errand["capture"], errand["where"], errand["options"]
    if errand["do"] == Task.RECONCILE:
        from registry.cli.repairing import reconcile_source

        return reconcile_source(name, where, options, repair=bool(errand["repair"]))
    from registry.cli.errand import import_source

    return import_source(name, where, options, keep_good=bool(errand["keep_good"]), dry_run=False)


def _take_little(memory: int) -> None:
    """Bound the memory, let the server and the database go first, and be the first to go where memory is short."""
    with contextlib.suppress(ImportError, ValueError, OSError):  # what a system has not, it cannot do
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(1)  # unwinds, so that temporary files go along


def _leave_with_the_server() -> None:
    while os.read(0, 1):
        continue
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LEAVE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
