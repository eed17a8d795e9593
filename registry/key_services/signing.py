"""Signing notes with a key that stays in a key service."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from registry.errors import InvalidLedgerError, KeyServiceAnswerError
from registry.key_services.opening import KeyServices
from registry.key_services.service import KeyReference, KeyService
from registry.ledger.keys import Algorithm, VerifierKey


class ServiceSigner:
    """One version of a key in a service. What it gives was verified with the public key that it is known by."""

    def __init__(
        self, service: KeyService, reference: KeyReference, version: int, verifier: VerifierKey, *, newest: bool
    ) -> None:
        self._service, self._reference, self._version = service, reference, version
        self.verifier: Final = verifier
        self.newest: Final = newest
        """Whether the service has no later version."""

    def __repr__(self) -> str:
        return f"ServiceSigner({self.verifier.name!r}, {self._reference.version(self._version)})"

    def sign(self, text: str, now: int) -> bytes:  # noqa: ARG002 - the time is for cosignatures
        """The signature on a note's text. Raises KeyServiceUnavailableError, KeyServiceAnswerError."""
        signature = self._service.sign(self._reference.key, self._version, text.encode())
        try:
            self.verifier.verify(text, signature)
        except InvalidLedgerError:
            raise KeyServiceAnswerError(
                "The key service answers with a signature that is not of the key it is known by. It was not used."
            ) from None
        return signature


class ServiceSigners:
    """The signing keys of a deployment that are in services. Remembers public keys, which never change."""

    def __init__(self, services: KeyServices) -> None:
        self._services = services
        self._known: dict[KeyReference, Mapping[int, bytes]] = {}
        self._lock = threading.Lock()

    def of(self, reference: KeyReference, name_of: Callable[[bytes], str]) -> list[ServiceSigner]:
        """Every version of a key as the service has it now, the newest first, named as ``name_of`` says by public key."""
        found = self._services.get(reference.service).public_keys(reference.key)
        with self._lock:
            self._known[reference] = found
        return self._made(reference, found, name_of)

    def find(self, wanted: VerifierKey, references: Sequence[KeyReference]) -> ServiceSigner | None:
        """The version of one of these keys that has the public half that is wanted; None where none has."""
        for reference in references:
            with self._lock:
                known = self._known.get(reference, {})
            signers = (
                self.of(reference, lambda _: wanted.name)
                if wanted.public not in known.values()
                else self._made(reference, known, lambda _: wanted.name)
            )
            for signer in signers:
                if signer.verifier == wanted:
                    return signer
        return None

    def _made(
        self, reference: KeyReference, found: Mapping[int, bytes], name_of: Callable[[bytes], str]
    ) -> list[ServiceSigner]:
        service, newest = self._services.get(reference.service), max(found, default=0)
        return [
            ServiceSigner(
                service,
                reference,
                version,
                VerifierKey(name_of(public), Algorithm.ED25519, public),
                newest=version == newest,
            )
            for version, public in sorted(found.items(), reverse=True)
        ]
