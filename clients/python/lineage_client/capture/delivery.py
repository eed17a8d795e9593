"""Where the events of a run go: to the spool and from there to the registry, or to whoever asked for them."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import ClassVar, Protocol

from lineage_client.capture import sending
from lineage_client.capture.environments import keep_environment
from lineage_client.capture.places import spare_folder, spool_folder
from lineage_client.capture.quiet import quietly, warn_once
from lineage_client.capture.settings import Sink
from lineage_client.capture.spool import IF_LOST, LAST, Event, SpoolFile


class Delivery(Protocol):
    """Takes what a run comes to."""

    def keep_if_lost(self, event: Event) -> None:
        """Keep an event that counts only if the process dies before the end."""

    def finish(self, events: list[Event], environment: Event | None) -> None:
        """Take all that the run came to."""

    def close(self) -> None:
        """Let go of what is still held, as after an end that could not be told. Nothing, after :meth:`finish`."""


class ToSpool:
    """Into a file of the spool; where that cannot be written, as on a full disk, straight to the registry."""

    def __init__(self) -> None:
        self._folder = spool_folder()
        self._file: SpoolFile | None = None
        self._lock = threading.Lock()
        if self._folder == spare_folder():
            warn_once("the spool cannot be written, so what is captured waits elsewhere", self._folder)
        try:
            self._file = SpoolFile(self._folder)
        except OSError as error:
            warn_once("the spool cannot be written, so what is captured goes out at once or is lost", error)

    def keep_if_lost(self, event: Event) -> None:
        """Append it. A failure is said once; the run's end tries again."""
        with self._lock:
            if self._file is not None:
                self._file.append(event, IF_LOST)

    def finish(self, events: list[Event], environment: Event | None) -> None:
        """Append all of it and begin to send."""
        with self._lock:
            file, self._file = self._file, None
        held: list[Event] = []
        if environment is not None and not keep_environment(self._folder, environment):
            held = [environment]
        if file is not None and _written(file, events):
            sending.send_soon(self._folder, held=held)
        elif _written_to_spare(self._folder, [*held, *events]):
            sending.send_soon(self._folder)
        else:
            sending.send_soon(self._folder, held=[*held, *events])

    def close(self) -> None:
        """Give the file up, so that it is sent with what it has. Raises OSError."""
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            file.close()


class ToSink:
    """To a function of the user's."""

    _told: ClassVar[dict[int, set[str]]] = {}
    """What sinks were told of, by the sink's identity, as long as it lives."""
    _last: ClassVar[tuple[object, set[str]]] = (None, set())
    """The same for the last one whose life cannot be followed, such as the method of a list: one, and no more."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def keep_if_lost(self, event: Event) -> None:
        """Nothing: who takes events takes whole runs."""

    def finish(self, events: list[Event], environment: Event | None) -> None:
        """Call the sink for each event, after the environment the first time that it is met."""
        if environment is not None and self._is_new(environment["event_id"]):
            self._sink(environment)
        for event in events:
            self._sink(event)

    def close(self) -> None:
        """Nothing: nothing is held."""

    def _is_new(self, event_id: str) -> bool:
        told, key = self._told_before(), f"{getattr(self._sink, '__name__', '')} {event_id}"
        new = key not in told
        told.add(key)
        return new

    def _told_before(self) -> set[str]:
        owner = getattr(self._sink, "__self__", self._sink)
        if id(owner) not in self._told:
            try:
                weakref.finalize(owner, self._told.pop, id(owner), None).atexit = False
            except TypeError:
                if ToSink._last[0] is not owner:
                    ToSink._last = (owner, set())
                return ToSink._last[1]
        return self._told.setdefault(id(owner), set())


def open_delivery(sink: Sink | None) -> Delivery:
    """The way of one run."""
    return ToSpool() if sink is None else ToSink(sink)


def _written(file: SpoolFile, events: list[Event]) -> bool:
    """Whether all of it is safe in the file; if not, the file is gone and the events have to go another way.

    What is no JSON is left out. Whatever else goes wrong, the file is closed.
    """
    try:
        for number, event in enumerate(events, 1):
            _append(file, event, LAST if number == len(events) else None)
    except OSError as error:
        warn_once("the spool could not be written, so a run goes out at once or is lost", error)
        with quietly("a file of the spool could not be removed"):
            file.give_up()
        return False
    except BaseException:  # such as Ctrl-C
        file.close()
        raise
    try:
        file.close()
    except OSError as error:
        warn_once("the spool may not outlast a loss of power", error)
    return True


def _written_to_spare(folder: Path, events: list[Event]) -> bool:
    """Whether all of it is safe in another folder, as where a disk is full; a flush sends what is there, too."""
    spare = spare_folder(make=True)
    if spare is None or spare == folder:
        return False
    try:
        return _written(SpoolFile(spare), events)
    except OSError:
        return False


def _append(file: SpoolFile, event: Event, mark: str | None) -> None:
    try:
        file.append(event, mark)
    except (TypeError, ValueError, RecursionError) as error:
        warn_once("a part of a run is no JSON, and is left out", error)
        file.append({**event, "records": []}, mark)
