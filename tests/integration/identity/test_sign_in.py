"""Signing in with a browser, and what a page of another site can do with that: nothing."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from registry.api.failed_attempts import FailedAttempts
from registry.api.sign_in import MOST_AT_THE_ISSUER, _own_path
from registry.errors import UnauthenticatedError
from registry.graph.database import Database
from registry.identity.authenticator import Authenticator
from registry.identity.local_provider import User
from registry.identity.oidc.sign_in import SignIn
from registry.identity.token_text import TokenText
from registry.settings import Settings
from tests.integration.identity.conftest import CLIENT_ID, House, until


@pytest.fixture
def browser(house: House) -> Iterator[httpx.Client]:
    with house.client() as client:
        yield client


def at_the_issuer(browser: httpx.Client, user: str, onward: str = "/docs") -> httpx.Response:
    """Begin to sign in, choose a user there; the redirect back."""
    begun = browser.get("/sign-in/start", params={"next": onward})
    assert begun.status_code == 302
    return httpx.get(f"{begun.headers['location']}&user={user}")


def come_back(browser: httpx.Client, redirect: httpx.Response) -> httpx.Response:
    return browser.get(redirect.headers["location"])


def signed_in(browser: httpx.Client, user: str = "alice") -> None:
    assert come_back(browser, at_the_issuer(browser, user)).status_code == 303


def test_signing_in_and_out(house: House, browser: httpx.Client) -> None:
    begun = browser.get("/sign-in/start")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert (asked["code_challenge_method"], asked["response_type"], asked["client_id"]) == (
        ["S256"],
        ["code"],
        [CLIENT_ID],
    )
    assert len(asked["state"][0]) >= 32
    assert len(asked["nonce"][0]) >= 32
    back = come_back(browser, at_the_issuer(browser, "alice", "/docs?a=b"))
    assert (back.status_code, back.headers["location"]) == (303, "/docs?a=b")
    (cookie,) = [item for item in back.headers.get_list("set-cookie") if item.startswith("lineage_session=")]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    said = browser.get("/api/v1/whoami").json()
    assert (said["subject"], said["method"], said["groups"]) == ("alice", "session", ["data"])
    assert said["issuer"] == house.provider.issuer
    kept = browser.cookies["lineage_session"]
    assert browser.post("/sign-out").json() == {"signed_out": True}
    assert "lineage_session" not in browser.cookies
    with house.client(cookies={"lineage_session": kept}) as stolen:
        assert stolen.get("/api/v1/whoami").status_code == 401
    assert browser.post("/sign-out").status_code == 200, "twice is no error"


def test_a_token_signs_a_browser_in_and_the_session_ends_with_the_token(house: House, browser: httpx.Client) -> None:
    token = house.service("browser", {"role": "reader", "namespaces": ["*"]}, seconds=100)
    answer = browser.post("/sign-in", json={"token": token})
    assert answer.json() == {"subject": "browser"}
    (cookie,) = answer.headers.get_list("set-cookie")
    (age,) = [part for part in cookie.split("; ") if part.startswith("Max-Age=")]
    assert 0 < int(age.removeprefix("Max-Age=")) <= 100
    assert browser.get("/api/v1/whoami").json()["subject"] == "browser"
    assert browser.post("/sign-in", json={"token": "wrong"}).status_code == 401
    assert browser.post("/sign-in", content=b"token=x", headers={"content-type": "text/plain"}).status_code == 415


def test_a_page_of_another_site_changes_nothing_with_the_cookie(house: House, browser: httpx.Client) -> None:
    signed_in(browser)
    own = {"Origin": house.url}
    body = {"query": "{ __typename }"}
    assert browser.post("/graphql", json=body, headers=own).status_code == 200
    assert browser.post("/graphql", json=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    for headers in (
        {}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": house.url.replace("127.0.0.1", "127.0.0.1.evil.example")},
    ):  # fmt: skip
        answer = browser.post("/graphql", json=body, headers=headers)
        assert (answer.status_code, "cross-site" in answer.text) == (403, True), headers
    for path in ("/sign-out", "/sign-in"):
        answer = browser.post(path, json={}, headers={"Origin": "https://evil.example"})
        assert answer.json()["code"] == "cross-site"
    assert browser.get("/api/v1/whoami").status_code == 200


def test_a_state_of_somebody_else_is_refused(house: House, browser: httpx.Client) -> None:
    redirect = at_the_issuer(browser, "alice")
    with house.client() as other:
        answer = come_back(other, redirect)  # a link that is slipped to somebody signs nobody in
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        at_the_issuer(other, "bob")
        assert come_back(other, redirect).status_code == 401
    place = redirect.headers["location"]
    for changed in (
        place.replace("state=", "state=x"),
        place.replace("state=", "stale="),
        place.replace("code=", "kode="),
    ):
        assert browser.get(changed).status_code == 401
    wrong_issuer = place.replace("iss=", "iss=https%3A%2F%2Fevil.example%2F")
    assert browser.get(wrong_issuer).status_code == 401
    assert browser.get(place).status_code == 303
    assert browser.get(place).status_code == 401, "a code works once"


def test_a_code_without_its_verifier_or_its_nonce_is_refused(house: House, browser: httpx.Client) -> None:
    for changed in ("verifier", "nonce"):
        redirect = at_the_issuer(browser, "alice")
        kept = json.loads(base64.urlsafe_b64decode(browser.cookies["lineage_sign_in"]))
        kept[changed] = "x" * 64
        forged = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
        with house.client(cookies={"lineage_sign_in": forged}) as thief:
            answer = come_back(thief, redirect)
            assert (answer.status_code, "lineage_session" in thief.cookies) == (401, False)


def test_an_identity_token_that_another_program_was_given_is_refused(house: House, browser: httpx.Client) -> None:
    house.provider.users["carol"] = User("carol", claims={"azp": "another-program"})
    assert come_back(browser, at_the_issuer(browser, "carol")).status_code == 401
    house.provider.users["carol"] = User("carol", claims={"azp": CLIENT_ID})
    signed_in(browser, "carol")


@pytest.mark.parametrize("kept", ["", "x", "e30=", "bnVsbA==", "W10=", "\u00e9"])
def test_a_cookie_that_is_no_attempt_is_refused(house: House, browser: httpx.Client, kept: str) -> None:
    answer = browser.get("/sign-in/callback?state=a&code=b", headers=[(b"cookie", f"lineage_sign_in={kept}".encode())])
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_refused_by_the_issuer(house: House, browser: httpx.Client) -> None:
    assert come_back(browser, at_the_issuer(browser, "mallory")).status_code == 401
    assert "lineage_session" not in browser.cookies


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "docs", "/a b", "/a\r\nX: y", "/\u00e9", "/" + "a" * 2_001]
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(path: str) -> None:
    assert _own_path(path) == "/graphql"


def test_under_tls_the_cookies_are_for_this_host_and_for_tls_alone(house: House) -> None:
    settings: Settings = house.app.state.settings
    house.app.state.settings = settings.model_copy(update={"public_url": "https://lineage.example.org"})
    try:
        with house.client() as browser:
            begun = browser.get("/sign-in/start")
            asked = parse_qs(urlsplit(begun.headers["location"]).query)
            assert asked["redirect_uri"] == ["https://lineage.example.org/sign-in/callback"]
            (cookie,) = begun.headers.get_list("set-cookie")
            assert cookie.startswith("__Secure-lineage_sign_in=")
            assert "Secure" in cookie.split("; ")
            token = house.service("tls", {"role": "reader", "namespaces": ["*"]})
            (cookie,) = browser.post("/sign-in", json={"token": token}).headers.get_list("set-cookie")
            assert cookie.startswith("__Host-lineage_session=")
            assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
            text = cookie.partition(";")[0].partition("=")[2]
            for name, status in (("lineage_session", 401), ("__Host-lineage_session", 200)):
                answer = httpx.get(f"{house.url}/api/v1/whoami", headers={"Cookie": f"{name}={text}"})
                assert answer.status_code == status, "a neighbouring host can plant the cookie without the prefix"
    finally:
        house.app.state.settings = settings


def test_the_page_and_its_script_are_there_for_everybody(browser: httpx.Client) -> None:
    page = browser.get("/sign-in")
    assert (page.status_code, "default-src 'none'" in page.headers["content-security-policy"]) == (200, True)
    for name in ("sign-in.js", "session.js"):
        assert browser.get(f"/graphql/assets/{name}").headers["content-type"].startswith("text/javascript")
    assert browser.get("/sign-in/ways").json() == {"token": True, "issuer": True}


def test_a_session_ends_with_the_token_of_a_service_that_began_it(house: House, browser: httpx.Client) -> None:
    token, other = (house.service("leaked", {"role": "reader", "namespaces": ["*"]}) for _ in range(2))
    assert browser.post("/sign-in", json={"token": token}).status_code == 200
    with house.client() as second, house.administrator() as administrator:
        assert second.post("/sign-in", json={"token": other}).status_code == 200
        revoked = TokenText.read(token)
        assert revoked is not None
        assert administrator.delete(f"/api/v1/service-tokens/{revoked.id}").status_code == 200
        assert browser.get("/api/v1/whoami").status_code == 401
        assert second.get("/api/v1/whoami").status_code == 200, "its own token holds"
        assert administrator.delete("/api/v1/service-tokens/leaked").status_code == 200
        assert second.get("/api/v1/whoami").status_code == 401


def test_a_session_ends_with_the_token_of_the_issuer_that_began_it(house: House, browser: httpx.Client) -> None:
    token = house.provider.issue("alice", jti="began-a-session")
    assert browser.post("/sign-in", json={"token": token}).status_code == 200
    assert browser.get("/api/v1/whoami").status_code == 200
    with house.administrator() as administrator:
        assert administrator.post("/api/v1/revoked-tokens", json={"jti": "began-a-session"}).status_code == 200
    assert browser.get("/api/v1/whoami").status_code == 401


def test_a_session_that_begins_while_its_token_is_revoked_opens_nothing(house: House, database: Database) -> None:
    authenticator = house.app.state.authenticator
    text = house.service("late", {"role": "reader", "namespaces": ["*"]})
    found = authenticator.authenticate(text)
    authenticator.service_tokens.revoke("late")
    assert authenticator.sessions.find(authenticator.sessions.begin(found, 600)) is None


def test_nobody_fills_the_ledger_by_signing_in(house: House, browser: httpx.Client) -> None:
    keen, other = (house.service(name, {"role": "reader", "namespaces": ["*"]}) for name in ("keen", "calm"))
    limit = house.app.state.begun_sessions
    house.app.state.begun_sessions = FailedAttempts(3, "Too often.")
    try:
        answers = [browser.post("/sign-in", json={"token": keen}) for _ in range(5)]
        assert [answer.status_code for answer in answers[:3]] == [200] * 3
        assert 429 in [answer.status_code for answer in answers[3:]]
        assert browser.post("/sign-in", json={"token": other}).status_code == 200
    finally:
        house.app.state.begun_sessions = limit


def test_a_silent_issuer_keeps_few_threads(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on = threading.Event()
    attempts = MOST_AT_THE_ISSUER + 2

    def address(*_: object) -> str:
        goes_on.wait(30)
        return "https://login.example.org/"

    monkeypatch.setattr(SignIn, "address", address)
    with ThreadPoolExecutor(attempts) as pool:
        waiting = [pool.submit(httpx.get, f"{house.url}/sign-in/start", timeout=60) for _ in range(attempts)]
        try:
            assert until(lambda: sum(item.done() for item in waiting) == 2)
        finally:
            goes_on.set()
    assert sorted(item.result().status_code for item in waiting) == [302] * MOST_AT_THE_ISSUER + [503] * 2


def test_a_session_of_the_administrator_ends_when_another_token_is_brought(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    first, second = ("a" * 40, "b" * 40)
    file.write_text(first)
    facts = settings.model_dump(exclude_unset=True) | {"administrator_token": None, "administrator_token_file": file}
    own = Settings.model_validate(facts)

    def opens(session: TokenText) -> bool:
        try:
            return Authenticator(own, database).authenticate(session.text, session=True) is not None
        except UnauthenticatedError:
            return False

    authenticator = Authenticator(own, database)
    session = authenticator.sessions.begin(authenticator.authenticate(first), 600)
    assert opens(session)
    file.write_text(second)
    assert not opens(session)
    assert opens(authenticator.sessions.begin(authenticator.authenticate(second), 600))
