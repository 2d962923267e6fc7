"""Log-in and log-out pages, and one's own account."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from app.auth import LOGGED_IN, sessions
from app.auth.accounts import change_own_password
from app.auth.api import HashedPasswords, Person, begin_session
from app.auth.demo import DEMO_PASSWORD, shown_accounts
from app.auth.deps import SESSION_COOKIE, SessionToken
from app.auth.errors import NotLoggedInError, TooManyAttemptsError
from app.auth.rules import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from app.auth.tokens import digest_of
from app.core.errors import (
    BusyError,
    ConflictError,
    Fault,
    InvalidInputError,
    ServiceError,
)
from app.core.http.deps import Now, OpenDatabase, Writer
from app.core.work import Work
from app.web.accounts.kept_forms import HOME, KEPT_FORM_LENGTH_MAX, KeptForm, own_path, read_kept
from app.web.kit.rendering import PageLanguage, render

router = APIRouter(include_in_schema=False)

ACCOUNT = "/account"

FormText = Annotated[str, Form(max_length=PASSWORD_LENGTH_MAX)]
NextPath = Annotated[str, Form(max_length=1100)]


def see_other(address: str) -> RedirectResponse:
    """A redirect that a browser follows with GET."""
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def login_form(
    request: Request,
    database: OpenDatabase,
    language: str,
    *,
    wanted: str,
    login: str = "",
    kept: KeptForm | None = None,
    refusal: ServiceError | None = None,
) -> HTMLResponse:
    """The form, with the reason where a log-in was refused, and what other ways there are."""
    with database.read() as session:
        accounts = shown_accounts(session, request.app.state.settings)
        answer = render(
            request,
            "accounts/login.html",
            language,
            status=refusal.status if refusal is not None else 200,
            wanted=own_path(wanted),
            login=login,
            kept=kept,
            refusal=refusal,
            demo_accounts=accounts,
            demo_password=DEMO_PASSWORD if accounts else "",
            provider=request.app.state.oidc,
        )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers.update({k: v for k, v in refusal.headers.items() if k == "Retry-After"} if refusal else {})
    return answer


@router.get("/login")
def show_login(
    request: Request,
    database: OpenDatabase,
    language: PageLanguage,
    wanted: Annotated[str, Query(alias="next", max_length=1100)] = HOME,
) -> HTMLResponse:
    """The form; in the demo with a button for each of its accounts."""
    return login_form(request, database, language, wanted=wanted)


@router.post("/login")
def log_in(
    request: Request,
    database: OpenDatabase,
    passwords: HashedPasswords,
    clock: Now,
    language: PageLanguage,
    login: FormText = "",
    password: FormText = "",
    wanted: Annotated[NextPath, Form(alias="next")] = HOME,
    kept_form: Annotated[str, Form(max_length=KEPT_FORM_LENGTH_MAX)] = "",
) -> Response:
    """To the page that was asked for or the form that was sent before; the log-in again with the reason."""
    kept = read_kept(kept_form)
    answer: Response = see_other(own_path(wanted))
    if kept is not None:
        answer = render(request, "accounts/resume.html", language, kept=kept)
    try:
        begin_session(request, database, passwords, clock, answer, login=login, password=password)
    except (NotLoggedInError, TooManyAttemptsError, BusyError) as refusal:
        return login_form(request, database, language, wanted=wanted, login=login, kept=kept, refusal=refusal)
    return answer


@router.post("/logout", dependencies=[LOGGED_IN])
def log_out(session: Writer, actor: Person, token: SessionToken, clock: Now) -> RedirectResponse:
    """Ends the session."""
    sessions.log_out(Work(session, actor, clock), token or "")
    answer = see_other("/login")
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get(ACCOUNT, dependencies=[LOGGED_IN])
def show_account(request: Request, actor: Person, language: PageLanguage) -> HTMLResponse:
    """Who I am here, what I may do, and a new password."""
    return _account(request, actor, language)


def _account(
    request: Request, actor: Person, language: str, *, faults: Sequence[Fault] = (), changed: bool = False
) -> HTMLResponse:
    answer = render(
        request,
        "accounts/account.html",
        language,
        status=422 if faults else 200,
        account=actor,
        faults=faults,
        changed=changed,
        places=sorted(actor.facilities or actor.warehouses or ()),
        length_min=PASSWORD_LENGTH_MIN,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/account/password", dependencies=[LOGGED_IN])
def change_password(
    request: Request,
    database: OpenDatabase,
    passwords: HashedPasswords,
    actor: Person,
    token: SessionToken,
    clock: Now,
    language: PageLanguage,
    current_password: FormText = "",
    new_password: FormText = "",
    repeated_password: FormText = "",
) -> Response:
    """The account again: with a word that it is done, or with all that is wrong."""
    if new_password != repeated_password:
        differs = Fault("passwords_differ", "The two new passwords differ.", "repeated_password")
        return _account(request, actor, language, faults=[differs])
    try:
        change_own_password(
            database,
            passwords,
            actor.name,
            current=current_password,
            new=new_password,
            keep_token_digest=digest_of(token or ""),
            clock=clock,
        )
    except (InvalidInputError, ConflictError) as refusal:
        return _account(request, actor, language, faults=refusal.faults)
    if actor.must_change_password:
        return see_other(HOME)
    return _account(request, actor, language, changed=True)
