"""Signing in with a browser: at the issuer, or with a token; then a cookie stands for who did, until signing out.

The cookie is for this server's own pages alone (``HttpOnly``, ``SameSite=Lax``, ``Secure`` under TLS), and changes nothing for
a page of another site: see :mod:`registry.api.authentication` and :mod:`registry.api.hosts`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Final, ParamSpec, TypeVar

import orjson
from anyio import CapacityLimiter
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from registry.api.access import needs
from registry.api.authentication import (
    SECURE_SESSION_COOKIE,
    SESSION_COOKIE,
    authenticator_of,
    find_holder,
    is_secure,
    session_cookie,
)
from registry.api.failed_attempts import FailedAttempts
from registry.api.pages import own_page
from registry.api.rest.lines import read_body
from registry.api.threads import Threads
from registry.errors import (
    ConfigurationError,
    CrossSiteError,
    InvalidRequestError,
    OverloadedError,
    UnauthenticatedError,
    UnsupportedMediaTypeError,
)
from registry.identity.authenticated import Authenticated
from registry.identity.oidc.sign_in import Attempt, SignIn
from registry.identity.token_text import Sort, TokenText, same
from registry.permission.principal import Method
from registry.permission.role import Permission
from registry.settings import Settings

router = APIRouter(tags=["sign-in"])
_P = ParamSpec("_P")
_T = TypeVar("_T")

MOST_AT_THE_ISSUER: Final = 4
"""Requests that wait for the issuer at a time: where it is silent, they keep threads that others need."""
MOST_SESSIONS_A_MINUTE: Final = 30
"""Sessions that one principal can begin: each is an entry of the ledger."""
_ATTEMPT_COOKIE: Final = "lineage_sign_in"
_SECURE_ATTEMPT_COOKIE: Final = "__Secure-lineage_sign_in"
_ATTEMPT_SECONDS: Final = 600
_MOST_BYTES: Final = 16_384
_LONGEST: Final = 2_000
_OWN_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")
_HOME: Final = "/graphql"
_NEXT = Annotated[str, Query(max_length=_LONGEST, description="Path of this server to go on to.")]


@router.get("/sign-in", summary="The page to sign in", response_class=Response)
@needs(Permission.PUBLIC)
async def read_page() -> Response:
    """A page for browsers; it takes a token, or sends to the issuer where one is configured."""
    return own_page("sign-in.html")


@router.get("/sign-in/ways", summary="How one can sign in")
@needs(Permission.PUBLIC)
async def read_ways(request: Request) -> dict[str, bool]:
    """Whether an issuer is configured where browsers can sign in; a token always works."""
    settings: Settings = request.app.state.settings
    return {"token": True, "issuer": settings.oidc_issuer is not None and settings.oidc_client_id is not None}


@router.post("/sign-in", summary="Sign in with a token")
@needs(Permission.PUBLIC)
async def sign_in_by_token(request: Request) -> Response:
    """Begin a session: `{"token": "…"}` as `application/json`. The session ends with the token, or before."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError("Send application/json.")
    try:
        document = orjson.loads(await read_body(request, _MOST_BYTES))
    except orjson.JSONDecodeError:
        raise InvalidRequestError("The body is not JSON.") from None
    token = document.get("token") if isinstance(document, dict) else None
    if not isinstance(token, str) or not token:
        raise InvalidRequestError('The body is an object like {"token": "…"}.')
    found = await find_holder(request, token.strip(), session=False)
    if found.principal.method is Method.PROCESS:
        raise UnauthenticatedError("That token is for a process, and ends with it.", reason="a lent token")
    return await _begun(request, found, JSONResponse({"subject": found.principal.subject}))


@router.get("/sign-in/start", summary="Sign in at the issuer", response_class=Response)
@needs(Permission.PUBLIC)
async def begin(request: Request, next: _NEXT = _HOME) -> Response:  # noqa: A002 - what everybody calls it
    """Send the browser to the issuer."""
    attempt = Attempt.begin()
    address = await _at_the_issuer(request, _issuer(request).address, attempt, _redirect_uri(request))
    answer = RedirectResponse(address, 302, headers={"Cache-Control": "no-store"})
    kept = json.dumps(asdict(attempt) | {"next": _own_path(next)}).encode()
    answer.set_cookie(
        _attempt_cookie(request),
        base64.urlsafe_b64encode(kept).decode(),
        max_age=_ATTEMPT_SECONDS,
        path="/sign-in",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",  # it has to come along when the issuer sends the browser back
    )
    return answer


