"""The thread of a server that goes on with a rotation until it is done, also with one that another process left."""

from __future__ import annotations

import threading
from typing import Final, Self

import structlog

from registry.errors import RegistryError
from registry.secrecy.rotation import Progress, Rotation

_RETRY_SECONDS: Final = 5.0
_log = structlog.get_logger("lineage.keys")


class RotationThread:
    """Works in steps within its block, so that leaving it waits for one transaction at most."""

    def __init__(self, rotation: Rotation) -> None:
        self.rotation = rotation
        self.trouble: RegistryError | None = None
        """Why the last step could not be done; None where it could."""
        self._stop = threading.Event()
        self._work = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Look for something to go on with, and for what :meth:`wake` tells of."""
        self._work.set()
        self._thread = threading.Thread(target=self._run, name="key rotation", daemon=True)
        self._thread.start()
        return self

    def wake(self) -> None:
        """A rotation was begun."""
        self._work.set()

    def __exit__(self, *_: object) -> None:
        """End the thread; the rotation goes on with the next server."""
        self._stop.set()
        self._work.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._work.wait()
            self._work.clear()
            self._go_on()

    def _go_on(self) -> None:
        while not self._stop.is_set():
            try:
                progress = self.rotation.step()
            except RegistryError as error:
                self.trouble = error
                _log.warning("key rotation waits", code=error.code, message=error.message)
                self._stop.wait(_RETRY_SECONDS)
                continue
            self.trouble = None
            if progress is None or progress.done:
                _tell(progress)
                return


def _tell(progress: Progress | None) -> None:
    if progress is not None and progress.keys + progress.values:
        _log.info("key rotation is done", keys=progress.keys, values=progress.values)
