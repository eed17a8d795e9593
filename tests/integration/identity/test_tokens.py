"""Tokens over the wire: what opens the registry, what never does, and what is left of a token elsewhere."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import structlog

from registry.api.logging import configure_logging
from registry.graph.database import Database
from registry.identity.administrator import Administrator
from registry.identity.authenticator import LONGEST_TOKEN
from registry.identity.token_text import Sort, TokenText
from registry.settings import Settings
from tests.integration.identity.conftest import AUDIENCE, House, until

READER = {"role": "reader", "namespaces": ["*"]}
WRITER = {"role": "contributor", "namespaces": ["demo"]}


def whoami(client: httpx.Client) -> httpx.Response:
    return client.get("/api/v1/whoami")


def test_a_service_comes_in_until_its_token_is_revoked(house: House) -> None:
    token = house.service("ci/main", READER)
    with house.client(token) as client, house.administrator() as administrator:
        said = whoami(client).json()
        assert (said["subject"], said["method"], said["issuer"]) == ("ci/main", "service-token", None)
        assert said["grants"] == [{"role": "reader", "namespaces": ["*"]}]
        listed = administrator.get("/api/v1/service-tokens").json()["tokens"]
        (one,) = [item for item in listed if item["name"] == "ci/main"]
        assert (one["state"], one["created_by"]) == ("valid", "administrator")
        assert administrator.delete("/api/v1/service-tokens/ci/main").json() == {"revoked": [one["id"]]}
        answer = whoami(client)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="lineage", error="invalid_token"'
        assert administrator.delete("/api/v1/service-tokens/ci/main").status_code == 404
        ended = administrator.get("/api/v1/service-tokens", params={"ended": "true"}).json()["tokens"]
        assert [item["state"] for item in ended if item["id"] == one["id"]] == ["revoked"]


def test_two_tokens_of_a_service_are_changed_one_after_the_other(house: House) -> None:
    old, new = house.service("rotated", READER), house.service("rotated")
    token = TokenText.read(old)
    assert token is not None
    with house.administrator() as administrator:
        assert administrator.delete(f"/api/v1/service-tokens/{token.id}").json() == {"revoked": [token.id]}
    with house.client(old) as client:
        assert whoami(client).status_code == 401
    with house.client(new) as client:
        assert whoami(client).json()["grants"], "what is granted is granted to the service"


def test_a_token_ends_when_it_said_it_would(house: House) -> None:
    with house.client(house.service("short", READER, seconds=1)) as client:
        assert whoami(client).status_code in (200, 401)
        assert until(lambda: whoami(client).status_code == 401)


def test_a_service_writes_where_it_may_and_nowhere_else(house: House) -> None:
    with house.client(house.service("writer", WRITER)) as client:
        for namespace, status in (("demo", 200), ("prod", 403)):
            record = {"entity": "Dataset", "namespace": namespace, "name": "wine"}
            answer = client.post("/api/v1/records", json={"records": [record]})
            assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"name": "administrator"}, {"name": "registry"}, {"name": ""}, {"name": "A"}, {"name": "a" * 65}, {"name": 5}, {},
        {"name": "a", "expires_in": 0}, {"name": "a", "expires_in": -1}, {"name": "a", "expires_in": 1 << 40},
        {"name": "a", "expires_in": True}, {"name": "a", "expires_in": "90d"}, {"name": "a", "expires": 1},
        {"name": "a", "agents": "x"}, {"name": "a", "agents": ["x"]}, {"name": "a", "agents": ["urn:lineage:Dataset:a:b"]},
        {"name": "a", "grants": "reader"}, {"name": "a", "grants": [{"role": "reader"}]}, {"name": "a", "grants": [5]},
        {"name": "a", "grants": [{"role": "reader", "namespaces": ["*"], "subject": "somebody-else"}]},
        {"name": "a", "grants": [{"role": "reader", "namespaces": ["*"], "group": "everybody"}]},
    ],
)  # fmt: skip
def test_a_token_that_cannot_be_meant_is_not_made(house: House, body: dict[str, object]) -> None:
    with house.administrator() as administrator:
        before = administrator.get("/api/v1/service-tokens", params={"ended": "true"}).json()
        answer = administrator.post("/api/v1/service-tokens", json=body)
        assert answer.status_code in (400, 422), answer.text
        assert administrator.get("/api/v1/service-tokens", params={"ended": "true"}).json() == before


def test_nothing_that_is_stored_opens_anything(house: House, database: Database) -> None:
    text = house.service("stored", READER)
    token = TokenText.read(text)
    assert token is not None
    secret = text.rpartition("_")[2]
    kept = database.read_text("MATCH (n:ServiceToken|Grant|LedgerEntry|BrowserSession) RETURN properties(n)")
    assert secret not in str(kept)
    (digest,) = database.read_text("MATCH (t:ServiceToken {id: $id}) RETURN t.digest", {"id": token.id})[0]
    for guess in (digest, digest.removeprefix("sha256:"), f"lrs_{token.id}_{digest[-49:]}"):
        with house.client(guess) as client:
            assert whoami(client).status_code == 401


def test_making_and_revoking_a_token_is_in_the_ledger(house: House, database: Database) -> None:
    made = TokenText.read(house.service("noted", READER))
    assert made is not None
    with house.administrator() as administrator:
        administrator.delete(f"/api/v1/service-tokens/{made.id}")
    entries = database.read_text("MATCH (e:LedgerEntry) RETURN e.action, e.subject, e.content ORDER BY e.sequence")
    rows = [(action, subject) for action, subject, content in entries if made.id.encode() in content]
    assert rows == [("token.create", "administrator"), ("token.revoke", "administrator")]
    assert not any(made.text.encode() in content or made.digest.encode() in content for _, _, content in entries)


@pytest.mark.parametrize(
    "header",
    [
        "", "Bearer", "Basic YTpi", "Token {token}", "{token}", "Bearer {token} x", "Bearer {token},x",
        "Bearer\t{token}", "Digest {token}",
    ],
)  # fmt: skip
def test_other_headers_than_one_bearer_token_are_refused(house: House, header: str) -> None:
    token = house.service("header", READER)
    with house.client() as client:
        answer = client.get("/api/v1/whoami", headers={"Authorization": header.format(token=token)})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        doubled = [("Authorization", f"Bearer {token}")] * 2
        assert client.get("/api/v1/whoami", headers=doubled).status_code == 401


@pytest.mark.parametrize("size", [LONGEST_TOKEN + 1, 20_000, 60_000])
def test_a_token_longer_than_any_is_refused_before_it_is_looked_at(house: House, size: int) -> None:
    with house.client("e" * size) as client:
        assert whoami(client).status_code in (400, 401, 431)


@pytest.mark.parametrize("name", ["access_token", "token", "Token", "id_token", "api_key", "apikey", "bearer"])
def test_a_token_in_an_address_is_refused_even_beside_a_good_one(house: House, name: str) -> None:
    token = house.service("address", READER)
    with house.client() as nobody, house.client(token) as somebody:
        for client in (nobody, somebody):
            answer = client.get("/api/v1/whoami", params={name: token})
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
            assert token not in answer.text
        answer = somebody.get("/api/v1/search", params={"q": token})
        assert answer.status_code == 400


def test_a_session_and_a_token_open_only_their_own_way(house: House) -> None:
    token = house.service("ways", READER)
    with house.client() as client:
        assert client.post("/sign-in", json={"token": token}).status_code == 200
        cookie = client.cookies["lineage_session"]
        assert whoami(client).json()["subject"] == "ways"
    with house.client(cookie) as as_bearer:
        assert whoami(as_bearer).status_code == 401
    with house.client(cookies={"lineage_session": token}) as as_cookie:
        assert whoami(as_cookie).status_code == 401


def test_tokens_of_the_issuer_come_in_and_are_revoked_by_their_id(house: House) -> None:
    text = house.provider.issue("alice", jti="to-be-revoked")
    with house.client(text) as client, house.administrator() as administrator:
        said = whoami(client).json()
        assert (said["subject"], said["issuer"], said["groups"]) == ("alice", house.provider.issuer, ["data"])
        answer = administrator.post("/api/v1/revoked-tokens", json={"jti": "to-be-revoked"})
        assert answer.status_code == 200
        assert (whoami(client).status_code, "revoked" in whoami(client).json()["detail"]) == (401, True)
        assert administrator.post("/api/v1/revoked-tokens", json={"jti": "to-be-revoked"}).status_code == 200
    with house.client(house.provider.issue("alice")) as client:
        assert whoami(client).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [{"aud": [AUDIENCE, "other"]}, {"aud": "other"}, {"exp": 1}, {"iss": "https://evil.example"}, {"sub": None}],
)
def test_tokens_of_the_issuer_that_do_not_hold_are_refused(house: House, claims: dict[str, object]) -> None:
    with house.client(house.provider.issue("alice", **claims)) as client:  # type: ignore[arg-type]
        answer = whoami(client)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_forged_tokens_of_the_registry_are_refused(house: House) -> None:
    known = TokenText.read(house.service("forged", READER))
    assert known is not None
    for sort in Sort:
        made = TokenText.make(sort)
        with house.client(made.text) as client:
            assert whoami(client).status_code == 401
        # the id of a token that exists, another secret, and a check sum that fits
        body = f"{sort}_{known.id}_{made.text.split('_')[2][:-6]}"
        from registry.identity.token_text import _check

        with house.client(body + _check(body)) as client:
            assert whoami(client).status_code == 401


@contextmanager
def logging_to(stream: io.StringIO, settings: Settings) -> Iterator[None]:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        configure_logging(settings.model_copy(update={"log_format": "json", "log_level": "debug"}))
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers, root.level = handlers, level


def test_no_token_is_in_a_log_or_in_an_answer(house: House, settings: Settings) -> None:
    log, answers = io.StringIO(), []
    service, issued = house.service("logged", READER), house.provider.issue("alice")
    secrets = [service, issued, issued[:-2] + "AA", service[:-1] + ("0" if service[-1] != "0" else "1")]
    with logging_to(log, settings):
        for secret in secrets:
            with house.client(secret) as client:
                answers += [
                    whoami(client),
                    client.get(f"/{secret}"),
                    client.get("/api/v1/whoami", params={"x": secret}),
                ]
                answers += [client.get(f"/api/v1/events/{secret}"), client.post("/graphql", json={"query": "{ a }"})]
            with house.client() as client:
                answers.append(client.post("/sign-in", json={"token": secret}))
            logging.getLogger("anything").error("failed with %s", secret)
            structlog.get_logger("anything").error("failed", about={"list": [secret]})
    shown = log.getvalue()
    assert "failed" in shown
    for secret in secrets:
        assert secret not in shown
        # What was asked for by its name is named in the answer that there is no such thing.
        assert not any(secret in answer.text for answer in answers if secret not in answer.url.path)


def test_an_authenticated_request_costs_no_look_up_within_moments(house: House) -> None:
    token = house.service("quick", READER)
    authenticator = house.app.state.authenticator
    with house.client(token) as client:
        whoami(client)
        assert authenticator.known(token) is not None
        assert authenticator.known(token, session=True) is None
        authenticator.forget()
        assert authenticator.known(token) is None
        assert whoami(client).status_code == 200


def test_a_lent_token_reads_and_writes_and_makes_no_way_in_for_later(house: House) -> None:
    with house.app.state.authenticator.process_tokens.lend("source:night") as text, house.client(text) as client:
        assert whoami(client).json()["subject"] == "source:night"
        record = {"entity": "Dataset", "namespace": "demo", "name": "wine"}
        assert client.post("/api/v1/records", json={"records": [record]}).status_code == 200
        assert client.get("/api/v1/watermarks/abc").status_code != 403
        for method, path in (("POST", "/api/v1/service-tokens"), ("GET", "/api/v1/quarantine"), ("GET", "/metrics")):
            assert client.request(method, path, json={"name": "later"}).status_code == 403
        assert client.post("/sign-in", json={"token": text}).status_code == 401
        refused = client.post("/graphql", json={"query": "{ scheduledSources { name } }"})
        assert refused.json()["errors"][0]["extensions"]["code"] == "permission-denied"
    with house.client(text) as client:
        assert whoami(client).status_code == 401


def test_a_brought_token_is_read_again_when_its_file_changes(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a" * 40)
    administrator = Administrator(
        Settings.model_validate({"administrator_token": None, "administrator_token_file": file}), database
    )
    assert administrator.is_given("a" * 40)
    file.write_text("b" * 41)
    assert (administrator.is_given("a" * 40), administrator.is_given("b" * 41)) == (False, True)
    file.write_text("short")
    assert not administrator.is_given("short")
