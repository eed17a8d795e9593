"""What both transports share: how httpx is set up, and how its requests, responses and errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from lineage_client.address import Address
from lineage_client.errors import AnswerTimeoutError, UnreachableError
from lineage_client.version import __version__
from lineage_client.wire import Reply, Request

_CONNECT_SECONDS = 5.0


def httpx_options(address: Address, seconds: float) -> dict[str, Any]:
    """How an httpx client is made. It follows no redirects, so the token goes nowhere else."""
    return {
        "base_url": address.url,
        "headers": {"User-Agent": f"lineage-client/{__version__}", **address.headers},
        "timeout": httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
        "trust_env": not address.is_loopback,  # a proxy has no way to this machine's loopback
        "verify": httpx.create_ssl_context() if address.url.startswith("https:") else True,  # SSL_CERT_FILE counts too
    }


def request_options(request: Request) -> dict[str, Any]:
    """A request as httpx takes it."""
    options: dict[str, Any] = {
        "method": request.method,
        "url": request.path,
        "headers": {"Accept": request.accept},
    }
    if request.parameters:
        options["params"] = list(request.parameters)
    if request.body is not None:
        options["json"] = request.body
    return options


def reply_from(response: httpx.Response) -> Reply:
    """A response as questions take it."""
    return Reply(
        response.status_code, response.content, {name.lower(): text for name, text in response.headers.items()}
    )


@contextmanager
def our_errors(address: Address) -> Iterator[None]:
    """Whatever goes wrong between here and the server, under our own names."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnreachableError(
            f"Nothing answers at {address.url}.",
            hint="Start a registry with `lineage up`, or give connect() its address, or set LINEAGE_URL.",
        ) from error
    except httpx.TimeoutException as error:
        raise AnswerTimeoutError(
            f"{address.url} did not answer in time.", hint="Ask for less, or connect(seconds=…) to wait longer."
        ) from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise UnreachableError(
            f"The connection to {address.url} broke before the answer was here.", hint="Ask again."
        ) from error
