"""Errors that name a business reason; the HTTP answer (RFC 9457) is derived from them once, in main."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

Param = str | int | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, a stable code, and an English message with {named} parameters.

    The message is also the key under which its translations are found.
    """

    code: str
    message: str
    where: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)

    def at(self, where: str) -> "Fault":
        """The same fault at another place."""
        return replace(self, where=where)

    def below(self, prefix: str) -> "Fault":
        """The same fault with its place below a field of a larger payload: `quantity` below `lines.0`."""
        return replace(self, where=f"{prefix}.{self.where}" if self.where else prefix)

    def with_params(self, params: Mapping[str, Param]) -> "Fault":
        """The same fault with other parameters in its message."""
        return replace(self, params=params)

    def __str__(self) -> str:
        """The fault in English, for logs and the command line."""
        text = self.message.format_map(dict(self.params))
        return f"{self.where}: {text}" if self.where else text


class ServiceError(Exception):
    """A refusal that the caller can understand. Subclasses give status, code and a title."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"
    title: ClassVar[str] = "This cannot be done."

    def __init__(self, *faults: Fault) -> None:
        self.faults: tuple[Fault, ...] = faults
        super().__init__(self.title, *map(str, faults))

    @property
    def headers(self) -> Mapping[str, str]:
        """HTTP headers that belong to this refusal."""
        return {}

    def members(self, language: str) -> Mapping[str, Any]:  # noqa: ARG002
        """What the problem answer tells beside its faults, in a language."""
        return {}

    @classmethod
    def of(cls, message: str, *, where: str = "", code: str = "", **params: Param) -> "ServiceError":
        """This error with a single fault; `code` defaults to the error's own."""
        return cls(Fault(code or cls.code, message, where, params))

    @classmethod
    def raise_if(cls, faults: Sequence[Fault]) -> None:
        """Raise this error with all the faults, if there are any."""
        if faults:
            raise cls(*faults)


class NotFoundError(ServiceError):
    """What was named does not exist, or the caller may not know of it."""

    status = 404
    code = "not_found"
    title = "Not found."


class ConflictError(ServiceError):
    """The state of things forbids it now; the same call may succeed later."""

    status = 409
    code = "conflict"
    title = "The present state does not allow this."


class InvalidInputError(ServiceError):
    """The input has the right shape but says something that cannot be."""

    status = 422
    code = "invalid_input"
    title = "The input is not valid."


class ForbiddenError(ServiceError):
    """The one who asks has no right to it."""

    status = 403
    code = "forbidden"
    title = "You may not do this."


class BusyError(ServiceError):
    """The database had no time within the limit; nothing was written."""

    status = 503
    code = "busy"
    title = "The service is busy; please try again."
    retry_after_seconds: ClassVar[int] = 2

    @property
    def headers(self) -> Mapping[str, str]:
        """When to try again."""
        return {"Retry-After": str(self.retry_after_seconds)}


class DatabaseUnavailableError(BusyError):
    """The database does not answer: it is down, starting, unreachable, or its disk is full or read-only."""

    code = "database_unavailable"
    title = "The database does not answer; nothing was written. Please try again in a while."
    retry_after_seconds = 10


def missing(what: str, key: str | int, *, where: str = "") -> Fault:
    """The fault that says that `what` with this key does not exist."""
    return Fault("unknown_id", "There is no {what} “{key}”.", where, {"what": what, "key": key})
