"""Tokens of an issuer: what holds, and every way that is known to make one that should not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from registry.errors import ConfigurationError, IdentityProviderError, UnauthenticatedError
from registry.identity.local_provider import Provider, User, serve_provider
from registry.identity.oidc.issuer import Issuer
from registry.identity.oidc.keys import REFRESH_SECONDS, SigningKeys
from registry.identity.oidc.verifier import Verifier
from registry.permission.principal import Method, Principal
from registry.settings import Settings

AUDIENCE = "lineage"
ALICE = User("alice", ("data", "risk"))


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    made = Provider([ALICE], audience=AUDIENCE)
    with serve_provider(made):
        yield made


def verifier_of(provider: Provider, **more: Any) -> Verifier:
    facts: dict[str, Any] = {"algorithms": frozenset({"RS256"}), "leeway": 30, "groups_claim": "groups"} | more
    return Verifier(Issuer(provider.issuer, AUDIENCE, **facts))


@pytest.fixture(scope="module")
def verifier(provider: Provider) -> Verifier:
    return verifier_of(provider)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(provider: Provider, header: dict[str, Any], claims: dict[str, Any], key: Any = None) -> str:
    """A token with any header, signed by whatever key."""
    registry = jws.JWSRegistry(algorithms=["RS256", "HS256", "none"], strict_check_header=False)
    full = {"alg": "RS256", "kid": provider.key.kid} | header
    return jws.serialize_compact(full, json.dumps(claims), key or provider.key, registry=registry)


def claims_of(provider: Provider, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    facts = {"iss": provider.issuer, "sub": "alice", "aud": AUDIENCE, "iat": now, "exp": now + 60} | more
    return {name: value for name, value in facts.items() if value is not None}


def test_a_token_of_the_issuer_speaks_for_its_subject_with_its_groups(provider: Provider, verifier: Verifier) -> None:
    found, token_id = verifier.authenticate(provider.issue("alice", jti="t-1"))
    assert found.principal == Principal("alice", Method.OIDC, provider.issuer, frozenset({"data", "risk"}))
    assert (token_id, found.has_expired()) == ("t-1", False)


def test_agents_and_nested_groups_are_read_from_the_claims_that_the_settings_name(provider: Provider) -> None:
    verifier = verifier_of(provider, groups_claim="realm_access.roles", agents_claim="https://example.org/agents")
    urn = "urn:lineage:Team:demo:data"
    claims: dict[str, Any] = {"https://example.org/agents": [urn, "no urn"]}
    token = provider.issue("alice", realm_access={"roles": ["a", "b"]}, **claims)
    principal = verifier.authenticate(token)[0].principal
    assert (principal.groups, principal.agents) == (frozenset({"a", "b"}), frozenset({urn}))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None}, {"exp": 0}, {"exp": "never"}, {"exp": True}, {"exp": float("nan")}, {"exp": float("inf")}, {"exp": []},
        {"nbf": 1 << 33}, {"nbf": "now"}, {"iat": 1 << 33}, {"iat": {}},
        {"sub": None}, {"sub": ""}, {"sub": ["alice"]}, {"sub": 1}, {"sub": "a" * 256}, {"sub": "a\nb"},
        {"aud": None}, {"aud": "other"}, {"aud": []}, {"aud": ["other"]}, {"aud": [AUDIENCE, 1]}, {"aud": [[AUDIENCE]]}, {"aud": [AUDIENCE, "other"]},
        {"aud": AUDIENCE + ","}, {"aud": f"{AUDIENCE} other"}, {"aud": ""}, {"aud": {AUDIENCE: 1}},
        {"iss": None}, {"iss": "https://evil.example"}, {"iss": ["ISSUER", "https://evil.example"]}, {"iss": 7},
        {"groups": "administrators"}, {"groups": [1]}, {"groups": {"a": 1}}, {"groups": ["a"] * 501},
    ],
)  # fmt: skip
def test_claims_that_do_not_hold_are_refused(provider: Provider, verifier: Verifier, claims: dict[str, Any]) -> None:
    if isinstance(claims.get("iss"), list):
        claims = {"iss": [provider.issuer, "https://evil.example"]}
    with pytest.raises(UnauthenticatedError) as refused:
        verifier.authenticate(signed(provider, {}, claims_of(provider, **claims)))
    assert "alice" not in refused.value.message


def test_an_audience_may_have_company_that_is_trusted(provider: Provider) -> None:
    facts = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, "oidc_trusted_audiences": "account, broker"}
    issuer = Issuer.from_settings(Settings.model_validate(facts))
    assert issuer is not None
    verifier = Verifier(issuer)
    for audience in ([AUDIENCE], [AUDIENCE, "account"], ["broker", "account", AUDIENCE]):
        verifier.verify(signed(provider, {}, claims_of(provider, aud=audience)))
    for wrong in (["account"], [AUDIENCE, "account", "other"], "account"):
        with pytest.raises(UnauthenticatedError):
            verifier.verify(signed(provider, {}, claims_of(provider, aud=wrong)))


@pytest.mark.parametrize(("seconds", "holds"), [(-29, True), (-31, False)])
def test_clocks_may_differ_by_the_leeway_and_no_more(provider: Provider, seconds: int, holds: bool) -> None:
    now = time.time()
    verifier = Verifier(Issuer(provider.issuer, AUDIENCE, frozenset({"RS256"}), 30, "groups"), clock=lambda: now)
    for claims in ({"exp": now + seconds}, {"nbf": now - seconds, "exp": now + 300}):
        token = signed(provider, {}, claims_of(provider, **claims))
        if holds:
            verifier.verify(token)
        else:
            with pytest.raises(UnauthenticatedError):
                verifier.verify(token)


def test_the_leeway_is_a_minute_at_most() -> None:
    with pytest.raises(ValueError, match="oidc_leeway_seconds"):
        Settings.model_validate({"oidc_leeway_seconds": 61})


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 5, "HS256", "RS512", "ES256"])
def test_an_algorithm_that_is_not_the_issuers_is_refused(
    provider: Provider, verifier: Verifier, algorithm: object
) -> None:
    body = encoded(claims_of(provider))
    head = encoded({"alg": algorithm, "kid": provider.key.kid})
    for signature in ("", "AAAA", provider.issue("alice").rpartition(".")[2]):
        with pytest.raises(UnauthenticatedError):
            verifier.verify(f"{head}.{body}.{signature}")


def test_the_public_key_is_no_secret_to_sign_with(provider: Provider, verifier: Verifier) -> None:
    for public in (provider.key.as_pem(private=False), json.dumps(provider.key.as_dict(private=False)).encode()):
        for kid in (provider.key.kid, None):
            head = encoded({"alg": "HS256", **({"kid": kid} if kid else {})})
            body = encoded(claims_of(provider))
            signature = hmac.digest(public, f"{head}.{body}".encode(), hashlib.sha256)
            with pytest.raises(UnauthenticatedError):
                verifier.verify(f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


def test_no_settings_make_it_take_symmetric_or_unsigned_tokens(provider: Provider) -> None:
    for algorithms in ("HS256", "none", "RS256,none", "RS256,HS512", "", "rs256"):
        facts = {"oidc_issuer": provider.issuer, "oidc_audience": AUDIENCE, "oidc_algorithms": algorithms}
        with pytest.raises(ConfigurationError):
            Issuer.from_settings(Settings.model_validate(facts))
    with pytest.raises(ConfigurationError):
        Issuer.from_settings(Settings.model_validate({"oidc_issuer": provider.issuer}))
    with pytest.raises(ConfigurationError):
        Issuer.from_settings(Settings.model_validate({"oidc_issuer": "http://login.example.org", "oidc_audience": "a"}))


def own_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "mine"})


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64"])
def test_a_token_that_brings_its_own_key_is_refused(provider: Provider, verifier: Verifier, name: str) -> None:
    key = own_key()
    values: dict[str, Any] = {
        "jwk": key.as_dict(private=False),
        "jku": "http://127.0.0.1:1/jwks",
        "x5u": "http://127.0.0.1:1/x",
        "x5c": ["AAAA"],
        "crit": ["exp"],
        "b64": True,
    }
    for kid in ("mine", provider.key.kid):
        head, body = encoded({"alg": "RS256", "kid": kid, name: values[name]}), encoded(claims_of(provider))
        for signer in (key, provider.key):
            token = jwt.encode({"alg": "RS256"}, {"a": 1}, signer)  # any signature of that key
            with pytest.raises(UnauthenticatedError):
                verifier.verify(f"{head}.{body}.{token.rpartition('.')[2]}")
    if name not in ("crit", "b64"):  # correctly signed by the issuer itself, and refused all the same
        with pytest.raises(UnauthenticatedError):
            verifier.verify(signed(provider, {name: values[name]}, claims_of(provider)))


def test_another_key_under_the_issuers_key_id_is_refused(provider: Provider, verifier: Verifier) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(signed(provider, {}, claims_of(provider), own_key()))


@hypothesis_settings(max_examples=60)
@given(data=st.data())
def test_every_changed_byte_of_a_token_is_refused(provider: Provider, verifier: Verifier, data: st.DataObject) -> None:
    token = provider.issue("alice")
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = token[:place] + sign + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(UnauthenticatedError):
        verifier.verify(changed)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b.c", "é.b.c", "{}", "e30.e30.e30", "e30.e30.", "W10.W10.AA", "\x00.\x00.\x00"]
)
def test_what_is_no_token_is_refused(verifier: Verifier, text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(text)


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", "secevent+jwt"])
def test_tokens_of_another_sort_are_refused(provider: Provider, verifier: Verifier, kind: str) -> None:
    with pytest.raises(UnauthenticatedError):
        verifier.verify(signed(provider, {"typ": kind}, claims_of(provider)))


def test_new_keys_are_found_and_old_ones_forgotten() -> None:
    provider, now = Provider([ALICE], audience=AUDIENCE), [0.0]
    with serve_provider(provider):
        verifier = verifier_of(provider)
        verifier.keys = SigningKeys(lambda: verifier.discovery.address("jwks_uri"), clock=lambda: now[0])
        old = provider.issue("alice")
        verifier.verify(old)
        provider.rotate()
        now[0] += REFRESH_SECONDS
        verifier.verify(provider.issue("alice"))
        verifier.verify(old)
        provider.rotate(forget=True)
        now[0] += REFRESH_SECONDS
        verifier.verify(provider.issue("alice"))
        with pytest.raises(UnauthenticatedError):
            verifier.verify(old)


def test_a_storm_of_unknown_key_ids_asks_the_issuer_once_in_thirty_seconds() -> None:
    provider, now, asked = Provider([ALICE], audience=AUDIENCE), [0.0], []
    with serve_provider(provider):

        def address() -> str:
            asked.append(now[0])
            return f"{provider.issuer}/jwks"

        keys = SigningKeys(address, clock=lambda: now[0])
        for number in range(1_000):
            assert keys.find(f"unknown-{number}") is None
        assert len(asked) == 1
        assert keys.find(provider.key.kid) is not None, "who has a key that is known is not kept waiting"
        now[0] += REFRESH_SECONDS - 0.1
        assert (keys.find("unknown"), len(asked)) == (None, 1)
        now[0] += 0.2
        assert (keys.find("unknown"), len(asked)) == (None, 2)


def test_known_keys_serve_while_the_issuer_is_away_but_not_for_ever() -> None:
    provider, now = Provider([ALICE], audience=AUDIENCE), [0.0]
    with serve_provider(provider) as issuer:
        keys = SigningKeys(lambda: f"{issuer}/jwks", clock=lambda: now[0])
        assert keys.find(provider.key.kid) is not None
    now[0] += 3_600
    assert keys.find(provider.key.kid) is not None
    now[0] += 86_400
    with pytest.raises(IdentityProviderError):
        keys.find(provider.key.kid)


def test_keys_that_cannot_verify_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"}).as_dict(private=False)
    good = own_key()
    listed = [
        {"kty": "oct", "kid": "shared", "k": "AAAA"}, good.as_dict(private=True) | {"kid": "private"}, weak,
        good.as_dict(private=False) | {"kid": "sealing", "use": "enc"}, {"kty": "PQ", "kid": "to-come"}, "text", {"kid": 5},
        good.as_dict(private=False),
    ]  # fmt: skip
    monkeypatch.setattr("registry.identity.oidc.keys.fetch_object", lambda _url: {"keys": listed})
    keys = SigningKeys(lambda: "")
    found = [name for name in ("shared", "private", "weak", "sealing", "to-come", "mine") if keys.find(name)]
    assert found == ["mine"]


def test_a_discovery_document_of_somebody_else_is_not_believed(provider: Provider) -> None:
    verifier = Verifier(Issuer(f"{provider.issuer}/", AUDIENCE, frozenset({"RS256"}), 30, "groups"))
    with pytest.raises(IdentityProviderError):
        verifier.verify(provider.issue("alice"))
