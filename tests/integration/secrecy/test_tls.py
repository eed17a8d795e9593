"""HTTPS with real certificates, taken up anew without a restart, and clear refusals where encryption is asked for."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from registry.api.request_head import HeadGuard
from registry.api.tls import ReloadingContext, tls_of
from registry.errors import ConfigurationError, RegistryError
from registry.graph.database import Database
from registry.settings import Settings


def write_certificate(folder: Path, name: str, *, password: bytes | None = None) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    sealing = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    certificate, secret = folder / "tls.crt", folder / "tls.key"
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealing))
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return certificate, secret


@contextmanager
def served(context: ReloadingContext) -> Iterator[str]:
    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["scheme"].encode()})

    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http=HeadGuard, lifespan="off", log_config=None,
        ssl_context_factory=lambda _config, _default: context.context,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(url: str, certificate: Path) -> httpx.Response:
    return httpx.get(url, verify=ssl.create_default_context(cafile=str(certificate)))


def test_speaks_https_and_takes_up_a_new_certificate(tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path, "one")
    first = tmp_path / "first.crt"
    first.write_bytes(certificate.read_bytes())
    with served(ReloadingContext(certificate, key)) as url:
        assert ask(url, first).text == "https"
        with pytest.raises(httpx.HTTPError):
            httpx.get(url.replace("https", "http"))
        write_certificate(tmp_path, "two")
        assert ask(url, certificate).text == "https"
        with pytest.raises(httpx.ConnectError):
            ask(url, first)
        key.write_text("half written")
        assert ask(url, certificate).text == "https", "the last good one stays in force"


@pytest.mark.parametrize("broken", ["no certificate", "no key", "another key", "encrypted key", "no PEM"])
def test_what_cannot_be_served_is_refused_before_anything_starts(broken: str, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path, "one", password=b"canary" if broken == "encrypted key" else None)
    given: dict[str, object] = {"tls_cert_file": certificate, "tls_key_file": key}
    if broken == "no certificate":
        del given["tls_cert_file"]
    elif broken == "no key":
        key.unlink()
    elif broken == "another key":
        (tmp_path / "other").mkdir()
        key.write_bytes(write_certificate(tmp_path / "other", "other")[1].read_bytes())
    elif broken == "no PEM":
        key.write_text("canary")
    with pytest.raises(ConfigurationError) as caught:
        tls_of(Settings.model_validate(given))
    assert "canary" not in caught.value.diagnostics()
    assert "LINEAGE_TLS" in caught.value.diagnostics()


@pytest.mark.parametrize("uri", ["bolt://db.example.org", "neo4j://db.example.org", "neo4j+ssc://db.example.org", None])
def test_an_address_of_neo4j_without_encryption_is_refused_where_that_is_required(uri: str | None) -> None:
    from registry.graph.database import refuse_unencrypted

    with pytest.raises(ConfigurationError, match="LINEAGE_NEO4J_TLS"):
        refuse_unencrypted(Settings.model_validate({"neo4j_uri": uri, "neo4j_tls": "require"}))
    refuse_unencrypted(Settings.model_validate({"neo4j_uri": uri}))
    refuse_unencrypted(Settings.model_validate({"neo4j_uri": "neo4j+s://db.example.org", "neo4j_tls": "require"}))


def test_a_password_in_a_file_is_read_again_when_neo4j_refuses_the_old_one(
    clean_database: Database, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text("canary-first-1\n")
    clean_database.execute_schema("DROP USER rotating IF EXISTS")
    clean_database.execute_schema("CREATE USER rotating SET PASSWORD 'canary-first-1' CHANGE NOT REQUIRED")
    mine = settings.model_copy(
        update={"neo4j_username": "rotating", "neo4j_password": None, "neo4j_password_file": file}
    )
    try:
        with Database.from_settings(mine) as database:
            database.verify()
            clean_database.execute_schema("ALTER USER rotating SET PASSWORD 'canary-second-2' CHANGE NOT REQUIRED")
            file.write_text("canary-second-2\n")
            stream = database._driver  # a connection that is busy makes the next read open another
            with stream.session() as busy, busy.begin_transaction() as held:
                held.run("RETURN 1").consume()
                assert database.read_text("RETURN 2") == [(2,)]
        file.write_text("canary-wrong-3\n")
        with Database.from_settings(mine) as database, pytest.raises(RegistryError) as caught:
            database.verify()
        assert "canary" not in caught.value.diagnostics()
    finally:
        clean_database.execute_schema("DROP USER rotating IF EXISTS")
