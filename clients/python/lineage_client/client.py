"""The synchronous client: a loop around questions that sends their requests with httpx."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from lineage_client import questions
from lineage_client.address import find_address
from lineage_client.incomplete import warn_if_incomplete
from lineage_client.signatures import answer_type, check_arguments, signature_of
from lineage_client.transport import httpx_options, our_errors, reply_from, request_options
from lineage_client.wire import Exchange

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A", bound=questions.Paged)


def _method(question: Callable[P, Exchange[T]]) -> Callable[Concatenate[Client, P], T]:
    """A question as a method of the client."""
    signature = signature_of(question, answer_type(question))

    def asked(client: Client, /, *arguments: P.args, **named: P.kwargs) -> T:
        check_arguments(signature, *arguments, **named)
        return client.answer(question(*arguments, **named))

    update_wrapper(asked, question)
    asked.__signature__ = signature  # type: ignore[attr-defined]
    return asked


class Client:
    """A connection to one lineage registry, to be closed, or used in a ``with`` block. Threads may share it.

    ``url`` and ``token`` come from LINEAGE_URL and LINEAGE_TOKEN where they are not given; without either, it is the
    registry of this machine. ``seconds`` is how long to wait for an answer. Names may be whole URNs or leave out
    ``urn:lineage:``. Every method raises LineageError, with the server's code and hint. Raises InvalidAddressError.
    """

    def __init__(self, url: str | None = None, token: str | None = None, *, seconds: float = 90.0) -> None:
        self._address = find_address(url, token)
        self._http = httpx.Client(**httpx_options(self._address, seconds))

    @property
    def url(self) -> str:
        """The address of the registry."""
        return self._address.url

    impact = _method(questions.impact)
    lineage = _method(questions.lineage)
    lineage_table = _method(questions.lineage_table)
    paths = _method(questions.paths)
    diff = _method(questions.diff)
    search = _method(questions.search)
    entity = _method(questions.entity)
    graphql = _method(questions.graphql)

    def pages(self, answer: A, *, deeper: bool = False) -> Iterator[A]:
        """The answer and those that follow it, each fetched when it is reached.

        To the end of what was asked for; where a depth was given, ``deeper`` goes on behind it, so far again each time.
        """
        yield answer
        while questions.goes_on(answer, deeper=deeper):
            answer = self._with_follower(self._run(questions.next_page(answer)))
            yield answer

    def answer(self, exchange: Exchange[T]) -> T:
        """Put a question of :mod:`lineage_client.questions`. Warns where the answer is not complete."""
        found = self._with_follower(self._run(exchange))
        warn_if_incomplete(found)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    def _run(self, exchange: Exchange[T]) -> T:
        try:
            request = next(exchange)
            while True:
                with our_errors(self._address):
                    reply = reply_from(self._http.request(**request_options(request)))
                request = exchange.send(reply)
        except StopIteration as done:
            found: T = done.value
            return found

    def _with_follower(self, answer: T) -> T:
        origin: Any = getattr(answer, "origin", None)
        return answer if origin is None else replace(answer, origin=replace(origin, follow=self.pages))  # type: ignore[type-var]


def connect(url: str | None = None, token: str | None = None, *, seconds: float = 90.0) -> Client:
    """A client of the registry at ``url``; without one, of what LINEAGE_URL names, else of this machine's.

    Nothing is asked yet. Raises InvalidAddressError.
    """
    return Client(url, token, seconds=seconds)
