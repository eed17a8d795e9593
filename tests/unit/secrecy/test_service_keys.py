"""Key-encryption keys in a service: which version wraps, what is remembered, what is noticed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registry.errors import InvalidEncryptionKeyError, KeyServiceAnswerError, KeyServiceUnavailableError
from registry.key_services import transit_client
from registry.key_services.service import KeyReference
from registry.key_services.transit import TransitService
from registry.secrecy import service_keys
from registry.secrecy.envelope import Material
from registry.secrecy.known_secrets import KnownSecrets
from registry.secrecy.service_keys import ServiceKeyEncryptionKey
from registry.settings import Settings
from tests.unit.key_services.transit_server import TransitServer, transit_server

ID = "0123456789abcdef"
KEK = "vault:transit/kek"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TransitServer]:
    monkeypatch.setattr(transit_client, "REST_SECONDS", 0.0)
    with transit_server() as running:
        yield running


def key_of(server: TransitServer) -> ServiceKeyEncryptionKey:
    service = TransitService(Settings.model_validate(server.settings()))
    return ServiceKeyEncryptionKey(lambda: service, KeyReference("vault", "transit/kek"))


def test_the_version_that_wraps_is_found_again_where_older_ones_may_not(server: TransitServer) -> None:
    key, transit = key_of(server), server.keys["transit/kek"]
    assert key.id == f"{KEK}@1"
    transit.rotate()
    assert key.wrap_all({ID: Material.fresh()})[0] == f"{KEK}@1", "for a minute, the one that it knows"
    transit.min_encryption_version = 2
    assert key.wrap_all({ID: Material.fresh()})[0] == f"{KEK}@2"
    transit.min_encryption_version = 3
    with pytest.raises(KeyServiceUnavailableError, match="not allowed"):
        key.wrap_all({ID: Material.fresh()})


def test_the_newest_version_is_asked_for_again_in_time(server: TransitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(server)
    assert key.id == f"{KEK}@1"
    server.keys["transit/kek"].rotate()
    monkeypatch.setattr(service_keys, "_FRESH_SECONDS", 0.0)
    assert key.id == f"{KEK}@2"
    server.stop()
    assert key.id == f"{KEK}@2", "the one that it knows"
    with pytest.raises(KeyServiceUnavailableError):
        _ = key_of(server).id


def test_only_so_many_are_remembered(server: TransitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_keys, "MOST_REMEMBERED", 2)
    key, names = key_of(server), [f"{number:016x}" for number in range(3)]
    wrapping, wrapped = key.wrap_all({name: Material.fresh() for name in names})
    server.stop()
    assert set(key.unwrap_all(wrapping, {name: wrapped[name] for name in names[1:]})) == set(names[1:])
    with pytest.raises(KeyServiceUnavailableError):
        key.unwrap_all(wrapping, {names[0]: wrapped[names[0]]})


@pytest.mark.parametrize("place", [0, 1, 32, 40, -1])
def test_a_wrapped_key_that_was_altered_is_noticed(server: TransitServer, place: int) -> None:
    wrapping, wrapped = key_of(server).wrap_all({ID: Material.fresh()})
    content = bytearray(wrapped[ID])
    content[place] ^= 1
    with pytest.raises((InvalidEncryptionKeyError, KeyServiceAnswerError)):
        key_of(server).unwrap_all(wrapping, {ID: bytes(content)})
    with pytest.raises(InvalidEncryptionKeyError):
        key_of(server).unwrap_all(wrapping, {ID[::-1]: wrapped[ID]})
    with pytest.raises(InvalidEncryptionKeyError):
        key_of(server).unwrap_all(wrapping, {ID: wrapped[ID][:33]})


def test_the_token_is_a_secret_that_no_log_shows_and_the_name_of_a_key_is_none() -> None:
    settings = Settings.model_validate({"vault_token": "hvs.canary", "ledger_key": "vault:transit/ledger"})
    assert "hvs.canary" in KnownSecrets(settings)()
    assert "vault:transit/ledger" not in KnownSecrets(settings)()
