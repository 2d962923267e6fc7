"""Access log: one JSON line per request, with a request id that the response carries as well."""

import json
import logging
import os
import re
import time
import uuid
from contextvars import ContextVar
from datetime import UTC, datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = "X-Request-Id"
_OF_A_PROXY = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_log = logging.getLogger("tongchou.access")
_present: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The id of the request that is being answered; empty outside of one."""
    return _present.get()


class AccessLogMiddleware:
    """Gives each request an id, or keeps the one that a proxy gave it, and logs it when it has been answered.

    Logged are process, time taken, method, path, status and client; never the query, which may hold a name or a number.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _OF_A_PROXY.fullmatch(given) else uuid.uuid4().hex
        began, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        token = _present.set(request_id)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _present.reset(token)
            if _log.isEnabledFor(logging.INFO):
                client = scope.get("client")
                line = {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "request_id": request_id,
                    "process": os.getpid(),
                    "client": client[0] if client else None,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "ms": round((time.perf_counter() - began) * 1000, 1),
                }
                _log.info(json.dumps(line, ensure_ascii=False))
