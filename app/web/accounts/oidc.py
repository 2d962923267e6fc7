"""Log-in by an OpenID Connect provider: the redirect to it, and the callback with its ID token."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Cookie, Query, Request, Response, status
from fastapi.responses import RedirectResponse

from app.auth import sessions
from app.auth.api import address_of, give_session_cookie
from app.auth.oidc import CALLBACK, Attempt, new_attempt
from app.core.errors import NotFoundError, ServiceError
from app.core.http.deps import Now, OpenDatabase
from app.web.accounts.kept_forms import HOME, own_path
from app.web.accounts.login import login_form
from app.web.kit.rendering import PageLanguage

if TYPE_CHECKING:
    from app.auth.oidc_provider import Provider

router = APIRouter(include_in_schema=False)

COOKIE, COOKIE_PATH, COOKIE_SECONDS = "tongchou_oidc", "/login/oidc", 600


def _provider(request: Request) -> "Provider":
    provider: Provider | None = request.app.state.oidc
    if provider is None:
        raise NotFoundError()
    return provider


@router.get("/login/oidc")
def begin(
    request: Request,
    database: OpenDatabase,
    clock: Now,
    language: PageLanguage,
    wanted: Annotated[str, Query(alias="next", max_length=1100)] = HOME,
) -> Response:
    """To the provider, with a cookie that only the answer to this attempt fits."""
    provider = _provider(request)
    attempt = new_attempt(own_path(wanted))
    try:
        address = provider.address_for(attempt, language=language, now=clock.now())
    except ServiceError as refusal:
        return login_form(request, database, language, wanted=wanted, refusal=refusal)
    answer = RedirectResponse(address, status.HTTP_303_SEE_OTHER, {"Cache-Control": "no-store"})
    answer.set_cookie(
        COOKIE,
        attempt.packed(),
        max_age=COOKIE_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.get(CALLBACK)
def come_back(
    request: Request,
    database: OpenDatabase,
    clock: Now,
    language: PageLanguage,
    cookie: Annotated[str | None, Cookie(alias=COOKIE)] = None,
) -> Response:
    """A session for the account that the provider vouches for, or the form with the reason why not."""
    provider, settings = _provider(request), request.app.state.settings
    wanted, answer = HOME, Response()
    try:
        attempt = Attempt.unpacked(cookie)
        wanted = own_path(attempt.wanted)
        login, subject = provider.login_of(attempt, dict(request.query_params), now=clock.now())
        life = sessions.session_life(settings)
        token = sessions.log_in_proven(
            database,
            login=login,
            proof={"issuer": settings.oidc_issuer, "subject": subject},
            address=address_of(request),
            life=life,
            demo_accounts=settings.demo,
            clock=clock,
        )
        answer = RedirectResponse(wanted, status.HTTP_303_SEE_OTHER)
        give_session_cookie(request, answer, token, life)
    except ServiceError as refusal:
        answer = login_form(request, database, language, wanted=wanted, refusal=refusal)
    answer.delete_cookie(COOKIE, path=COOKIE_PATH)
    return answer
