"""Where the ledger is kept outside the database: its folder, its file of checkpoints, its keys."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from registry.audit.configured_keys import ConfiguredKeys
from registry.errors import InvalidKeyError, LedgerStorageError
from registry.ledger.durable import sync_folder
from registry.ledger.folder import STATE, LogFolder
from registry.ledger.key_files import read_key_file, write_key_file
from registry.ledger.keys import Signer, SigningKey, VerifierKey, new_key
from registry.settings import Settings

_LOG: Final = "log"
_CHECKPOINTS: Final = "checkpoints.jsonl"
_KEY: Final = "key"
_ANCHORING_KEY: Final = "anchoring-key.pem"
_VERIFIERS: Final = "keys.txt"
_STEP: Final = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """The paths of one ledger on this machine. Making it touches nothing."""

    folder: Path
    checkpoints: Path
    configured: ConfiguredKeys
    origin: str | None
    anchoring_key_file: Path
    log_keys_file: Path | None
    timestamp_roots_file: Path | None

    @classmethod
    def of(cls, settings: Settings) -> Place:
        """The place that the settings name."""
        folder = (settings.ledger_dir or settings.data_dir / "ledger").expanduser()
        checkpoints = settings.ledger_checkpoints_file or folder / _CHECKPOINTS
        return cls(
            folder,
            checkpoints.expanduser(),
            ConfiguredKeys(settings),
            settings.ledger_origin,
            (settings.ledger_rekor_signing_key_file or folder / _ANCHORING_KEY).expanduser(),
            settings.ledger_rekor_log_keys_file,
            settings.ledger_timestamp_roots_file,
        )

    @property
    def log(self) -> LogFolder:
        """Tiles and entries; any web server can hand this folder out."""
        return LogFolder(self.folder / _LOG)

    @property
    def log_path(self) -> Path:
        """The folder of tiles, as the offline verifier takes it."""
        return self.folder / _LOG

    @property
    def inventory(self) -> Path:
        """The folder of inventories: what was in the graph when the ledger began, or after an incident."""
        return self.folder / "inventories"

    @property
    def anchors(self) -> Path:
        """The folder of anchors: signed heads, each with the proof that a transparency log took it up."""
        return self.folder / "anchors"

    @property
    def used(self) -> bool:
        """Whether a ledger was kept here before."""
        return (self.folder / _LOG / STATE).exists() or self.checkpoints.exists()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Within, no other process of this machine begins the ledger here. Raises LedgerStorageError."""
        try:
            lock = (self.folder / ".turn").open("wb")
        except OSError as error:
            raise LedgerStorageError(f"The ledger's folder cannot be written: {error.strerror}.") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def make(self) -> None:
        """Make the folders. Raises LedgerStorageError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o755)
            self.checkpoints.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerStorageError(f"The ledger's folder cannot be made: {error.strerror}.") from None

    def rewrite(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Put a folder of these entries, from the first on, in the stead of the one that is here, which is kept aside.

        Raises LedgerStorageError; after a crash in between, the folder is made again from the database.
        """
        name = secrets.token_hex(4)
        fresh, aside = self.folder / f".new-{name}", self.folder / f"aside-{name}"
        log, part = LogFolder(fresh), list[bytes]()
        checkpoint = self.log.checkpoint()
        for sequence, content in entries:
            part.append(content)
            if len(part) == _STEP:
                log.append(sequence + 1 - len(part), part)
                part = []
        log.append(log.frontier().size, part)
        if checkpoint is not None and checkpoint.checkpoint.size <= log.frontier().size:
            log.publish(checkpoint)
        try:
            self.log_path.rename(aside)
            fresh.rename(self.log_path)
            sync_folder(self.folder)
        except OSError as error:
            raise LedgerStorageError(f"The ledger's folder cannot be replaced: {error.strerror}.") from None

    def signing_keys(self) -> tuple[Signer, ...]:
        """The keys that this machine can sign with: the configured ones, and those that were made here.

        Raises InvalidKeyError, and KeyServiceUnavailableError where one is in a service that does not answer.
        """
        found = [*self.configured.all(self._name_of), *self._made_here()]
        return tuple({key.verifier: key for key in found}.values())

    def next_keys(self) -> tuple[Signer, ...]:
        """The configured keys that may come into force, in their order. Raises as :meth:`signing_keys`."""
        return tuple(self.configured.next(self._name_of))

    def signer(self, wanted: VerifierKey) -> Signer | None:
        """What signs with that key, None where nothing here does. A service is asked only if the key is not here itself."""
        for key in (*self.configured.local(), *self._made_here()):
            if key.verifier == wanted:
                return key
        return self.configured.find_in_service(wanted)

    def _made_here(self) -> list[SigningKey]:
        return list(map(read_key_file, sorted((*self.folder.glob(_KEY), *self.folder.glob(f"{_KEY}.*")))))

    def _name_of(self, public: bytes) -> str:
        """The name of a key in a service: the one that it has in the ledger, else the ledger's."""
        known = self.verifiers()
        names = [key.name for key in known if key.public == public]
        names += [self.origin] if self.origin is not None else [key.name for key in known[-1:]]
        return names[0] if names else f"lineage.local/{hashlib.sha256(public).hexdigest()[:8]}"

    def make_key(self, name: str | None = None) -> SigningKey:
        """A new key, in a file of its own (0600) in this folder. Raises InvalidKeyError where it cannot be kept."""
        key = new_key(name or self.origin or f"lineage.local/{secrets.token_hex(4)}")
        first = self.folder / _KEY
        path = first if not first.exists() else self.folder / f"{_KEY}.{key.verifier.key_id.hex()}"
        write_key_file(key, path)
        return key

    def verifiers(self) -> tuple[VerifierKey, ...]:
        """The public keys that this machine has known the ledger by, the oldest first; none where it is new."""
        try:
            lines = (self.folder / _VERIFIERS).read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidKeyError(f"The file of verifier keys cannot be read: {type(error).__name__}.") from None
        return tuple(VerifierKey.parse(line) for line in lines if line.strip())

    def remember(self, key: VerifierKey) -> None:
        """Add a public key to those that the ledger is known by. Raises LedgerStorageError."""
        if key in self.verifiers():
            return
        try:
            with (self.folder / _VERIFIERS).open("a", encoding="utf-8") as file:
                file.write(key.text + "\n")
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self.folder)
        except OSError as error:
            raise LedgerStorageError(f"The file of verifier keys cannot be written: {error.strerror}.") from None
