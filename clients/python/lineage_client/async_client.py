"""The asynchronous client: the same questions, sent with httpx's asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
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


def _method(question: Callable[P, Exchange[T]]) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]:
    """A question as a method of the client."""
    signature = signature_of(question, answer_type(question))

    async def asked(client: AsyncClient, /, *arguments: P.args, **named: P.kwargs) -> T:
        check_arguments(signature, *arguments, **named)
        return await client.answer(question(*arguments, **named))

    update_wrapper(asked, question)
    asked.__signature__ = signature  # type: ignore[attr-defined]
    return asked


class AsyncClient:
    """A connection to one lineage registry whose methods are awaited; to be closed, or used in ``async with``.

    Arguments, answers and errors are those of :class:`lineage_client.Client`.
    """

    def __init__(self, url: str | None = None, token: str | None = None, *, seconds: float = 90.0) -> None:
        self._address = find_address(url, token)
        self._http = httpx.AsyncClient(**httpx_options(self._address, seconds))

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

    async def pages(self, answer: A, *, deeper: bool = False) -> AsyncIterator[A]:
        """The answer and those that follow it, each fetched when it is reached.

        To the end of what was asked for; where a depth was given, ``deeper`` goes on behind it, so far again each time.
        """
        yield answer
        while questions.goes_on(answer, deeper=deeper):
            answer = await self._run(questions.next_page(answer))
            yield answer

    async def answer(self, exchange: Exchange[T]) -> T:
        """Put a question of :mod:`lineage_client.questions`. Warns where the answer is not complete."""
        found = await self._run(exchange)
        warn_if_incomplete(found)
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    async def _run(self, exchange: Exchange[T]) -> T:
        try:
            request = next(exchange)
            while True:
                with our_errors(self._address):
                    reply = reply_from(await self._http.request(**request_options(request)))
                request = exchange.send(reply)
        except StopIteration as done:
            found: T = done.value
            return found
