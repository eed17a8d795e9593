"""The settings as the rest of the product sees them."""

from __future__ import annotations

from registry.settings import base_url


def test_base_url_is_one_that_a_client_can_use() -> None:
    assert base_url("127.0.0.1", 1) == "http://127.0.0.1:1"
    assert base_url("0.0.0.0", 1) == "http://127.0.0.1:1"
    assert base_url("::", 1) == "http://[::1]:1"
    assert base_url("registry.example.org", 80) == "http://registry.example.org:80"
