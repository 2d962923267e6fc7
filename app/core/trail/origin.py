"""Where an action came from: the client's address or the command, known to everything that runs for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

ORIGIN_LENGTH_MAX = 200

_origin: ContextVar[str] = ContextVar("origin", default="service")


def current_origin() -> str:
    """Where the present action came from; `service` where the service acts by itself."""
    return _origin.get()


@contextmanager
def acting_from(origin: str) -> Iterator[None]:
    """Everything recorded inside the block came from there: `address 192.0.2.7`, `command demo`."""
    assert origin, "an origin is never empty"
    token = _origin.set(origin[:ORIGIN_LENGTH_MAX])
    try:
        yield
    finally:
        _origin.reset(token)


class OriginMiddleware:
    """Names the client's address as the origin of what a request does.

    Behind a proxy that is the proxy's own address, unless uvicorn is told to trust its forwarded headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        client = scope.get("client")
        with acting_from(f"address {client[0] if client else 'unknown'}"):
            await self._app(scope, receive, send)
