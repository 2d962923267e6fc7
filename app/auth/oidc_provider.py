"""An OpenID Connect provider, asked by authlib over httpx: the authorisation code flow with PKCE, state and nonce.

Imported only where a provider is set up: it needs the packages of `tongchou[oidc]`.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from app.auth.oidc import CALLBACK, Attempt, ProviderUnreachableError, refused
from app.core.settings import Settings

TIMEOUT_SECONDS = 10
METADATA_KEPT_FOR = timedelta(hours=1)
CLOCK_LEEWAY_SECONDS = 60
_NO_SUCH_ANSWER = (httpx.HTTPError, httpx.InvalidURL, JoseError, ValueError, LookupError, TypeError, AttributeError)

# Only signatures that the client secret cannot make; `none` and HS256 would let the wrong one sign.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})


class Provider:
    """The provider of one installation; keeps its metadata and keys for a while. Call it in a request thread."""

    def __init__(self, settings: Settings) -> None:
        assert settings.oidc_issuer is not None
        assert settings.public_url is not None
        self.title = settings.oidc_title
        self._claim = settings.oidc_claim
        self._issuer = settings.oidc_issuer.rstrip("/")
        self._client_id = settings.oidc_client_id
        self._redirect = settings.public_url.rstrip("/") + CALLBACK
        # With a secret the client names itself in the Authorization header, without one in the form.
        self._identity: dict[str, Any] = {"client_id": self._client_id, "auth": httpx.Auth()}
        if settings.oidc_client_secret is not None:
            self._identity = {"auth": (self._client_id, settings.oidc_client_secret.get_secret_value())}
        self._metadata: Mapping[str, Any] = {}
        self._keys, self._registry = KeySet([]), JWSRegistry()
        self._fetched_at: datetime | None = None

    def _client(self, http: httpx.Client | None = None) -> Any:
        return OAuth2Client(http, self._client_id, redirect_uri=self._redirect, code_challenge_method="S256")

    def address_for(self, attempt: Attempt, *, language: str, now: datetime) -> str:
        """Where the browser is sent to log in; raises `ProviderUnreachableError`."""
        address, _ = self._client().create_authorization_url(
            self._described(now)["authorization_endpoint"],
            scope="openid profile",
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
            ui_locales=language,
        )
        return str(address)

    def login_of(self, attempt: Attempt, answer: Mapping[str, str], *, now: datetime) -> tuple[str, str]:
        """The login and the provider's subject that the answer in the browser's address vouches for.

        Raises `ProviderRefusedError` for an answer to another attempt, a refusal of the provider, or an ID token that
        does not hold; `ProviderUnreachableError`.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise refused("The log-in was begun elsewhere or too long ago: please begin again.")
        metadata = self._described(now)
        issuer = answer.get("iss", "" if metadata.get("authorization_response_iss_parameter_supported") else None)
        if issuer is not None and issuer != metadata["issuer"]:
            raise refused("The answer came from another log-in service.")
        if "code" not in answer:
            raise refused("The log-in service answered: {error}", error=answer.get("error", "-")[:100])
        claims = self._claims(self._token(answer["code"], attempt), attempt.nonce, now)
        login = claims.get(self._claim)
        if not isinstance(login, str) or not login:
            raise refused("The log-in service does not say which account is yours (claim {claim}).", claim=self._claim)
        return login, str(claims["sub"])

    def _token(self, code: str, attempt: Attempt) -> Mapping[str, Any]:
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS) as http:
                token: Mapping[str, Any] = self._client(http).fetch_token(
                    self._metadata["token_endpoint"], code=code, code_verifier=attempt.verifier, **self._identity
                )
        except AuthlibBaseError as error:
            raise refused("The log-in service answered: {error}", error=str(error.error)[:100]) from error
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnreachableError() from error
        if not isinstance(token.get("id_token"), str):
            raise refused("The log-in service did not say who you are.")
        return token

    def _claims(self, token: Mapping[str, Any], nonce: str, now: datetime) -> Mapping[str, Any]:
        """The claims of the ID token, once its signature, issuer, audience, times, nonce and access token hold."""
        try:
            try:
                decoded = jwt.decode(token["id_token"], self._keys, registry=self._registry)
            except InvalidKeyIdError:  # the provider has changed its keys
                self._fetch(now)
                decoded = jwt.decode(token["id_token"], self._keys, registry=self._registry)
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
            raise refused("What the log-in service says cannot be trusted.") from error
        return dict(claims)

    def _described(self, now: datetime) -> Mapping[str, Any]:
        """The provider's metadata, fetched with its keys where they are not known or old."""
        if self._fetched_at is None or not now - self._fetched_at < METADATA_KEPT_FOR:
            self._fetch(now)
        return self._metadata

    def _fetch(self, now: datetime) -> None:
        """Fetch metadata and keys; a provider that is asked over TLS may not lead to where there is none."""
        secure = {"https", urlsplit(self._issuer).scheme}
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS) as http:
                metadata = http.get(f"{self._issuer}/.well-known/openid-configuration").raise_for_status().json()
                if metadata["issuer"].rstrip("/") != self._issuer or not secure.issuperset(
                    urlsplit(metadata[name]).scheme for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                ):
                    raise ProviderUnreachableError()
                keys = KeySet.import_key_set(http.get(metadata["jwks_uri"]).raise_for_status().json())
            offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
            registry = JWSRegistry(algorithms=sorted(ALGORITHMS.intersection(offered)), strict_check_header=False)
        except _NO_SUCH_ANSWER as error:
            raise ProviderUnreachableError() from error
        self._metadata, self._keys, self._registry, self._fetched_at = metadata, keys, registry, now
