"""One attempt to log in with an OpenID Connect provider, and how it can fail; `oidc_provider` asks the provider.

The provider only says who somebody is. Which account that is, and what it may do, is decided here: only an account
that an administrator has entered can log in, by the claim that the settings name.
"""

import base64
import binascii
import json
import secrets
from dataclasses import asdict, dataclass

from app.auth.errors import NotLoggedInError
from app.core.errors import BusyError

CALLBACK = "/login/oidc/callback"


class ProviderRefusedError(NotLoggedInError):
    """The provider did not vouch for anybody, or for nobody who has an account here."""

    code = "oidc_refused"
    title = "You could not be logged in this way."


class ProviderUnreachableError(BusyError):
    """The provider does not answer, or not as OpenID Connect asks for."""

    code = "oidc_unreachable"
    title = "The log-in service does not answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one browser must come back with; it lies in that browser's cookie until then."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    """The page to be led to afterwards."""

    def packed(self) -> str:
        """For the cookie."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def unpacked(cls, text: str | None) -> "Attempt":
        """From the cookie; raises `ProviderRefusedError` where there is none or it is not one of ours."""
        try:
            fields = json.loads(base64.urlsafe_b64decode(text or ""))
            attempt = cls(**fields)
            assert all(isinstance(value, str) and value for value in fields.values())
        except (ValueError, TypeError, AssertionError, binascii.Error):
            raise refused("The log-in was begun elsewhere or too long ago: please begin again.") from None
        return attempt


def new_attempt(wanted: str) -> Attempt:
    """An attempt with values that nobody can guess."""
    return Attempt(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        wanted=wanted,
    )


def refused(message: str, **params: str) -> ProviderRefusedError:
    """The refusal with its reason."""
    error = ProviderRefusedError.of(message, **params)
    assert isinstance(error, ProviderRefusedError)
    return error
