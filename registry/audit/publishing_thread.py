"""The thread of a server that keeps the ledger: records what was noted, publishes and signs, asks witnesses."""

from __future__ import annotations

import threading
from typing import Final

import structlog

from graph_schema.times import now_micros
from registry.audit.append import append
from registry.audit.observed import OBSERVED, Observed
from registry.audit.publication import Publication
from registry.audit.witnessing import Witnesses
from registry.errors import RegistryError

_LEAVE_SECONDS: Final = 20.0
_STEP: Final = 64
_log = structlog.get_logger("lineage.ledger")


class PublishingThread:
    """Publishes about every ``seconds``, and once more when it is stopped. What fails is tried again."""

    def __init__(
        self,
        publication: Publication,
        seconds: float,
        *,
        observed: Observed = OBSERVED,
        witnesses: Witnesses | None = None,
    ) -> None:
        self._publication, self._seconds = publication, seconds
        self._observed, self._witnesses = observed, witnesses
        self._stopping = threading.Event()
        self._loop = threading.Thread(target=self._go_on, name="ledger", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._loop.start()

    def stop(self) -> None:
        """End, with everything recorded and signed that can be."""
        self._stopping.set()
        if self._loop.ident is not None:
            self._loop.join(_LEAVE_SECONDS)

    def _go_on(self) -> None:
        while not self._stopping.wait(self._seconds):
            self._once()
        self._once(last=True)

    def _once(self, *, last: bool = False) -> None:
        try:
            self._record(everything=last)
            if last:
                self._publication.publish()
            else:
                self._publication.keep_up()
            if self._witnesses is not None:
                self._witnesses.ask(self._publication)
        except RegistryError:
            return  # said and counted where it happened; the next turn tries again
        except Exception:  # noqa: BLE001 - a thread that dies would leave the ledger unsigned
            _log.exception("ledger_thread")

    def _record(self, *, everything: bool) -> None:
        acts = self._observed.take(everything=everything)
        for at in range(0, len(acts), _STEP):
            part = acts[at : at + _STEP]
            try:
                self._publication.refuse()
                self._publication.database.write(lambda tx, part=part: append(tx, part, now_micros()))  # type: ignore[misc]
            except RegistryError:
                self._observed.give_back(acts[at:])
                raise
