"""A limit of requests per address for what is read without a log-in, kept in memory by each worker process."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fastapi import Request

from app.auth.rules import network_of
from app.core.errors import Fault, ServiceError
from app.core.http.deps import Now

REQUESTS_MAX = 120
WINDOW = timedelta(minutes=1)
ADDRESSES_MAX = 10_000
"""Addresses remembered at once; beyond it all are forgotten, so that memory stays bounded."""


class TooManyRequestsError(ServiceError):
    """An address asked too often."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests from your address."

    @property
    def headers(self) -> dict[str, str]:
        """When to ask again."""
        return {"Retry-After": str(round(WINDOW.total_seconds()))}


@dataclass(slots=True)
class RateLimit:
    """Requests of each address since the beginning of its window."""

    _seen: dict[str, tuple[datetime, int]] = field(default_factory=dict)

    def take(self, address: str, now: datetime) -> None:
        """Count one request; raises `TooManyRequestsError` for more than `REQUESTS_MAX` in a window."""
        subject = network_of(address)
        begun, count = self._seen.get(subject, (now, 0))
        if now - begun >= WINDOW:
            begun, count = now, 0
        if count >= REQUESTS_MAX:
            message = "At most {count} requests a minute; please ask again in a minute."
            raise TooManyRequestsError(Fault(TooManyRequestsError.code, message, "", {"count": REQUESTS_MAX}))
        if len(self._seen) >= ADDRESSES_MAX:
            self._seen.clear()
        self._seen[subject] = begun, count + 1


async def limited(request: Request, clock: Now) -> None:
    """For `dependencies=[...]` of a public route: refuse addresses that ask too often."""
    limit: RateLimit = request.app.state.public_limit
    limit.take(request.client.host if request.client is not None else "", clock.now())
