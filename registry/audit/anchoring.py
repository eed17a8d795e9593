"""Anchoring: a transparency log takes up the ledger's signed heads, now and then, if somebody asked for that.

Nobody waits for it. It has a thread of its own, since a log answers within seconds; what fails is tried again, ever more
seldom, and stops neither writing nor publishing.
"""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from registry.anchors.log_keys import read_log_keys
from registry.anchors.rekor import RekorLog, anchoring_key, check_rekor
from registry.anchors.timestamps import Authority, check_authority
from registry.audit.anchor_folder import AnchorFolder, KeptAnchor
from registry.audit.metrics import ANCHORED_AT, ANCHORED_SIZE, ANCHORS
from registry.audit.place import Place
from registry.audit.publication import Publication
from registry.errors import ConfigurationError, RegistryError
from registry.settings import Settings

_AGAIN: Final = 60.0
_LOOK: Final = 30.0
_LEAVE_SECONDS: Final = 1.0
_log = structlog.get_logger("lineage.ledger")


def transparency_log(settings: Settings) -> RekorLog | None:
    """The log that the settings name, None where they name none. Makes the key that signs where there is none.

    Raises ConfigurationError where the log's own keys are not given or an extra is missing, InvalidKeyError.
    """
    if settings.ledger_rekor_url is None:
        return None
    check_rekor(settings.ledger_rekor_url)
    if settings.ledger_rekor_log_keys_file is None:
        raise ConfigurationError(
            "LINEAGE_LEDGER_REKOR_URL names a transparency log, whose public key is missing.",
            hint="Name it with LINEAGE_LEDGER_REKOR_LOG_KEYS_FILE: nothing that the log says is believed without it.",
        )
    keys = read_log_keys(settings.ledger_rekor_log_keys_file)
    return RekorLog(settings.ledger_rekor_url, keys, signing_key(Place.of(settings)), _authority(settings))


def _authority(settings: Settings) -> Authority | None:
    url, roots = settings.ledger_timestamp_url, settings.ledger_timestamp_roots_file
    if url is None:
        return None
    if roots is None:
        raise ConfigurationError(
            "LINEAGE_LEDGER_TIMESTAMP_URL names an authority, whose certificates are missing.",
            hint="Name them with LINEAGE_LEDGER_TIMESTAMP_ROOTS_FILE.",
        )
    check_authority(url, roots)
    return Authority(url, roots)


def signing_key(place: Place) -> EllipticCurvePrivateKey:
    """The key under which heads are sent, made where there is none, once. Raises InvalidKeyError, LedgerStorageError."""
    place.make()
    with place.turn():
        return anchoring_key(place.anchoring_key_file)


def anchor_head(publication: Publication, log: RekorLog) -> KeptAnchor | None:
    """Have the last signed head taken up, unless it was already; the anchor.

    None where nothing is signed, or while another process of this machine asks.

    Raises what :meth:`registry.anchors.rekor.RekorLog.anchor` does, and LedgerStorageError.
    """
    folder = AnchorFolder(publication.place.anchors)
    signed = publication.checkpoints().latest()
    with folder.turn() as ours:
        latest = folder.latest()
        if latest is not None and signed is not None and latest.size >= signed.checkpoint.size:
            return latest
        if signed is None or not ours:
            return None
        bundle, _ = log.anchor(signed.note.text.encode())
        kept = folder.keep(signed, bundle)
    ANCHORS.labels("kept").inc()
    return kept


class Anchoring:
    """Anchors at most once in ``seconds``, whoever did it last on this machine."""

    def __init__(self, publication: Publication, log: RekorLog, seconds: float) -> None:
        self._publication, self._seconds = publication, seconds
        self._transparency_log = log
        self._stopping = threading.Event()
        self._failed, self._known = 0, 0
        self._loop = threading.Thread(target=self._go_on, name="anchoring", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._loop.start()

    def stop(self) -> None:
        """End soon. A request under way is not waited for: the head is anchored the next time."""
        self._stopping.set()
        if self._loop.ident is not None:
            self._loop.join(_LEAVE_SECONDS)

    def once(self) -> float:
        """Anchor where it is time to; in how many seconds to look again."""
        try:
            wait = self._until_due()
            if wait > 0:
                return min(wait, _LOOK)
            kept = anchor_head(self._publication, self._transparency_log)
        except RegistryError as error:
            return self._rest(error.code, error.message)
        except Exception as error:  # noqa: BLE001 - a thread that dies would leave the ledger without anchors, unsaid
            _log.exception("anchoring_thread")
            return self._rest("internal", type(error).__name__)
        if kept is not None:
            self._failed = 0
            self._take(kept)
        return min(self._seconds, _LOOK)

    def _go_on(self) -> None:
        wait = 0.0
        while not self._stopping.wait(wait):
            wait = self.once()

    def _until_due(self) -> float:
        latest = AnchorFolder(self._publication.place.anchors).latest()
        if latest is None:
            return 0.0
        self._take(latest)
        age = time.time() - latest.kept_at
        return self._seconds - age if age >= 0 else 0.0  # a time to come is that of a clock that was wrong

    def _take(self, kept: KeptAnchor) -> None:
        if kept.size != self._known:
            self._known = kept.size
            _log.info("ledger_anchored", size=kept.size, file=str(kept.path))
        ANCHORED_SIZE.set(kept.size)
        ANCHORED_AT.set(kept.kept_at)

    def _rest(self, code: str, message: str) -> float:
        self._failed += 1
        wait: float = min(_AGAIN * 2.0 ** min(self._failed - 1, 10), max(_AGAIN, self._seconds))
        ANCHORS.labels("failed").inc()
        _log.warning("ledger_not_anchored", code=code, why=message, again_in=wait)
        return wait
