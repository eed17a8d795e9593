"""Where the API listens only with TLS, or where that is said to be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.api.exposure import is_loopback, refuse_clear_text
from registry.errors import ConfigurationError
from registry.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.5.5.5", "::1", "localhost", "LOCALHOST"])
def test_this_machine_alone_reaches_loopback(host: str) -> None:
    assert is_loopback(host)
    refuse_clear_text(Settings.model_validate({"host": host}))


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "192.0.2.1", "10.0.0.1", "2001:db8::1", "no-such-host.invalid", "127.0.0.1.example.invalid"],
)
def test_every_other_address_takes_tls_or_a_word(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ConfigurationError, match="without TLS"):
        refuse_clear_text(Settings.model_validate({"host": host}))
    refuse_clear_text(Settings.model_validate({"host": host, "plain_http": True}))
    refuse_clear_text(Settings.model_validate({"host": host, "tls_cert_file": Path("cert.pem")}))
