"""Authentication and authorisation of every request, and the check against cross-site requests (CSRF).

Deny by default: `deny_by_default` runs before every route of the application and lets pass only routes that name
what they need (`dependencies=[needs(Right.X)]` or `[LOGGED_IN]`) and those in `PUBLIC`. `needs` then asks who acts
(`CurrentActor`) and refuses with 401 or 403. Where the actor may do it is decided in `identity`.

Tests replace `_current_actor` (and nothing else) to act as somebody without logging in.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from app.auth.errors import NotLoggedInError
from app.auth.keys import machine_of
from app.auth.sessions import person_of, session_life
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ForbiddenError
from app.core.http.deps import Now, OpenDatabase, Writer
from app.core.rights import Right
from app.core.work import Work

__all__ = [
    "LOGGED_IN",
    "PUBLIC",
    "SESSION_COOKIE",
    "Actor",
    "CurrentActor",
    "SessionToken",
    "Write",
    "deny_by_default",
    "needs",
    "person_or_nobody",
    "refuse_cross_site",
    "right_of",
]

SESSION_COOKIE = "tongchou_session"

PUBLIC = frozenset(
    {
        ("GET", "/healthz"), ("GET", "/readyz"),
        ("GET", "/docs"), ("GET", "/docs/oauth2-redirect"), ("GET", "/redoc"), ("GET", "/openapi.json"),
        ("GET", "/login"), ("POST", "/login"), ("POST", "/login/code"),
        ("GET", "/login/oidc"), ("GET", "/login/oidc/callback"),
        ("POST", "/api/v1/sessions"), ("GET", "/disclosure"), ("GET", "/gifts"),
        ("GET", "/public/v1/balance"), ("GET", "/public/v1/balance.csv"), ("GET", "/public/v1/gifts/{receipt}"),
    }
)  # fmt: skip
"""What answers without a log-in, by method and address; the folders of static files beside it are mounts."""

_cookie = APIKeyCookie(name=SESSION_COOKIE, auto_error=False, description="A person's session, begun by a log-in.")
_bearer = HTTPBearer(auto_error=False, description="A machine's API key.")

SessionToken = Annotated[str | None, Depends(_cookie)]


def _current_actor(
    request: Request,
    database: OpenDatabase,
    clock: Now,
    token: SessionToken,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Actor:
    actor = None
    # Where a key is sent, only the key counts: `refuse_cross_site` lets such requests pass.
    if "authorization" in request.headers:
        actor = machine_of(database, bearer.credentials, now=clock.now()) if bearer is not None else None
    else:
        actor = person_or_nobody(request, database, clock, token)
    if actor is None:
        raise NotLoggedInError()
    request.app.state.people.renew(database)
    return actor


CurrentActor = Annotated[Actor, Depends(_current_actor)]


async def _work(session: Writer, actor: CurrentActor, clock: Now) -> Work:
    return Work(session, actor, clock)


Write = Annotated[Work, Depends(_work, scope="function")]
"""For a route that writes: its transaction, committed before the answer is sent, with who acts and the clock."""


def person_or_nobody(request: Request, database: Database, clock: Clock, token: str | None) -> Actor | None:
    """Who looks at a page that is for everybody: the head of the page shows them their own pages."""
    settings = request.app.state.settings
    if not token:
        return None
    return person_of(
        database,
        token,
        life=session_life(settings),
        demo_accounts=settings.demo,
        second_factor_roles=settings.second_factor_at,
        now=clock.now(),
    )


class Need:
    """What a route needs: a right, or only somebody who is logged in."""

    def __init__(self, right: Right | None) -> None:
        self.right = right

    async def __call__(self, request: Request, actor: CurrentActor) -> None:
        """Refuse whoever lacks it; pages find the actor in the request's state."""
        request.state.actor = actor
        if self.right is None or actor.may(self.right):
            return
        if actor.must_change_password:
            message = "Please set a password of your own first."
            raise ForbiddenError.of(message, code="password_change_needed")
        if actor.must_set_second_factor:
            message = "Please set up a second factor first."
            raise ForbiddenError.of(message, code="second_factor_needed")
        raise ForbiddenError.of("This needs the right {right}.", code="right_missing", right=self.right.value)


def needs(right: Right) -> Any:
    """For `dependencies=[...]` of a route: only who has this right may call it."""
    return Depends(Need(right))


LOGGED_IN: Any = Depends(Need(None))
"""For `dependencies=[...]` of a route: everybody who is logged in may call it, for it concerns only themselves."""


def _needs_of(dependant: Dependant) -> Iterable[Need]:
    for part in dependant.dependencies:
        if isinstance(part.call, Need):
            yield part.call


def right_of(route: Any) -> Right | None:
    """The right that a route needs, None for any log-in; raises `LookupError` where it declares nothing."""
    declared = [need.right for need in _needs_of(route.dependant)]
    if len(declared) != 1:
        raise LookupError(f"{route.path} declares {len(declared)} needs")
    return declared[0]


_PUBLIC_THINGS = [
    (method, re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)))) for method, path in PUBLIC if "{" in path
]


def _is_public(method: str, path: str) -> bool:
    return (method, path) in PUBLIC or any(
        method == one and pattern.fullmatch(path) is not None for one, pattern in _PUBLIC_THINGS
    )


async def deny_by_default(request: Request) -> None:
    """Refuse every route that has not said who may call it."""
    if _is_public(request.method, request.url.path):
        return
    try:
        right_of(request.scope["route"])
    except LookupError as error:
        raise ForbiddenError.of("Nobody has been given a right to this address.", code="no_right_declared") from error


_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def refuse_cross_site(request: Request) -> None:
    """Refuse writes that a browser sends for another site's page (CSRF).

    Browsers say where a request comes from, and no page can change that: in Sec-Fetch-Site, or on plain HTTP in
    Origin. Programs that say neither carry no cookies of somebody else; an Authorization header cannot be sent across
    sites without our consent, which we never give. The session cookie is SameSite=Lax besides.
    """
    if request.method in _SAFE_METHODS or "authorization" in request.headers:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        is_own = site in ("same-origin", "none")
    else:
        is_own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_own:
        raise ForbiddenError.of("This was sent by a page of another site.", code="cross_site")
