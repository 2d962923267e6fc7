"""Log-in and log-out pages, with the code of a second factor."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response, status
from fastapi.responses import HTMLResponse, RedirectResponse

from app.auth import LOGGED_IN, sessions
from app.auth.api import HashedPasswords, Person, begin_session, complete_session
from app.auth.demo import DEMO_PASSWORD, shown_accounts
from app.auth.deps import SESSION_COOKIE, SessionToken
from app.auth.errors import CodeNeededError, NotLoggedInError, TooManyAttemptsError, WrongCodeError
from app.auth.rules import PASSWORD_LENGTH_MAX
from app.core.errors import BusyError, ServiceError
from app.core.http.deps import Now, OpenDatabase, Writer
from app.core.work import Work
from app.web.accounts.kept_forms import HOME, KEPT_FORM_LENGTH_MAX, KeptForm, own_path, read_kept
from app.web.kit.rendering import PageLanguage, render

router = APIRouter(include_in_schema=False)

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
        begun = begin_session(request, database, passwords, clock, answer, login=login, password=password)
    except (NotLoggedInError, TooManyAttemptsError, BusyError) as refusal:
        return login_form(request, database, language, wanted=wanted, login=login, kept=kept, refusal=refusal)
    if begun.code_asked:
        asking = _code_form(request, language, wanted=wanted, kept=kept)
        asking.headers.raw.extend(pair for pair in answer.headers.raw if pair[0] == b"set-cookie")
        return asking
    return answer


def _code_form(
    request: Request, language: str, *, wanted: str, kept: KeptForm | None, refusal: ServiceError | None = None
) -> HTMLResponse:
    status_code = refusal.status if refusal is not None else 200
    values = {"wanted": own_path(wanted), "kept": kept, "refusal": refusal}
    answer = render(request, "accounts/login_code.html", language, status=status_code, **values)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.post("/login/code")
def give_code(
    request: Request,
    database: OpenDatabase,
    clock: Now,
    language: PageLanguage,
    token: SessionToken,
    code: Annotated[str, Form(max_length=20)] = "",
    wanted: Annotated[NextPath, Form(alias="next")] = HOME,
    kept_form: Annotated[str, Form(max_length=KEPT_FORM_LENGTH_MAX)] = "",
) -> Response:
    """After the password of an account with a second factor: the page asked for, or the reason why not."""
    kept = read_kept(kept_form)
    try:
        complete_session(request, database, clock, token=token or "", code=code)
    except (WrongCodeError, CodeNeededError, TooManyAttemptsError) as refusal:
        return _code_form(request, language, wanted=wanted, kept=kept, refusal=refusal)
    except NotLoggedInError as refusal:
        return login_form(request, database, language, wanted=wanted, kept=kept, refusal=refusal)
    if kept is not None:
        return render(request, "accounts/resume.html", language, kept=kept)
    return see_other(own_path(wanted))


@router.post("/logout", dependencies=[LOGGED_IN])
def log_out(session: Writer, actor: Person, token: SessionToken, clock: Now) -> RedirectResponse:
    """Ends the session."""
    sessions.log_out(Work(session, actor, clock), token or "")
    answer = see_other("/login")
    answer.delete_cookie(SESSION_COOKIE)
    return answer
