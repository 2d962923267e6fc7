"""One's own account: what one may do, a new password, a second factor."""

from collections.abc import Sequence
from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from app.auth import LOGGED_IN, second_factor
from app.auth.accounts import account_by_login, change_own_password
from app.auth.api import HashedPasswords, Person
from app.auth.deps import SessionToken
from app.auth.rules import PASSWORD_LENGTH_MIN
from app.auth.tokens import digest_of
from app.core.database import Database
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.http.deps import Now, OpenDatabase
from app.core.work import Work
from app.web.accounts.kept_forms import HOME
from app.web.accounts.login import FormText, see_other
from app.web.kit.rendering import PageLanguage, inline_svg, render

router = APIRouter(include_in_schema=False)

ACCOUNT = "/account"
CODE_MODULE_PIXELS = 4

CodeText = Annotated[str, Form(max_length=20)]


@router.get(ACCOUNT, dependencies=[LOGGED_IN])
def show_account(request: Request, database: OpenDatabase, actor: Person, language: PageLanguage) -> HTMLResponse:
    """Who I am here, what I may do, a new password, a second factor."""
    return _account(request, database, actor, language)


def _account(
    request: Request,
    database: Database,
    actor: Person,
    language: str,
    *,
    faults: Sequence[Fault] = (),
    code_faults: Sequence[Fault] = (),
    changed: str = "",
) -> HTMLResponse:
    with database.read() as session:
        account = account_by_login(session, actor.name)
        begun, has_factor = second_factor.begun(session, account), account.second_factor
    answer = render(
        request,
        "accounts/account.html",
        language,
        status=422 if faults or code_faults else 200,
        account=actor,
        faults=faults,
        code_faults=code_faults,
        changed=changed,
        places=sorted(actor.facilities or actor.warehouses or ()),
        length_min=PASSWORD_LENGTH_MIN,
        has_factor=has_factor,
        begun=begun,
        code=_picture(begun.address) if begun is not None else "",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _picture(address: str) -> str:
    """The set-up as a QR code; drawn here, so that the secret goes to nobody else."""
    code = segno.make_qr(address, error="m")
    return inline_svg(code.svg_inline(scale=CODE_MODULE_PIXELS, title=second_factor.ISSUER, light="#fff"))


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
        return _account(request, database, actor, language, faults=[differs])
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
        return _account(request, database, actor, language, faults=refusal.faults)
    if actor.must_change_password:
        return see_other(HOME)
    return _account(request, database, actor, language, changed="password")


@router.post("/account/second-factor", dependencies=[LOGGED_IN])
def begin_second_factor(database: OpenDatabase, actor: Person, clock: Now) -> Response:
    """A secret to be shown to a telephone; what was begun before and not confirmed does not count any more."""
    with database.write() as session:
        second_factor.begin(Work(session, actor, clock))
    return see_other(f"{ACCOUNT}#second-factor")


@router.post("/account/second-factor/confirm", dependencies=[LOGGED_IN])
def confirm_second_factor(
    request: Request,
    database: OpenDatabase,
    actor: Person,
    token: SessionToken,
    clock: Now,
    language: PageLanguage,
    code: CodeText = "",
) -> Response:
    """The account again: the second factor counts from now on, or the code was wrong."""
    try:
        with database.write() as session:
            work = Work(session, actor, clock)
            second_factor.confirm(work, code, keep_token_digest=digest_of(token or ""))
    except (InvalidInputError, ConflictError) as refusal:
        return _account(request, database, actor, language, code_faults=refusal.faults)
    if actor.must_set_second_factor:
        return see_other(HOME)
    return _account(request, database, actor, language, changed="second factor")


@router.post("/account/second-factor/remove", dependencies=[LOGGED_IN])
def remove_second_factor(
    request: Request, database: OpenDatabase, actor: Person, clock: Now, language: PageLanguage, code: CodeText = ""
) -> Response:
    """The account again, without a second factor, or the code was wrong."""
    try:
        with database.write() as session:
            second_factor.remove_own(Work(session, actor, clock), code)
    except InvalidInputError as refusal:
        return _account(request, database, actor, language, code_faults=refusal.faults)
    return _account(request, database, actor, language, changed="no second factor")
