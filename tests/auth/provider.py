"""A small OpenID Connect provider that really listens: it signs ID tokens and can be told to do each thing wrong."""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

CLIENT, SECRET = "tongchou", "a secret between the two of us"


def half_hash(token: str) -> str:
    """What `at_hash` says of an access token under SHA-256."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).decode().rstrip("=")


@cache
def first_key() -> Any:
    """The key that it signs with at first; made once, for that takes time."""
    return RSAKey.generate_key(2048, {"kid": "first"})


@dataclass
class SmallProvider:
    """Whoever comes is `person`, without being asked; `claims` and `metadata` replace what it would say."""

    address: str
    now: datetime
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "preferred_username": "leader"})
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    sign_with: Any = None
    algorithm: str = "RS256"
    knows_secret: bool = True
    """Otherwise its client is a public one, which only names itself."""
    token_answer: tuple[int, Any] | None = None
    keys: list[Any] = field(default_factory=lambda: [first_key()])
    asked: list[dict[str, str]] = field(default_factory=list)
    """The parameters of every authorisation request."""
    fetched: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The metadata of OpenID Connect Discovery."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            **self.metadata,
        }

    def id_token(self, nonce: str, access_token: str) -> str:
        """The signed word on who came."""
        moment = int(self.now.timestamp())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "nonce": nonce,
            "at_hash": half_hash(access_token),
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.sign_with or self.keys[-1]
        header = {"alg": self.algorithm, "kid": key.kid or "first"}
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])

    def app(self) -> FastAPI:
        """Its three endpoints and its metadata."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def describe() -> dict[str, Any]:
            self.fetched.append("metadata")
            return self.described()

        @app.get("/keys")
        def show_keys() -> dict[str, Any]:
            self.fetched.append("keys")
            return dict(KeySet(self.keys).as_dict(private=False))

        @app.get("/authorize")
        def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            self.asked.append(asked)
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back = {"code": code, "state": asked["state"], "iss": self.address}
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

        @app.post("/token")
        def exchange(
            request: Request,
            code: Annotated[str, Form()],
            code_verifier: Annotated[str, Form()],
            redirect_uri: Annotated[str, Form()],
            grant_type: Annotated[str, Form()],
            client_id: Annotated[str | None, Form()] = None,
        ) -> JSONResponse:
            if self.token_answer is not None:
                return JSONResponse(self.token_answer[1], self.token_answer[0])
            basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            asked = self.codes.pop(code, None)
            digest = hashlib.sha256(code_verifier.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            named = (request.headers.get("authorization"), client_id)
            if named != ((basic, None) if self.knows_secret else (None, CLIENT)):
                return JSONResponse({"error": "invalid_client"}, 401)
            if asked is None or grant_type != "authorization_code" or asked["redirect_uri"] != redirect_uri:
                return JSONResponse({"error": "invalid_grant"}, 400)
            if (asked.get("code_challenge_method"), asked.get("code_challenge")) != ("S256", challenge):
                return JSONResponse({"error": "invalid_grant"}, 400)
            access = secrets.token_urlsafe(16)
            answer = {"access_token": access, "token_type": "Bearer", "id_token": self.id_token(asked["nonce"], access)}
            return JSONResponse(answer)

        return app


def other_rsa_key() -> Any:
    """A key that is not the provider's, under the name of one that is."""
    return RSAKey.generate_key(2048, {"kid": "first"})


def new_key() -> Any:
    """A key with which the provider goes on after a change."""
    return ECKey.generate_key("P-256", {"kid": "second"})


def secret_key() -> Any:
    """The client secret as a key of HS256: what an ID token must never be signed with."""
    return OctKey.import_key(SECRET, {"kid": "first"})


@contextmanager
def listening(now: datetime) -> Iterator[SmallProvider]:
    """A provider on a port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider = SmallProvider(f"http://127.0.0.1:{port}", now)
    server = uvicorn.Server(uvicorn.Config(provider.app(), host="127.0.0.1", port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the provider did not start"
        time.sleep(0.02)
    yield provider
    server.should_exit = True
    thread.join(timeout=10)