@router.get("/sign-in/callback", summary="Come back from the issuer", response_class=Response)
@needs(Permission.PUBLIC)
async def finish(
    request: Request,
    state: Annotated[str, Query(max_length=_LONGEST)] = "",
    code: Annotated[str, Query(max_length=_LONGEST)] = "",
    iss: Annotated[str | None, Query(max_length=_LONGEST)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Take the code, find out who it is, begin a session, and go on where the attempt began."""
    attempt, onward = _attempt(request)
    if not same(state, attempt.state):
        raise UnauthenticatedError("This is not how signing in began.", reason="state")
    settings: Settings = request.app.state.settings
    if iss is not None and iss != settings.oidc_issuer:
        raise UnauthenticatedError("Another identity provider answered.", reason="iss of the callback")
    if error is not None or not code:
        raise UnauthenticatedError("The identity provider did not let you in.", reason="error of the callback")
    found = await _at_the_issuer(request, _issuer(request).finish, attempt, code, _redirect_uri(request))
    answer = await _begun(request, found, RedirectResponse(onward, 303, headers={"Cache-Control": "no-store"}))
    answer.delete_cookie(_attempt_cookie(request), path="/sign-in", secure=is_secure(request), httponly=True)
    return answer


@router.post("/sign-out", summary="Sign out")
@needs(Permission.PUBLIC)
async def sign_out(request: Request) -> Response:
    """End the session of this browser; without one it is no error. Nobody else's page can do it."""
    if "origin" not in request.headers and request.headers.get("sec-fetch-site") not in (None, "same-origin"):
        raise CrossSiteError("Pages of other sites sign nobody out.")
    text = session_cookie(request)
    token = None if text is None else TokenText.read(text)
    if token is not None and token.sort is Sort.BROWSER:
        authenticator = authenticator_of(request)
        await _threads(request).run(authenticator.sessions.end, token)
        authenticator.forget()
    answer = JSONResponse({"signed_out": True})
    for name in (SESSION_COOKIE, SECURE_SESSION_COOKIE):
        answer.delete_cookie(name, path="/", secure=name == SECURE_SESSION_COOKIE, httponly=True, samesite="lax")
    return answer


async def _begun(request: Request, found: Authenticated, answer: Response) -> Response:
    settings: Settings = request.app.state.settings
    begun: FailedAttempts = request.app.state.begun_sessions
    who = f"{found.principal.issuer or ''}\n{found.principal.subject}"
    begun.check(who)
    begun.note(who)
    seconds = settings.session_hours * 3_600
    if found.expires_at is not None and found.credential != "sign-in":
        seconds = min(seconds, found.expires_at - time.time())  # never longer than the token itself
    token = await _threads(request).run(authenticator_of(request).sessions.begin, found, seconds)
    secure = is_secure(request)
    answer.set_cookie(
        SECURE_SESSION_COOKIE if secure else SESSION_COOKIE,
        token.text,
        max_age=max(1, int(seconds)),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _at_the_issuer(request: Request, function: Callable[_P, _T], *arguments: _P.args, **more: _P.kwargs) -> _T:
    """What the function returns. Raises what it raises, and OverloadedError where others wait for the issuer already."""
    slots: CapacityLimiter = request.app.state.issuer_slots
    if slots.available_tokens < 1:
        raise OverloadedError("Several wait for the identity provider already.")
    async with slots:
        return await _threads(request).run(function, *arguments, **more)


def _issuer(request: Request) -> SignIn:
    state = request.app.state
    verifier = state.authenticator.verifier
    if verifier is None or state.settings.oidc_client_id is None:
        raise InvalidRequestError("No identity provider is configured here.", hint="Sign in with a token: /sign-in.")
    if not hasattr(state, "sign_in"):
        try:
            state.sign_in = SignIn(verifier, state.settings)
        except ConfigurationError as error:
            raise InvalidRequestError(error.message) from error
    found: SignIn = state.sign_in
    return found


def _attempt(request: Request) -> tuple[Attempt, str]:
    """The attempt that this browser has begun, and where to go on to. Raises UnauthenticatedError."""
    try:
        kept: Any = orjson.loads(base64.urlsafe_b64decode(request.cookies[_attempt_cookie(request)]))
        attempt = Attempt(str(kept["state"]), str(kept["nonce"]), str(kept["verifier"]))
        return attempt, _own_path(str(kept["next"]))
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise UnauthenticatedError(
            "This browser has not begun to sign in, or too long ago.",
            hint="Begin again at /sign-in.",
            reason="no attempt",
        ) from None


def _own_path(path: str) -> str:
    """The path where it is one of this server; else the page to begin with."""
    return path if len(path) <= _LONGEST and _OWN_PATH.fullmatch(path) else _HOME


def _redirect_uri(request: Request) -> str:
    settings: Settings = request.app.state.settings
    base = settings.public_url or f"{request.url.scheme}://{request.headers['host']}"
    return f"{base.rstrip('/')}/sign-in/callback"


def _attempt_cookie(request: Request) -> str:
    return _SECURE_ATTEMPT_COOKIE if is_secure(request) else _ATTEMPT_COOKIE


def _threads(request: Request) -> Threads:
    threads: Threads = request.app.state.threads
    return threads
