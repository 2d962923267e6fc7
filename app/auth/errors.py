"""Refusals of log-in and of requests without one."""

from collections.abc import Mapping
from datetime import timedelta

from app.core.errors import Fault, ServiceError


class NotLoggedInError(ServiceError):
    """Nobody is logged in, or the session or key has ended."""

    status = 401
    code = "not_logged_in"
    title = "Please log in."

    @property
    def headers(self) -> Mapping[str, str]:
        """What a 401 must say: how to identify oneself."""
        return {"WWW-Authenticate": "Bearer"}


class WrongCredentialsError(NotLoggedInError):
    """Account and password do not belong together; never says which of the two was wrong."""

    code = "wrong_credentials"
    title = "The account or the password is wrong."


class CodeNeededError(NotLoggedInError):
    """The password is right; this account also needs the code of its second factor."""

    code = "code_needed"
    title = "The code of your second factor is missing."


class WrongCodeError(NotLoggedInError):
    """The code of the second factor is wrong, too old, or was used before."""

    code = "wrong_code"
    title = "The code is wrong, too old, or was used before."


class NoAccountError(NotLoggedInError):
    """Who somebody is has been proven, but there is no account for them."""

    code = "no_account"
    title = "There is no account for you here: ask the administrator of your control group."


class TooManyAttemptsError(ServiceError):
    """Log-in was tried too often, for this account or from this address."""

    status = 429
    code = "too_many_attempts"
    title = "Too many attempts to log in."

    def __init__(self, wait: timedelta) -> None:
        self.wait_seconds = max(1, round(wait.total_seconds()))
        minutes = -(-self.wait_seconds // 60)
        super().__init__(Fault(self.code, "Please try again in {minutes} minutes.", "", {"minutes": minutes}))

    @property
    def headers(self) -> Mapping[str, str]:
        """When it may be tried again."""
        return {"Retry-After": str(self.wait_seconds)}
