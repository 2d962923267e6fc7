"""What happens to every request before it is routed: HEAD is answered as GET without the body, bodies have a limit."""

import re
import sys

from fastapi import Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.http.problem_details import refusal

BODY_BYTES_MAX = 2 << 20
"""Of a request body; a router that takes uploads declares a larger `max_body_size`."""


class _BodySentError(OSError):
    """The answer to a HEAD has begun; a stream that goes on is ended by this."""


class HeadMiddleware:
    """Answers HEAD as GET without the body, wherever there is a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_over = False

        async def send_without_body(message: Message) -> None:
            nonlocal is_over
            if message["type"] != "http.response.body":
                await send(message)
                return
            if not is_over:
                is_over = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body"):
                raise _BodySentError

        try:
            await self._app({**scope, "method": "GET"}, receive, send_without_body)
        except (_BodySentError, ClientDisconnect):
            if not is_over:
                raise


def _declared_bytes(scope: Scope) -> int:
    """What Content-Length says; 0 where it says nothing, and more than any limit where it has too many digits."""
    text = Headers(scope=scope).get("content-length", "")
    if not (text.isascii() and text.isdigit()):
        return 0
    return int(text) if len(text) < 20 else sys.maxsize


class _BodyTooLargeError(Exception):
    """The body has exceeded what its address takes; raised into whatever reads it."""


class BodyLimitMiddleware:
    """Refuses a request body that is larger than its address takes with 413, before anything of it is parsed.

    A length that is declared is refused at once; a body without one (chunked) is cut off where it exceeds the limit.
    Whatever the application makes of a body that was cut off, the answer is 413.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._uploads: list[tuple[re.Pattern[str], int]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = _declared_bytes(scope)
        if declared > BODY_BYTES_MAX and declared > self._limit(scope):
            await refusal(Request(scope), 413)(scope, receive, send)
            return
        received, is_cut_off, has_answered = 0, False, False

        async def receive_within_limit() -> Message:
            nonlocal received, is_cut_off
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_BYTES_MAX and received > self._limit(scope):
                is_cut_off = True
                raise _BodyTooLargeError
            return message

        async def send_unless_cut_off(message: Message) -> None:
            nonlocal has_answered
            if not is_cut_off or has_answered:
                has_answered = True
                await send(message)

        try:
            await self._app(scope, receive_within_limit, send_unless_cut_off)
        except Exception:
            # The framework answers what fails while it reads a body in its own ways, or lets it through to here.
            if not is_cut_off or has_answered:
                raise
        if is_cut_off and not has_answered:
            await refusal(Request(scope), 413)(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        """What the address of a request takes; looked up only for large bodies."""
        if self._uploads is None:
            routes = iter_route_contexts(scope["app"].routes)
            declared = [
                (one.path_regex, one.max_body_size) for one in routes if isinstance(one.original_route, APIRoute)
            ]
            self._uploads = [(path, limit) for path, limit in declared if limit is not None]
        return max((limit for path, limit in self._uploads if path.match(scope["path"])), default=BODY_BYTES_MAX)
