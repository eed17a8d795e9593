"""The parent process of Java: ends it when it should end, whatever happens to whoever started it.

Started as a script with one argument, the data folder of the server (so that it can be recognised in the process
list). It stays for as long as Java runs, so it imports nothing but the standard library and has one thread. Its
standard input is a pipe from the owner: one line of JSON (:class:`Orders`), then nothing until the owner ends; the end
of that pipe, in whatever way it came about, is the order to stop Java. A detached keeper has no such pipe after the
first line and stays until SIGTERM.

It is handed an open, locked file and hands it on to Java: the lock on the data folder lasts exactly as long as the
last process that could write there.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, TypedDict

_PR_SET_PDEATHSIG = 1
_TICK_SECONDS = 1.0


class Orders(TypedDict):
    """What the owner asks of its keeper. JSON on one line of standard input."""

    command: list[str]
    environment: dict[str, str]
    folder: str
    output: str
    state: str
    record: dict[str, Any]
    lock: int
    detached: bool
    parent: int
    grace: float


class Keeper:
    """One Java process and what must happen to it."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._asked_to_stop: str | None = None
        self._wake_read, self._wake_write = os.pipe()
        for descriptor in (self._wake_read, self._wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> int:
        """Run Java to its end. Returns its exit code, negative for a signal."""
        java = self._launch()
        self._record(java=java.pid)
        while java.poll() is None and not self._should_stop():
            self._sleep()
        code = self._stop(java)
        self._record(java=java.pid, ended=time.time(), code=code, reason=self._asked_to_stop)
        return code

    def _launch(self) -> subprocess.Popen[bytes]:
        orders, mother = self._orders, os.getpid()

        def die_with_keeper() -> None:
            """Linux: have the kernel end Java, cleanly, when this process is killed."""
            if sys.platform == "linux":
                ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
                if os.getppid() != mother:
                    os._exit(1)

        with Path(orders["output"]).open("wb") as output:
            return subprocess.Popen(
                orders["command"],
                env=orders["environment"],
                cwd=orders["folder"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(orders["lock"],),
                preexec_fn=die_with_keeper,  # safe: one thread, no locks to inherit
            )

    def _on_signal(self, number: int, _frame: object) -> None:
        self._asked_to_stop = signal.Signals(number).name

    def _should_stop(self) -> bool:
        if self._asked_to_stop is None and not self._orders["detached"] and os.getppid() != self._orders["parent"]:
            self._asked_to_stop = "owner ended"  # its children may still hold the pipe open
        return self._asked_to_stop is not None

    def _sleep(self) -> None:
        """Wait for a signal (Java's end is one), the end of the pipe, or a tick."""
        watched = [self._wake_read] if self._orders["detached"] else [self._wake_read, 0]
        ready, _, _ = select.select(watched, [], [], _TICK_SECONDS)
        if self._wake_read in ready:
            os.read(self._wake_read, 4096)
        if 0 in ready and not os.read(0, 4096):
            self._asked_to_stop = "owner ended"

    def _stop(self, java: subprocess.Popen[bytes]) -> int:
        """End Java cleanly, by force after the grace time."""
        if java.poll() is None:
            java.terminate()
        try:
            return java.wait(self._orders["grace"])
        except subprocess.TimeoutExpired:
            java.kill()
            return java.wait()

    def _record(self, **more: Any) -> None:
        """Write the state file, whole or not at all. A full disk must not stop the keeper from keeping."""
        path = Path(self._orders["state"])
        partial = path.with_suffix(".partial")
        try:
            partial.write_text(json.dumps(self._orders["record"] | {"keeper": os.getpid()} | more), encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            sys.stderr.write(f"The state file cannot be written: {error}\n")


def main() -> int:
    """Read the orders and run. Exit code 0: Java ended as asked."""
    line = sys.stdin.buffer.readline()
    if not line:
        return 1  # the owner ended before it gave orders
    orders: Orders = json.loads(line)
    return 0 if Keeper(orders).run() in (0, 143, -signal.SIGTERM) else 1


if __name__ == "__main__":
    sys.exit(main())
