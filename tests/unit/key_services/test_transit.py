"""The transit engine of Vault and OpenBao: what is asked, what is refused, what of its answers is believed."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from registry.errors import (
    ConfigurationError,
    InvalidEncryptionKeyError,
    KeyServiceAnswerError,
    KeyServiceUnavailableError,
    RegistryError,
)
from registry.key_services import transit_client
from registry.key_services.opening import KeyServices
from registry.key_services.service import Bound, KeyReference, KeyService
from registry.key_services.transit import TransitService
from registry.settings import Settings
from tests.integration.secrecy.test_tls import write_certificate
from tests.unit.key_services.transit_server import TransitServer, transit_server

MESSAGE = b"log.example/lineage\n1\n"
ITEMS = [Bound(b"one", b"id-1"), Bound(b"two" * 20, b"id-2")]


@pytest.fixture
def server() -> Iterator[TransitServer]:
    with transit_server() as running:
        yield running


@pytest.fixture
def service(server: TransitServer, monkeypatch: pytest.MonkeyPatch) -> TransitService:
    monkeypatch.setattr(transit_client, "REST_SECONDS", 0.0)
    return TransitService(settings_of(server))


def settings_of(server: TransitServer, **more: Any) -> Settings:
    return Settings.model_validate({"neo4j_uri": "neo4j://db.example.org"} | server.settings() | more)


def test_each_version_signs_as_itself(server: TransitServer, service: TransitService) -> None:
    server.keys["transit/ledger"].rotate()
    found = service.public_keys("transit/ledger")
    assert sorted(found) == [1, 2]
    for version, public in found.items():
        signature = service.sign("transit/ledger", version, MESSAGE)
        Ed25519PublicKey.from_public_bytes(public).verify(signature, MESSAGE)


def test_what_is_wrapped_opens_with_its_words_only(server: TransitServer, service: TransitService) -> None:
    assert service.latest("transit/kek") == 1
    wrapped = service.wrap("transit/kek", 1, ITEMS)
    server.keys["transit/kek"].rotate()
    assert service.latest("transit/kek") == 2
    opened = service.unwrap("transit/kek", 1, [Bound(wrapped[0], b"id-1"), Bound(wrapped[1], b"id-2")])
    assert opened == [item.content for item in ITEMS]
    for item, version in ((Bound(wrapped[0], b"id-2"), 1), (Bound(wrapped[0], b"id-1"), 2)):
        with pytest.raises(InvalidEncryptionKeyError):
            service.unwrap("transit/kek", version, [item])
    server.keys["transit/kek"].min_decryption_version = 2
    with pytest.raises(InvalidEncryptionKeyError):
        service.unwrap("transit/kek", 1, [Bound(wrapped[0], b"id-1")])


def test_more_than_a_batch_stays_in_order(service: TransitService) -> None:
    items = [Bound(str(number).encode(), b"id") for number in range(1_001)]
    wrapped = service.wrap("transit/kek", 1, items)
    assert service.unwrap("transit/kek", 1, [Bound(content, b"id") for content in wrapped]) == [
        item.content for item in items
    ]


def test_a_service_that_is_down_is_said_left_alone_and_found_again(
    server: TransitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = TransitService(settings_of(server))
    assert service.latest("transit/kek") == 1
    server.stop()
    with pytest.raises(KeyServiceUnavailableError, match="does not answer"):
        service.latest("transit/kek")
    server.start()
    asked = len(server.asked)
    with pytest.raises(KeyServiceUnavailableError):
        service.latest("transit/kek")
    assert len(server.asked) == asked, "left alone for a while"
    monkeypatch.setattr(service._client, "_rest", (0.0, ""))
    assert service.latest("transit/kek") == 1


def test_a_connection_that_the_service_closed_is_made_again(server: TransitServer, service: TransitService) -> None:
    assert service.latest("transit/kek") == 1
    server.stop()
    server.start()
    assert service.latest("transit/kek") == 1


def test_refusals_are_told_apart(server: TransitServer, service: TransitService) -> None:
    with pytest.raises(KeyServiceUnavailableError, match="no key of that name"):
        service.latest("transit/other")
    with pytest.raises(KeyServiceUnavailableError, match="refuses the request"):
        service.wrap("transit/other", 1, ITEMS)
    with pytest.raises(ConfigurationError, match="not of type ed25519"):
        service.public_keys("transit/kek")
    with pytest.raises(ConfigurationError, match="not of type aes256"):
        service.latest("transit/ledger")
    server.sealed = True
    with pytest.raises(KeyServiceUnavailableError, match="sealed"):
        service.latest("transit/kek")
    server.sealed, server.token = False, "hvs.another"
    with pytest.raises(KeyServiceUnavailableError, match="token"):
        service.latest("transit/kek")


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("sign", {}),
        ("sign", {"signature": "vault:v2:" + base64.b64encode(bytes(64)).decode()}),
        ("sign", {"signature": "vault:v1:" + base64.b64encode(bytes(63)).decode()}),
        ("sign", {"signature": "vault:v1:***"}),
        ("sign", {"signature": 7}),
        ("encrypt", {"batch_results": []}),
        ("encrypt", {"batch_results": [{"ciphertext": "vault:v2:QUJD"}, {"ciphertext": "vault:v1:QUJD"}]}),
        ("encrypt", {"batch_results": [7, 8]}),
        ("keys", {"type": "aes256-gcm96", "derived": False, "latest_version": 0}),
        ("keys", {"type": "aes256-gcm96", "derived": False, "latest_version": True}),
        ("keys", {"type": "ed25519", "derived": False, "keys": {"1": {"public_key": "QUJD"}}}),
        ("keys", {"type": "ed25519", "derived": False, "keys": {"x": {"public_key": "QUJD"}}}),
        ("keys", {"type": "ed25519", "derived": False, "keys": []}),
    ],
)  # fmt: skip
def test_answers_that_are_not_in_their_form_are_not_used(
    server: TransitServer, service: TransitService, verb: str, data: dict[str, Any]
) -> None:
    server.change = lambda _verb, _data: data
    calls: dict[str, Any] = {
        "sign": lambda: service.sign("transit/ledger", 1, MESSAGE),
        "encrypt": lambda: service.wrap("transit/kek", 1, ITEMS),
        "keys": lambda: service.latest("k/k") if "latest_version" in data else service.public_keys("k/k"),
    }
    server.make("k/k", data.get("type", ""))
    with pytest.raises(KeyServiceAnswerError):
        calls[verb]()


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"data": 7}', b"{" * 100, b" " * (5 * 1024 * 1024)])
def test_what_is_no_answer_of_the_api_is_refused(
    server: TransitServer, service: TransitService, content: bytes
) -> None:
    server.raw = lambda _verb: content
    with pytest.raises(KeyServiceAnswerError):
        service.latest("transit/kek")


def test_a_token_in_a_file_is_read_again(server: TransitServer, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("hvs.first\n")
    service = TransitService(settings_of(server, vault_token=None, vault_token_file=file))
    with pytest.raises(KeyServiceUnavailableError, match="token"):
        service.latest("transit/kek")
    file.write_text(server.token + "\n")
    assert service.latest("transit/kek") == 1


@pytest.mark.parametrize("token", ["", " ", "hvs.canary\nX: y", "hvs.canary ä"])
def test_a_token_that_is_none_goes_nowhere_and_into_no_text(
    server: TransitServer, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigurationError) as caught:
        TransitService(settings_of(server, vault_token=token)).latest("transit/kek")
    assert not server.asked
    assert "canary" not in caught.value.diagnostics() + caplog.text


def test_no_secret_is_in_a_log_an_error_or_a_dump(
    server: TransitServer, service: TransitService, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, said = settings_of(server), io.StringIO()
    with caplog.at_level(logging.DEBUG):
        (wrapped,) = service.wrap("transit/kek", 1, [Bound(b"canary-content", b"id")])
        server.change = lambda _verb, data: {"batch_results": [{"error": "canary-content"}]}
        for call in (
            lambda: service.unwrap("transit/kek", 1, [Bound(wrapped, b"id")]),
            server.stop,
            lambda: service.latest("transit/kek"),
        ):
            try:
                call()
            except RegistryError as error:
                said.write(error.diagnostics() + str(error.as_problem()))
    shown = (
        said.getvalue()
        + caplog.text
        + "".join(capsys.readouterr())
        + repr(settings)
        + settings.model_dump_json()
        + repr(service)
    )
    assert "does not answer" in shown
    for secret in (server.token, "canary-content", base64.b64encode(b"canary-content").decode()):
        assert secret not in shown


@pytest.mark.parametrize(
    "address",
    [None, "", "vault.example.org:8200", "http://vault.example.org:8200", "https://a:b@vault.example.org", "ftp://x", "https://"],
)  # fmt: skip
def test_only_an_address_with_tls_is_taken(address: str | None) -> None:
    with pytest.raises(ConfigurationError, match="VAULT_ADDR"):
        TransitService(Settings.model_validate({"neo4j_uri": None, "vault_addr": address, "vault_token": "x"}))


def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transit_client, "REST_SECONDS", 0.0)
    certificate = write_certificate(tmp_path, "vault")
    server = TransitServer().start(certificate)
    server.make("transit/kek", "aes256-gcm96")
    try:
        with pytest.raises(KeyServiceUnavailableError, match="does not answer"):
            TransitService(settings_of(server)).latest("transit/kek")
        assert not server.asked, "no token goes to who shows no certificate that is trusted"
        assert TransitService(settings_of(server, vault_cacert=certificate[0])).latest("transit/kek") == 1
        other = settings_of(
            server, vault_cacert=certificate[0], vault_addr=server.url.replace("127.0.0.1", "localhost")
        )
        with pytest.raises(KeyServiceUnavailableError):
            TransitService(other).latest("transit/kek")
    finally:
        server.stop()


def test_a_token_goes_to_one_address_only(
    server: TransitServer, service: TransitService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transit_server() as other:
        server.elsewhere = other.url
        with pytest.raises(KeyServiceUnavailableError, match="not followed"):
            service.latest("transit/kek")
        server.elsewhere = None
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("ALL_PROXY", other.url)
        assert TransitService(settings_of(server)).latest("transit/kek") == 1
        assert not other.asked


def test_certificates_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VAULT_CACERT"):
        TransitService(
            Settings.model_validate({"vault_addr": "https://v.example.org", "vault_cacert": tmp_path / "none"})
        )


@pytest.mark.parametrize("key", ["kek", "transit/../sys/kek", "transit/.kek", "transit/a:b", "transit//kek"])
def test_a_name_reaches_nothing_but_keys(server: TransitServer, service: TransitService, key: str) -> None:
    with pytest.raises(ConfigurationError, match="MOUNT/NAME"):
        service.latest(key)
    assert not server.asked


def test_references_are_told_from_keys() -> None:
    found = KeyReference.parse("vault:transit/kek")
    assert found == KeyReference("vault", "transit/kek")
    assert found is not None
    assert found.version_of(found.version(12)) == 12
    assert (found.version_of("vault:transit/kek2@1"), found.version_of("vault:transit/kek@x")) == (None, None)
    for text in ("", "kek", "PRIVATE+KEY+a+b+c", base64.b64encode(bytes(range(32))).decode(), "vault: x", "vault:a@1"):
        assert KeyReference.parse(text) is None


def test_another_package_offers_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: TransitServer
) -> None:
    (tmp_path / "hsm_keys.py").write_text(
        "from registry.key_services.transit import TransitService as Hsm\nclass Lame:\n    def __init__(self, _): pass\n"
    )
    facts = tmp_path / "hsm_keys-1.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: hsm-keys\nVersion: 1\n")
    (facts / "entry_points.txt").write_text(
        "[lineage_registry.key_services]\nhsm = hsm_keys:Hsm\nlame = hsm_keys:Lame\ngone = hsm_keys:Gone\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    services = KeyServices(settings_of(server))
    assert isinstance(services.get("hsm"), KeyService)
    assert services.get("hsm") is services.get("hsm")
    for name, words in (("lame", "protocol"), ("gone", "AttributeError"), ("other", "No key service")):
        with pytest.raises(ConfigurationError, match=words):
            services.get(name)
