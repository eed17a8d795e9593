"""A command watched from outside: its time, its peak memory, and what its progress bar says, against the clock."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

from benchmarks.server import peak_memory

_BAR = re.compile(r"(Reading|Sending|Recording the rest)[^\r\n]*?(\d+)/(\d+)\s")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WIDTH = {"COLUMNS": "200", "TERM": "xterm"}


@dataclass(slots=True)
class Phase:
    """What the bar said of one phase: seconds since the command began, and the share that was done."""

    said: list[tuple[float, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the first word to the last."""
        return self.said[-1][0] - self.said[0][0]

    def worst(self) -> tuple[float, float]:
        """Where share told and share of time are furthest apart: (share of time, share told)."""
        first, whole = self.said[0][0], max(self.seconds, 1e-9)
        return max((((at - first) / whole, share) for at, share in self.said), key=lambda pair: abs(pair[0] - pair[1]))

    def at(self, share_of_time: float) -> float:
        """The share told after that share of the time."""
        moment = self.said[0][0] + share_of_time * self.seconds
        return next(share for at, share in reversed(self.said) if at <= moment)


@dataclass(frozen=True, slots=True)
class Watched:
    """One run of the command: its answer, and the phases of its bar in order, as far as there are any."""

    seconds: float
    peak_mib: float
    answer: dict[str, Any]
    phases: dict[str, Phase]


def watch(command: Sequence[str], more: dict[str, str]) -> Watched:
    """Run a command that answers in JSON, with a terminal for its bar. Raises RuntimeError where it fails."""
    master, slave = pty.openpty()
    phases: dict[str, Phase] = {}
    began = time.perf_counter()
    with subprocess.Popen(
        command, env=os.environ | _WIDTH | more, stdout=subprocess.PIPE, stderr=slave, text=True
    ) as child:
        os.close(slave)
        reader = threading.Thread(target=_read, args=(master, began, phases))
        reader.start()
        with peak_memory(psutil.Process(child.pid)) as memory:
            out, _ = child.communicate()
        seconds = time.perf_counter() - began
        reader.join()
    os.close(master)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {out[-2000:]}")
    return Watched(seconds, memory[1] / 2**20, json.loads(out), phases)


def _read(master: int, began: float, phases: dict[str, Phase]) -> None:
    rest = ""
    while True:
        try:
            block = os.read(master, 65_536)
        except OSError:  # the other end is closed: this is how a terminal ends
            return
        if not block:
            return
        rest = (rest + _ESCAPES.sub("", block.decode(errors="replace")))[-4_000:]
        for name, done, total in _BAR.findall(rest)[-1:]:
            phase = phases.setdefault("Sending" if name.startswith("Recording") else name, Phase())
            share = int(done) / int(total) if int(total) else 0.0
            if not phase.said or share >= phase.said[-1][1]:
                phase.said.append((time.perf_counter() - began, share))
