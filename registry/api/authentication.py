"""The credential of a request: where it stands, and whom it speaks for.

A token comes in one ``Authorization: Bearer`` header; a browser that has signed in sends a cookie. A token in an address
is refused, whatever it opens: addresses are kept in histories and logs.
"""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request

from registry.api.failed_attempts import FailedAttempts
from registry.api.threads import Threads
from registry.errors import CrossSiteError, InvalidRequestError, UnauthenticatedError
from registry.identity.authenticated import Authenticated
from registry.identity.authenticator import LONGEST_TOKEN, Authenticator
from registry.identity.token_text import FIND_TOKENS
from registry.settings import Settings

SESSION_COOKIE: Final = "lineage_session"
SECURE_SESSION_COOKIE: Final = "__Host-lineage_session"
"""Under TLS: browsers take it from this host alone, and only over TLS."""
_IN_ADDRESS: Final = re.compile(r"(?:^|[&;])(?:access_?token|id_?token|token|bearer|api_?key)=[^&;]", re.IGNORECASE)
_SCHEME: Final = "bearer "
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def authenticate(request: Request) -> Authenticated:
    """Who asks. Raises UnauthenticatedError, InvalidRequestError, CrossSiteError, TooManyAttemptsError, and what keeps it from being found out."""
    _refuse_in_address(request)
    text = _bearer(request)
    if text is not None:
        return await find_holder(request, text, session=False)
    cookie = session_cookie(request)
    if cookie is None:
        raise UnauthenticatedError("This takes a token, or signing in.")
    _refuse_other_sites(request)
    return await find_holder(request, cookie, session=True)


def session_cookie(request: Request) -> str | None:
    """The cookie of a browser that has signed in; None where there is none.

    Under TLS only the one that browsers take from this host alone: a neighbouring host can plant one of any other name.
    """
    return request.cookies.get(SECURE_SESSION_COOKIE if is_secure(request) else SESSION_COOKIE) or None


def is_secure(request: Request) -> bool:
    """Whether browsers come here over TLS, to this server or to a proxy before it."""
    settings: Settings = request.app.state.settings
    return request.url.scheme == "https" or (settings.public_url or "").lower().startswith("https://")


def authenticator_of(request: Request) -> Authenticator:
    """What knows the tokens of this application."""
    authenticator: Authenticator = request.app.state.authenticator
    return authenticator


async def find_holder(request: Request, text: str, *, session: bool) -> Authenticated:
    """Whom a credential speaks for, wherever it stood in the request; failures count. Raises as :func:`authenticate`."""
    authenticator = authenticator_of(request)
    found = authenticator.known(text, session=session)
    if found is not None:
        return found
    attempts: FailedAttempts = request.app.state.failed_attempts
    address = request.client.host if request.client is not None else ""
    if not authenticator.was_good(text):
        attempts.check(address)
    threads: Threads = request.app.state.threads
    try:
        return await threads.run(authenticator.authenticate, text, session=session)
    except UnauthenticatedError:
        attempts.note(address)
        raise


def _bearer(request: Request) -> str | None:
    given = request.headers.getlist("authorization")
    if not given:
        return None
    value = given[0]
    if len(given) > 1 or value[: len(_SCHEME)].lower() != _SCHEME:
        raise UnauthenticatedError(
            "One Authorization header with a Bearer token is taken, and nothing else.", reason="scheme"
        )
    text = value[len(_SCHEME) :].strip()
    if len(text) > LONGEST_TOKEN:
        raise UnauthenticatedError("The token is longer than any token is.", reason="length")
    return text


def _refuse_in_address(request: Request) -> None:
    query = request.scope["query_string"].decode("latin-1")
    if query and (_IN_ADDRESS.search(query) or FIND_TOKENS.search(query)):
        raise InvalidRequestError(
            "A token does not belong in an address.",
            hint="Send it as `Authorization: Bearer …`, and revoke it: addresses are kept in logs and histories.",
        )


def _refuse_other_sites(request: Request) -> None:
    """A cookie comes along whoever made the browser ask: what changes something has to say which page asked.

    Where ``Origin`` is there, it names a page of this server: others were refused before (``registry.api.hosts``).
    """
    if request.method in _READING or "origin" in request.headers:
        return
    if request.headers.get("sec-fetch-site") != "same-origin":
        raise CrossSiteError("What changes something says which page asks for it.")
