"""The keys that the settings give to sign the ledger: themselves, or by their names in a key service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from registry.key_services.opening import KeyServices
from registry.key_services.service import KeyReference
from registry.key_services.signing import ServiceSigner, ServiceSigners
from registry.ledger.key_files import given_lines
from registry.ledger.keys import Signer, SigningKey, VerifierKey
from registry.settings import Settings

NameOf = Callable[[bytes], str]
"""Gives the name of a key by its public half: keys in a service have none of our names."""


class ConfiguredKeys:
    """What ``LINEAGE_LEDGER_KEY`` or its file gives, read again each time. Every method raises InvalidKeyError."""

    def __init__(self, settings: Settings) -> None:
        """Touches nothing yet."""
        self._path: Path | None = settings.ledger_key_file
        self._text = settings.ledger_key.get_secret_value() if settings.ledger_key else None
        self._signers = ServiceSigners(KeyServices(settings))

    def __repr__(self) -> str:
        return "ConfiguredKeys(***)"

    def all(self, name_of: NameOf) -> list[Signer]:
        """The keys in their order; of one in a service every version, the newest first.

        Raises KeyServiceUnavailableError where a service is asked in vain.
        """
        found = list[Signer]()
        for item in self._given():
            found += [item] if isinstance(item, SigningKey) else self._signers.of(item, name_of)
        return found

    def next(self, name_of: NameOf) -> list[Signer]:
        """Those that may come into force: of one in a service only the newest version. Raises as :meth:`all`."""
        return [key for key in self.all(name_of) if not isinstance(key, ServiceSigner) or key.newest]

    def local(self) -> list[SigningKey]:
        """Those that are here."""
        return [item for item in self._given() if isinstance(item, SigningKey)]

    def find_in_service(self, wanted: VerifierKey) -> ServiceSigner | None:
        """What signs with that key in a service. Raises KeyServiceUnavailableError."""
        references = [item for item in self._given() if isinstance(item, KeyReference)]
        return self._signers.find(wanted, references)

    def _given(self) -> list[SigningKey | KeyReference]:
        return [KeyReference.parse(line) or SigningKey.parse(line) for line in given_lines(self._path, self._text)]
