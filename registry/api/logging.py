"""Structured logs: one line an event, a request id on each, and nothing in them that opens a door.

Lines of libraries that log in the standard way go through the same processors.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry.identity.token_text import FIND_TOKENS
from registry.secrecy.known_secrets import KnownSecrets
from registry.settings import Settings

REQUEST_ID_HEADER = "X-Request-ID"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CREDENTIALS_IN_URI = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@'\"]*@")
# Where a password has signs in it that an address may not have; pages of the web have such signs in their paths.
_CREDENTIALS_IN_ADDRESS = re.compile(r"((?<![a-zA-Z0-9+.-])(?!https?:)[a-zA-Z][a-zA-Z0-9+.-]*://)[^\s'\"<>]*@")
_TOKEN = re.compile(r"\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
_SIGNING_KEY = re.compile(r"PRIVATE\+KEY\+\S+")
_SECRET_KEY = re.compile(r"pass(word|wd)?|secret|token|authorization|cookie|api[_-]?key|credential", re.IGNORECASE)
_SECRET_PAIR = re.compile(
    r"((?:password|passwd|secret|token|authorization|api[_-]?key)[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;)}]+(?:\s+[A-Za-z0-9+/=_.-]{16,})?)",
    re.IGNORECASE,
)
_SIGNED_TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_MASK = "***"
_SHORTEST = 4
"""A very short password would black out half the log and hide nothing."""
_MOST_OF_A_METHOD, _MOST_OF_A_PATH = 20, 400
_QUIET = ("/healthz", "/readyz", "/metrics")

_log = structlog.get_logger("lineage.access")


class Redactor:
    """A structlog processor: takes credentials out of every value of an event, at any depth."""

    def __init__(self, secrets: Callable[[], Iterable[str]] | Iterable[str] = ()) -> None:
        """``secrets`` are those that are known, or what gives them as they are now."""
        self._secrets = secrets if callable(secrets) else partial(tuple, secrets)

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """The event without secrets."""
        for key, value in event.items():
            event[key] = _MASK if _SECRET_KEY.search(key) else self.clean(value)
        return event

    def clean(self, value: Any) -> Any:
        """The value without credentials; containers are copied, numbers and the like returned as they are."""
        if isinstance(value, str):
            return self._clean_text(value)
        if isinstance(value, dict):
            return {
                key: _MASK if isinstance(key, str) and _SECRET_KEY.search(key) else self.clean(item)
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.clean(item) for item in value]
        return value if isinstance(value, (int, float, bool, type(None))) else self._clean_text(str(value))

    def _clean_text(self, text: str) -> str:
        for secret in self._secrets():
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, _MASK)
        text = _SIGNED_TOKEN.sub(_MASK, FIND_TOKENS.sub(_MASK, text))
        text = _CREDENTIALS_IN_ADDRESS.sub(rf"\1{_MASK}@", text)
        text = _CREDENTIALS_IN_URI.sub(rf"\1{_MASK}@", text)
        text = _SIGNING_KEY.sub(_MASK, _TOKEN.sub(rf"\1{_MASK}", text))
        return _SECRET_PAIR.sub(rf"\1{_MASK}", text)


def configure_logging(settings: Settings) -> None:
    """Send every log line of this process to standard error, as the settings say. Safe to call again."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        Redactor(KnownSecrets(settings)),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("neo4j", "httpx", "strawberry", "uvicorn"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class RequestLog:
    """ASGI middleware: gives each request an id, answers with it, and writes one line when it is done."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
        name = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = name
        status = 0
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = name
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=name):
            try:
                await self.app(scope, receive, send_with_id)
            finally:
                self._write(scope, status, time.perf_counter() - started)

    @staticmethod
    def _write(scope: Scope, status: int, seconds: float) -> None:
        level = "debug" if scope["path"] in _QUIET and status == 200 else "info"
        # The query string stays out: it may carry what a person typed. A path may be as long as a head.
        getattr(_log, level)(
            "request",
            method=scope["method"][:_MOST_OF_A_METHOD],
            path=scope["path"][:_MOST_OF_A_PATH],
            status=status,
            duration_ms=round(seconds * 1000, 2),
        )
