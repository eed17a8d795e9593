"""How far a source was read, as the registry keeps it: asked before an import, told after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registry.capture.naming import without_credentials
from registry.capture.source import SINCE, Capture, IncrementalCapture, source_id
from registry.cli.client import Client
from registry.cli.terminal import notices
from registry.errors import InvalidRequestError, NotFoundError

_LONGEST_MARK = 4_000_000


@dataclass(frozen=True, slots=True)
class From:
    """Where to begin reading: everything, what came since a time, or what came since the last import.

    ``since`` is a time in RFC 3339; where it is None and not ``full``, the registry knows.
    """

    full: bool = False
    since: str | None = None


class Reached:
    """What the registry knows of one source; nothing is asked for and told of captures that cannot leave things out."""

    def __init__(self, client: Client | None, capture: Capture, where: str, given: Mapping[str, str]) -> None:
        self._client = client if isinstance(capture, IncrementalCapture) else None
        self._about = {"source": capture.name, "where": without_credentials(where)}
        self._path = f"/api/v1/watermarks/{source_id(capture, where, given)}"
        self._given = given
        self._sending: Mapping[str, str] = {}

    def options(self, capture: Capture, begin: From) -> dict[str, str]:
        """The options that have the capture leave out what is not wanted. Raises InvalidRequestError."""
        if SINCE in self._given:
            raise InvalidRequestError(f"{SINCE} is no option to be given.", hint="Use --since TIME, or --full.")
        if not isinstance(capture, IncrementalCapture):
            if begin.full or begin.since is not None:
                raise InvalidRequestError(
                    f"What {capture.name} reads is always read as a whole.", hint="Leave out --since and --full."
                )
            return {}
        mark = self._ask()
        if begin.since is not None:
            return {SINCE: begin.since}
        return {SINCE: mark} if mark is not None and not begin.full else {}

    def event_id(self, digest: str, otherwise: str) -> str:
        """The event id to send under: that of the last try where it broke off and the documents are the same ones.

        The server then leaves out what it wrote before. Raises RegistryError.
        """
        if self._client is None:
            return otherwise
        if self._sending.get("digest") == digest:
            return self._sending["event_id"]
        sending = {"event_id": otherwise, "digest": digest}
        self._client.keep(self._path, self._about | {"sending": sending})
        return otherwise

    def tell(self, mark: str | None, begin: From) -> None:
        """Everything before the mark is recorded; not so where only what came since a time was read.

        A mark that is too long to be kept is left out, and the next import reads everything. Raises RegistryError.
        """
        if self._client is None or mark is None or begin.since is not None:
            return
        if len(mark) <= _LONGEST_MARK:
            self._client.keep(self._path, self._about | {"mark": mark})
        else:
            notices().print("The source has too many parts for the next import to tell what is new.", style="yellow")

    def _ask(self) -> str | None:
        if self._client is None:
            return None
        try:
            known = self._client.request("GET", self._path)
        except NotFoundError:
            return None
        self._sending = known.get("sending") or {}
        mark = known.get("mark")
        return str(mark) if mark is not None else None
