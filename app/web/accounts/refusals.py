"""What pages answer to a refusal: the log-in, or a page that says in the person's language what is the matter.

Programs get the same refusals as problem details (RFC 9457): everything below `API_PATHS` is theirs.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.auth.deps import SESSION_COOKIE, person_or_nobody
from app.auth.errors import NotLoggedInError
from app.core.database import Database
from app.core.errors import Fault, ForbiddenError, InvalidInputError, NotFoundError, ServiceError
from app.core.http.problem_details import problem_answer, shape_fault
from app.core.i18n import choose_language
from app.web.accounts.kept_forms import HOME, keep_form
from app.web.accounts.login import login_form, see_other
from app.web.kit.navigation import start_page
from app.web.kit.rendering import page_language, remember_language, render

API_PATHS = ("/api/", "/fhir/", "/public/v1/", "/healthz", "/readyz")


def install_page_answers(app: FastAPI) -> None:
    """Answer refusals of pages with pages; everything else is answered as it was before."""
    problem_of_http = cast(Callable[[Request, Exception], Response], app.exception_handlers[HTTPException])

    def tell_unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code != 404 or not _is_page(request):
            return problem_of_http(request, error)
        return _missing_page(request, ())

    app.add_exception_handler(RequestValidationError, _tell_misshapen)
    app.add_exception_handler(HTTPException, tell_unknown)
    app.add_exception_handler(ServiceError, _tell_refused)
    app.add_exception_handler(NotLoggedInError, _lead_to_login)
    app.add_exception_handler(NotFoundError, _tell_missing)
    app.add_exception_handler(ForbiddenError, _tell_forbidden)


def _is_page(request: Request) -> bool:
    return not request.url.path.startswith(API_PATHS)


def _as_problem(request: Request, error: ServiceError) -> Response:
    default: str = request.app.state.settings.default_language
    return problem_answer(error, choose_language(request.headers.get("accept-language"), default))


async def _lead_to_login(request: Request, error: Exception) -> Response:
    """The log-in, and from there back to the page; a form that was sent is kept through it."""
    assert isinstance(error, NotLoggedInError)
    if not _is_page(request):
        return _as_problem(request, error)
    kept = await keep_form(request)
    if kept is not None:
        database: Database = request.app.state.database
        language = page_language(request)
        return await run_in_threadpool(login_form, request, database, language, wanted=HOME, kept=kept)
    wanted = HOME if request.method != "GET" else request.url.path
    if request.method == "GET" and request.url.query:
        wanted += f"?{request.url.query}"
    answer = see_other("/login" if wanted == HOME else f"/login?next={quote(wanted, safe='')}")
    remember_language(request, answer)
    return answer


def _tell_forbidden(request: Request, error: Exception) -> Response:
    assert isinstance(error, ForbiddenError)
    if not _is_page(request):
        return _as_problem(request, error)
    actor = getattr(request.state, "actor", None)
    is_start = request.method == "GET" and request.url.path == HOME
    if actor is not None and (actor.must_see_to_account or is_start):
        return see_other(start_page(actor))
    return render(request, "kit/forbidden.html", page_language(request), status=403, faults=error.faults)


def _tell_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    if not _is_page(request):
        return _as_problem(request, error)
    answer = render(request, "kit/refused.html", page_language(request), status=error.status, refusal=error)
    answer.headers.update(error.headers)
    return answer


def _tell_misshapen(request: Request, error: Exception) -> Response:
    """An address or form of a wrong shape, which only a mistyped address or a program sends."""
    assert isinstance(error, RequestValidationError)
    return _tell_refused(request, InvalidInputError(*map(shape_fault, error.errors())))


def _tell_missing(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotFoundError)
    if not _is_page(request):
        return _as_problem(request, error)
    return _missing_page(request, error.faults)


def _missing_page(request: Request, faults: Sequence[Fault]) -> Response:
    """Where no route has the address, nobody has asked yet who looks: the head must not offer the log-in again."""
    state = request.app.state
    if getattr(request.state, "actor", None) is None:
        with suppress(ServiceError):  # without a database the page says as much as it can
            token = request.cookies.get(SESSION_COOKIE)
            request.state.actor = person_or_nobody(request, state.database, state.clock, token)
    return render(request, "kit/missing.html", page_language(request), status=404, faults=faults)
