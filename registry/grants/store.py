"""The policy as it stands: grants of the policy file and of the database, sandboxes and scopes, kept for a moment.

What was read is used for at most a quarter of a second without asking whether it still holds, in every process that
serves the same database: so long a revoked grant may go on. Asking is one small question that counters answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import structlog

from registry.errors import ConfigurationError, InvalidGrantError
from registry.grants import statements
from registry.grants.file import read_policy_file
from registry.grants.noting import Noting
from registry.grants.stored import grant_of
from registry.graph.database import Database
from registry.permission.policy import Grant, Policy, Sandbox
from registry.permission.standing import Standing

FRESH_SECONDS: Final = 0.25
SURE_SECONDS: Final = 60.0
"""After so long it is read again whatever the counters say: somebody may have set them back."""
_LOG = structlog.get_logger(__name__)
_Mark = tuple[Any, ...]
_Said = tuple[tuple[Grant, ...], frozenset[str], frozenset[str]]


class PolicyStore:
    """The standing of one database and one policy file. Safe to use from several threads.

    A policy file that becomes unreadable while the server runs leaves what it said last; the log tells of it. Reading
    writes nothing, so that a write may ask within its transaction.
    """

    def __init__(self, database: Database, policy_file: Path | None = None) -> None:
        """Read the policy file. Raises ConfigurationError where it cannot be used."""
        self._database = database
        self._file = policy_file
        self._file_mark: _Mark | None = None
        self._file_grants: tuple[Grant, ...] = ()
        self._lock = threading.Lock()
        self._kept: tuple[_Mark, Standing] | None = None
        self._said: tuple[_Said, Policy] | None = None
        self._fresh_until = self._sure_until = 0.0
        self._forgotten = 0
        self._changed = False
        self._noting = Noting(database)
        if policy_file is not None:
            self._file_mark, self._file_grants = _mark_of(policy_file), read_policy_file(policy_file)

    def known(self) -> Standing | None:
        """The standing of a moment ago; None where it takes :meth:`read`."""
        kept = self._kept
        return kept[1] if kept is not None and time.monotonic() < self._fresh_until else None

    def read(self) -> Standing:
        """The standing as it is now. Raises what the database raises."""
        with self._lock:
            known = self.known()
            if known is not None:  # somebody else asked while this waited
                return known
            return self._read()

    def forget(self) -> None:
        """Ask again next time: something was changed."""
        self._forgotten += 1
        self._fresh_until = 0.0
        self._changed = True

    @property
    def file_grants(self) -> tuple[Grant, ...]:
        """The grants of the policy file as they were read last."""
        return self._file_grants

    def _read(self) -> Standing:
        asked, forgotten = time.monotonic(), self._forgotten
        self._read_file()
        [(version, count)] = self._database.read_text(statements.WHERE_IT_STANDS, {}, from_leader=True)
        mark = (version, count, self._file_mark)
        if self._kept is None or self._changed or self._kept[0] != mark or asked >= self._sure_until:
            self._changed = False
            [(version, grants, sandboxes, scopes)] = self._database.read_text(statements.READ_ALL, {}, from_leader=True)
            self._keep((version, len(scopes), self._file_mark), self._policy(grants, sandboxes), tuple(sorted(scopes)))
            self._sure_until = asked + SURE_SECONDS
        if forgotten == self._forgotten:
            self._fresh_until = asked + FRESH_SECONDS
        if self._kept is None:
            raise AssertionError("it has just been read")
        return self._kept[1]

    def _keep(self, mark: _Mark, policy: Policy, scopes: tuple[str, ...]) -> None:
        """The same object where it says the same: what was worked out from it holds."""
        kept = self._kept[1] if self._kept is not None else None
        same = kept is not None and kept.policy is policy and kept.scopes == scopes
        self._kept = (mark, kept if kept is not None and same else Standing(policy, scopes))

    def _policy(self, grants: list[Any], sandboxes: list[Any]) -> Policy:
        """The same object as long as nothing in it changes: what was decided by it needs no second look."""
        said = (self._file_grants, frozenset(map(str, grants)), frozenset(map(str, sandboxes)))
        if self._said is None or self._said[0] != said:
            self._said = said, Policy((*self._file_grants, *_sound(grants)), tuple(_sandboxes(sandboxes)))
        return self._said[1]

    def _read_file(self) -> None:
        if self._file is None:
            return
        mark = _mark_of(self._file)
        if mark != self._file_mark:
            self._file_mark = mark
            try:
                self._file_grants = read_policy_file(self._file)
            except ConfigurationError as error:
                _LOG.error("policy file unusable, what it said before still holds", reason=error.message)
        self._noting.tell(Policy(self._file_grants).digest)


def _mark_of(path: Path) -> _Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _sound(contents: Iterable[object]) -> list[Grant]:
    grants = [grant_of(content) for content in contents]
    if None in grants:
        _LOG.error("a stored grant is not in its form and gives nothing")
    return [grant for grant in grants if grant is not None]


def _sandboxes(rows: Iterable[tuple[Any, Any]]) -> Iterable[Sandbox]:
    for name, expires_at in rows:
        try:
            yield Sandbox(name, int(expires_at))
        except (InvalidGrantError, TypeError, ValueError):
            _LOG.error("a stored sandbox is not in its form and gives nothing")
