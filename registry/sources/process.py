"""A run in a process of its own: what a source holds cannot take the server down, nor fill its memory."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import IO, Any
from urllib.parse import quote

import orjson
import structlog

from registry.errors import RegistryError
from registry.sources.file import ScheduledSource
from registry.sources.outcome import Outcome, State, failure
from registry.sources.schedule import duration_text

_MODULE = "registry.cli.scheduled"
_LOOK_SECONDS = 0.25
_LEAVE_SECONDS = 10.0
_MOST_BYTES = 8 << 20
_LAST_WORDS = 4_096
_BLOCK = 65_536
_SHORTEST = 4
"""Secrets that are shorter are no secrets, and their signs are everywhere."""
_OWN = ("LINEAGE_", "NEO4J_")
_PASSED_ON = frozenset({"LINEAGE_QUERY_TIMEOUT_SECONDS"})
_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_log = structlog.get_logger("lineage.sources")


def run_in_process(
    source: ScheduledSource, url: str, token: str, hidden: Collection[str], reason_to_stop: Callable[[], str | None]
) -> Outcome:
    """Run a source to its end, against the server at ``url``; what became of it. Raises nothing of the run's own.

    ``token`` is what the process comes in by at that server.
    ``reason_to_stop`` is asked several times a second; where it gives one, the run is ended and counts as stopped.
    The process gets no access to the database, no environment variable in ``hidden``, and of secrets only its own.
    """
    try:
        told = {name: secret.read(os.environ) for name, secret in source.secrets.items()}
    except RegistryError as error:
        return failure(error.message, error.hint, error.code)
    errand = orjson.dumps(_errand(source, told)) + b"\n"
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(url, token, hidden, told),
            start_new_session=True,  # Ctrl-C is for the server, which ends its runs in order
        )
    except OSError as error:
        return failure(f"No process could be started for it: {error.strerror or type(error).__name__}.")
    with _Ears(process) as ears:
        outcome = _follow(process, ears, errand, source, reason_to_stop)
        words = _without(ears.words, _signs(told))
    if outcome.state is State.FAILED and words.strip():
        _log.warning("source run failed", source=source.name, message=outcome.message, last_words=words)
    return _without_told(outcome, _signs(told))


class _Ears:
    """What a process writes, read beside it: an answer up to a size, and its last words for the log."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.answer = bytearray()
        self.too_long = False
        self.last_words: deque[bytes] = deque(maxlen=32)
        self._threads = [
            threading.Thread(target=self._hear, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._overhear, args=(process.stderr,), daemon=True),
        ]

    def __enter__(self) -> _Ears:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # with whatever it started itself
        self._process.wait()
        self.wait()
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        for pipe in pipes if not any(thread.is_alive() for thread in self._threads) else pipes[:1]:
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    @property
    def words(self) -> str:
        """The end of what it wrote for the log."""
        return b"".join(self.last_words)[-_LAST_WORDS:].decode("utf-8", "replace")

    def wait(self) -> None:
        """Wait until all of the answer was read; not for what somebody else may hold open."""
        for thread in self._threads:
            thread.join(_LEAVE_SECONDS)

    def _hear(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while block := os.read(pipe.fileno(), _BLOCK):
                if len(self.answer) + len(block) > _MOST_BYTES:
                    self.too_long = True
                    self._process.kill()
                    return
                self.answer += block

    def _overhear(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while block := os.read(pipe.fileno(), _BLOCK):
                self.last_words.append(block[-_LAST_WORDS:])


def _follow(
    process: subprocess.Popen[bytes],
    ears: _Ears,
    errand: bytes,
    source: ScheduledSource,
    reason_to_stop: Callable[[], str | None],
) -> Outcome:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    with contextlib.suppress(OSError):  # it may have died already: its end says so
        process.stdin.write(errand)
        process.stdin.flush()
    deadline = time.monotonic() + source.timeout_seconds
    while process.poll() is None:
        reason = reason_to_stop()
        if reason is not None:
            _end(process)
            return failure(reason, state=State.STOPPED)
        if time.monotonic() > deadline:
            _end(process)
            return failure(
                f"It took longer than {duration_text(source.timeout_seconds)} and was ended.",
                "Give it more with timeout, or have it read less.",
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_SECONDS)
    ears.wait()
    return _read(process, ears)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, so that it takes its temporary files along; then end it."""
    process.terminate()
    try:
        process.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _read(process: subprocess.Popen[bytes], ears: _Ears) -> Outcome:
    try:
        told = orjson.loads(bytes(ears.answer))
        return Outcome(State(told["state"]), _counts(told["found"]), str(told["message"]), dict(told["report"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        why = "said more than can be kept" if ears.too_long else f"ended by itself (status {process.returncode})"
        return failure(
            f"The process that ran it {why}.", "The server's log has its last words; did it need more memory?"
        )


def _signs(told: Mapping[str, str]) -> list[str]:
    """The secrets in each form in which they may be met, the longest first."""
    found = {text for secret in told.values() for text in (secret, quote(secret, safe="")) if len(text) >= _SHORTEST}
    return sorted(found, key=len, reverse=True)


def _without(value: Any, signs: Collection[str]) -> Any:
    """Text, or JSON with texts in it, in which stars stand for secrets."""
    if isinstance(value, dict):
        return {_without(key, signs): _without(item, signs) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, signs) for item in value]
    if isinstance(value, str):
        for sign in signs:
            value = value.replace(sign, "***")
    return value


def _without_told(outcome: Outcome, signs: Collection[str]) -> Outcome:
    return replace(outcome, message=_without(outcome.message, signs), report=_without(outcome.report, signs))


def _counts(found: Any) -> dict[str, int]:
    return {str(name): int(count) for name, count in dict(found).items()}


def _errand(source: ScheduledSource, told: Mapping[str, str]) -> dict[str, Any]:
    # In an address a password may have any sign: it is written as addresses want it.
    encoded = {name: quote(text, safe="") for name, text in told.items()}
    return {
        "capture": source.capture,
        "where": _PLACE.sub(lambda found: encoded.get(found[1], found[0]), source.where),
        "options": dict(source.options),
        "do": source.do.value,
        "repair": source.repair,
        "keep_good": source.mode == "per-item",
        "memory": source.memory_bytes,
    }


def _environment(url: str, token: str, hidden: Collection[str], told: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: text
        for name, text in os.environ.items()
        if name in _PASSED_ON or not (name.startswith(_OWN) or name in hidden)
    }
    return kept | dict(told) | {"LINEAGE_URL": url, "LINEAGE_TOKEN": token}
