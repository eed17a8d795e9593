"""The scheduler of one server: begins what is due, each source once at a time whichever servers run."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeAlias

import structlog

from registry.errors import RegistryError
from registry.sources import metrics
from registry.sources.file import ScheduledSource
from registry.sources.outcome import Outcome, State, failure
from registry.sources.process import run_in_process
from registry.sources.schedule import SECOND
from registry.sources.store import LEASE, Claim, SourceStore

_REGISTER_SECONDS = 60.0
_RENEW_SECONDS = LEASE / SECOND / 4
_LEAVE_SECONDS = 20.0
_TRIES = 6
_STOPPED = "The server was stopped."
_log = structlog.get_logger("lineage.sources")


Lend: TypeAlias = Callable[[str], AbstractContextManager[str]]
"""Gives a token for as long as the block lasts, under the name of who uses it."""


class Scheduler:
    """Runs the sources of a list against the server at ``url``, ``at_once`` of them at a time.

    ``lend`` gives a token for a run, under the name of who runs, as long as the run lasts.
    It looks every ``poll_seconds`` for what is due; times, and who runs what, are in the database, so that several
    servers with the same list share the work. Whatever goes wrong is kept with the run and in the log.
    """

    def __init__(
        self,
        store: SourceStore,
        sources: Sequence[ScheduledSource],
        url: str,
        lend: Lend,
        *,
        at_once: int = 2,
        poll_seconds: float = 2.0,
    ) -> None:
        self._store, self._url, self._poll = store, url, poll_seconds
        self._lend = lend
        self._sources = {source.name: source for source in sources}
        self._hidden = {secret.env for source in sources for secret in source.secrets.values() if secret.env}
        self._at_once = at_once
        self._server = secrets.token_hex(8)
        self._stopping, self._waking = threading.Event(), threading.Event()
        self._running: dict[str, threading.Thread] = {}
        self._loop = threading.Thread(target=self._go_on, name="sources", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        _log.info("scheduling sources", sources=sorted(self._sources))
        self._loop.start()

    def wake(self) -> None:
        """Look now for what is due."""
        self._waking.set()

    def stop(self) -> None:
        """End every run, have it begin again when a server starts, and return when all is done."""
        self._stopping.set()
        self._waking.set()
        self._loop.join(_LEAVE_SECONDS)
        for thread in list(self._running.values()):
            thread.join(_LEAVE_SECONDS)

    def _go_on(self) -> None:
        registered, well = float("-inf"), True
        while not self._stopping.is_set():
            try:
                if time.monotonic() - registered > _REGISTER_SECONDS:
                    self._store.register(self._sources.values(), starting=registered < 0)
                    registered = time.monotonic()
                self._begin_due()
                metrics.show(self._store.find())
                well = True
            except RegistryError as error:
                if well:  # once, and not at every look, while the database is away
                    _log.warning("sources cannot be looked at", problem=error.message)
                well = False
            except Exception:  # noqa: BLE001 - the sources that are well must go on
                _log.exception("looking for sources that are due failed")
            self._waking.wait(self._poll)
            self._waking.clear()

    def _begin_due(self) -> None:
        self._running = {name: thread for name, thread in self._running.items() if thread.is_alive()}
        for name in self._store.due() if len(self._running) < self._at_once else ():
            if name not in self._sources or name in self._running:
                continue
            claim = self._store.claim(name, f"{self._server}-{secrets.token_hex(8)}")
            if claim is None:
                continue
            thread = threading.Thread(target=self._run, args=(claim,), name=f"source {name}", daemon=True)
            self._running[name] = thread
            thread.start()
            if len(self._running) >= self._at_once:
                return

    def _run(self, claim: Claim) -> None:
        source, began = self._sources[claim.source], time.monotonic()
        _log.info("source run begins", source=source.name, run=claim.run, do=source.do.value)
        hold = _Hold(self._store, claim, self._stopping)
        try:
            with self._lend(f"source:{source.name}") as token:
                outcome = run_in_process(
                    source, self._url, token, self._hidden - set(source.secrets), hold.reason_to_stop
                )
        except Exception as error:  # noqa: BLE001 - it is how the run ended, and is kept so
            _log.exception("source run failed", source=source.name, run=claim.run)
            outcome = failure(f"It could not be run: {type(error).__name__}.", "The server's log says more.")
        seconds = time.monotonic() - began
        metrics.RUNS.labels(source.name, outcome.state.value).inc()
        if not hold.lost:
            self._finish(claim, source, outcome, claim.began + int(seconds * SECOND))
        _log.info(
            "source run ended", source=source.name, run=claim.run, state=outcome.state.value, seconds=round(seconds, 1)
        )
        self.wake()  # the next may have waited for this one's place

    def _finish(self, claim: Claim, source: ScheduledSource, outcome: Outcome, now: int) -> None:
        failures, next_at = 0, now
        if outcome.state is State.FAILED:
            failures = claim.failures + 1
            next_at = source.schedule.again(failures, now)
        elif outcome.state is State.STOPPED:
            failures = claim.failures
        else:
            next_at = source.schedule.following(claim.began, now)
        for attempt in range(1, _TRIES + 1):
            try:
                self._store.finish(claim, outcome, next_at=next_at, failures=failures)
            except RegistryError as error:
                if attempt == _TRIES:
                    _log.error("what became of a source run could not be kept", run=claim.run, problem=error.message)
                    return
                if self._stopping.wait(2.0 ** (attempt - 1)):
                    time.sleep(0.2)
            else:
                return


class _Hold:
    """The right to a run, renewed while it goes on."""

    def __init__(self, store: SourceStore, claim: Claim, stopping: threading.Event) -> None:
        self._store, self._claim, self._stopping = store, claim, stopping
        self._renewed = self._tried = time.monotonic()
        self.lost = False

    def reason_to_stop(self) -> str | None:
        """Why the run has to end now; None where it may go on."""
        if self._stopping.is_set():
            return _STOPPED
        if time.monotonic() - self._tried > _RENEW_SECONDS:
            self._tried = time.monotonic()
            try:
                self.lost = not self._store.renew(self._claim)
                self._renewed = time.monotonic()
            except RegistryError as error:
                _log.warning("a source run could not be renewed", run=self._claim.run, problem=error.message)
        if time.monotonic() - self._renewed > LEASE / SECOND:
            self.lost = True
        return "Another server took it over." if self.lost else None
