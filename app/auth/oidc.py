"""Log-in with an OpenID Connect provider: the authorisation code flow with PKCE, state and nonce.

The provider only says who somebody is. Which account that is, and what it may do, is decided here: only an account
that an administrator has entered can log in, by the claim that the settings name.
"""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from app.auth.errors import NotLoggedInError
from app.core.errors import BusyError, InvalidInputError
from app.core.settings import Settings

CALLBACK = "/login/oidc/callback"
TIMEOUT_SECONDS = 10
METADATA_KEPT_FOR = timedelta(hours=1)
CLOCK_LEEWAY_SECONDS = 60

# Only signatures that the client secret cannot make; `none` and HS256 would let the wrong one sign.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})


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
            raise _refused("The log-in was begun elsewhere or too long ago: please begin again.") from None
        return attempt


def new_attempt(wanted: str) -> Attempt:
    """An attempt with values that nobody can guess."""
    return Attempt(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        wanted=wanted,
    )


def _refused(message: str, **params: str) -> ProviderRefusedError:
    error = ProviderRefusedError.of(message, **params)
    assert isinstance(error, ProviderRefusedError)
    return error


class Provider:
    """The provider of one installation; keeps its metadata and keys for a while. Call it in a request thread."""

    def __init__(self, settings: Settings) -> None:
        """Raises `InvalidInputError` where the optional packages are missing."""
        try:
            from authlib.integrations.requests_client import OAuth2Session
        except ImportError as error:
            message = "Log-in by OpenID Connect is set up, but its packages are missing: install tongchou[oidc]."
            raise InvalidInputError.of(message, code="oidc_not_installed") from error
        assert settings.oidc_issuer is not None
        assert settings.public_url is not None
        self.title = settings.oidc_title
        self._claim = settings.oidc_claim
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._client_id = settings.oidc_client_id
        self._redirect = settings.public_url.rstrip("/") + CALLBACK
        self._secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
        self._client_class: Any = OAuth2Session
        self._metadata: Mapping[str, Any] = {}
        self._keys: Mapping[str, Any] = {}
        self._fetched_at: datetime | None = None

    def _client(self) -> Any:
        return self._client_class(
            self._client_id,
            self._secret,
            scope="openid profile",
            redirect_uri=self._redirect,
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            code_challenge_method="S256",
        )

    def address_for(self, attempt: Attempt, *, language: str, now: datetime) -> str:
        """Where the browser is sent to log in; raises `ProviderUnreachableError`."""
        endpoint = self._described(now)["authorization_endpoint"]
        with self._client() as client:
            address, _ = client.create_authorization_url(
                endpoint, state=attempt.state, code_verifier=attempt.verifier, nonce=attempt.nonce, ui_locales=language
            )
        return str(address)

    def login_of(self, attempt: Attempt, answer: Mapping[str, str], *, now: datetime) -> tuple[str, str]:
        """The login and the provider's subject that the answer in the browser's address vouches for.

        Raises `ProviderRefusedError` for an answer to another attempt, a refusal of the provider, or an ID token that
        does not hold; `ProviderUnreachableError`.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise _refused("The log-in was begun elsewhere or too long ago: please begin again.")
        metadata = self._described(now)
        issuer = answer.get("iss", "" if metadata.get("authorization_response_iss_parameter_supported") else None)
        if issuer is not None and issuer != metadata["issuer"]:
            raise _refused("The answer came from another log-in service.")
        if "code" not in answer:
            raise _refused("The log-in service answered: {error}", error=answer.get("error", "-")[:100])
        claims = self._claims(self._token(metadata, answer["code"], attempt), attempt.nonce, now)
        login = claims.get(self._claim)
        if not isinstance(login, str) or not login:
            raise _refused("The log-in service does not say which account is yours (claim {claim}).", claim=self._claim)
        return login, str(claims["sub"])

    def _token(self, metadata: Mapping[str, Any], code: str, attempt: Attempt) -> Mapping[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        try:
            with self._client() as client:
                token: Mapping[str, Any] = client.fetch_token(
                    metadata["token_endpoint"],
                    code=code,
                    grant_type="authorization_code",
                    code_verifier=attempt.verifier,
                    timeout=TIMEOUT_SECONDS,
                )
        except AuthlibBaseError as error:
            raise _refused("The log-in service answered: {error}", error=str(error.error)[:100]) from error
        except (OSError, ValueError) as error:  # of requests, all errors are OSErrors
            raise ProviderUnreachableError() from error
        if not isinstance(token.get("id_token"), str):
            raise _refused("The log-in service did not say who you are.")
        return token

    def _claims(self, token: Mapping[str, Any], nonce: str, now: datetime) -> Mapping[str, Any]:
        """The claims of the ID token, once its signature, issuer, audience, times, nonce and access token hold."""
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError
        from joserfc.jwt import Token

        try:
            decoded: Token = self._decoded(token["id_token"], now)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": self._metadata["issuer"]},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
            )
            claims.validate(now=int(now.timestamp()), leeway=CLOCK_LEEWAY_SECONDS)
        except (JoseError, ValueError) as error:
            raise _refused("What the log-in service says cannot be trusted.") from error
        return dict(claims)

    def _decoded(self, id_token: str, now: datetime) -> Any:
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError
        from joserfc.jwk import KeySet
        from joserfc.jws import JWSRegistry

        offered = self._metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(algorithms=sorted(ALGORITHMS & set(offered)), strict_check_header=False)
        try:
            return jwt.decode(id_token, KeySet.import_key_set(dict(self._keys)), registry=registry)  # type: ignore[arg-type]
        except InvalidKeyIdError:  # the provider has changed its keys
            self._fetched_at = None
            self._described(now)
            return jwt.decode(id_token, KeySet.import_key_set(dict(self._keys)), registry=registry)  # type: ignore[arg-type]

    def _described(self, now: datetime) -> Mapping[str, Any]:
        """The provider's metadata, fetched with its keys where they are not known or old."""
        if self._fetched_at is None or not now - self._fetched_at < METADATA_KEPT_FOR:
            metadata = self._fetched(f"{self._issuer}/.well-known/openid-configuration")
            if str(metadata.get("issuer", "")).rstrip("/") != self._issuer:
                raise ProviderUnreachableError()
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._refuse_odd_address(metadata.get(name))
            self._keys = self._fetched(metadata["jwks_uri"])
            self._metadata, self._fetched_at = metadata, now
        return self._metadata

    def _refuse_odd_address(self, address: object) -> None:
        """A provider that is asked over TLS may not lead to where there is none."""
        if not isinstance(address, str) or urlsplit(address).scheme not in {"https", urlsplit(self._issuer).scheme}:
            raise ProviderUnreachableError()

    def _fetched(self, address: str) -> Mapping[str, Any]:
        try:
            with self._client() as client:
                answer = client.request("GET", address, withhold_token=True, timeout=TIMEOUT_SECONDS)
                answer.raise_for_status()
                found = answer.json()
        except (OSError, ValueError) as error:
            raise ProviderUnreachableError() from error
        if not isinstance(found, Mapping):
            raise ProviderUnreachableError()
        return found
