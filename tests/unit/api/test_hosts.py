"""Which Host headers this server answers for."""

from __future__ import annotations

import pytest

from registry.api.hosts import AllowedHosts
from registry.settings import Settings


def hosts(**more: object) -> AllowedHosts:
    async def nobody(*_: object) -> None:
        raise AssertionError

    return AllowedHosts(nobody, Settings.model_validate(more))


@pytest.mark.parametrize("value", ["localhost", "LOCALHOST:8765", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8765"])
def test_loopback_names_are_answered(value: str) -> None:
    assert hosts().allows([value])


@pytest.mark.parametrize(
    "values",
    [
        [], [""], ["evil.example"], ["localhost.evil.example"], ["localhost", "localhost"], ["localhost@evil.example"],
        ["evil.example@localhost"], ["localhost/evil"], ["localhost:x"], ["localhost:99999"], ["[::1"], ["127.0.0.1.evil.example"],
        ["localhost#evil"], ["localhost?x"],
    ],
)  # fmt: skip
def test_other_names_are_not(values: list[str]) -> None:
    assert not hosts().allows(values)


def test_the_listening_address_and_what_is_allowed_are_answered() -> None:
    allowed = hosts(host="10.0.0.5", allowed_hosts="registry.example.org, *.apps.example.org")
    for name in ("10.0.0.5:8765", "registry.example.org", "Registry.Example.org:443", "a.b.apps.example.org"):
        assert allowed.allows([name])
    for name in ("apps.example.org", "xapps.example.org", "other.example.org", "10.0.0.6"):
        assert not allowed.allows([name])


def test_listening_everywhere_allows_no_name_by_itself() -> None:
    assert not hosts(host="0.0.0.0").allows(["0.0.0.0:8765"])
    assert hosts(host="0.0.0.0", allowed_hosts="*").allows(["whatever.example"])


@pytest.mark.parametrize(
    ("host", "origins"),
    [
        ("127.0.0.1:8765", []),
        ("127.0.0.1:8765", ["http://127.0.0.1:8765"]),
        ("registry.example.org", ["https://registry.example.org"]),
        ("inner:8765", ["https://registry.example.org"]),
    ],
)
def test_programs_and_own_pages_may_change_things(host: str, origins: list[str]) -> None:
    assert hosts(allowed_hosts="registry.example.org, inner").own_pages([host], origins)


@pytest.mark.parametrize(
    "origins",
    [
        ["https://evil.example"], ["null"], [""], ["http://127.0.0.1:3000"], ["http://localhost:8765"],
        ["http://127.0.0.1:8765", "https://evil.example"], ["http://127.0.0.1:8765@evil.example"], ["127.0.0.1:8765"],
    ],
)  # fmt: skip
def test_pages_of_other_sites_may_not(origins: list[str]) -> None:
    assert not hosts().own_pages(["127.0.0.1:8765"], origins)
    assert not hosts(allowed_hosts="*").own_pages(["127.0.0.1:8765"], origins)
