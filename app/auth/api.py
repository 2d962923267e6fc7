"""The API of accounts and sessions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from app.auth import Write, accounts, second_factor, sessions
from app.auth.deps import LOGGED_IN, SESSION_COOKIE, CurrentActor, SessionToken, needs
from app.auth.models import Account, LoginSession
from app.auth.passwords import Passwords
from app.auth.places import Places
from app.auth.rules import SessionLife
from app.auth.schemas import (
    AccountChange,
    AccountView,
    ActorView,
    Credentials,
    Login,
    NewAccount,
    NewPasswordView,
    PasswordChange,
    SessionView,
)
from app.auth.tokens import digest_of
from app.core.actor import Actor, ActorKind
from app.core.errors import ForbiddenError
from app.core.http.answers import Rendered
from app.core.http.deps import Now, OpenDatabase, Reader, Writer
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.core.rights import Right, Role
from app.core.work import Work

router = APIRouter(tags=["accounts"])


async def _passwords(request: Request) -> Passwords:
    passwords: Passwords = request.app.state.passwords
    return passwords


HashedPasswords = Annotated[Passwords, Depends(_passwords)]


def address_of(request: Request) -> str:
    """The address that a request comes from; behind a proxy that is trusted, the one that the proxy names."""
    return request.client.host if request.client is not None else ""


async def _person(actor: CurrentActor) -> Actor:
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError.of("Only a person with an account has this.", code="person_needed")
    return actor


Person = Annotated[Actor, Depends(_person)]


def begin_session(
    request: Request,
    database: OpenDatabase,
    passwords: Passwords,
    clock: Now,
    answer: Response,
    *,
    login: str,
    password: str,
) -> sessions.Begun:
    """Log a person in and put the session's cookie into the answer; see `sessions.log_in` for the refusals."""
    settings = request.app.state.settings
    life = sessions.session_life(settings)
    begun = sessions.log_in(
        database,
        passwords,
        login=login,
        password=password,
        address=address_of(request),
        life=life,
        demo_accounts=settings.demo,
        clock=clock,
    )
    give_session_cookie(request, answer, begun.token, life)
    return begun


def complete_session(request: Request, database: OpenDatabase, clock: Now, *, token: str, code: str) -> None:
    """Let a session that waits for the code of a second factor begin; see `sessions.give_code` for the refusals."""
    settings = request.app.state.settings
    sessions.give_code(
        database,
        token,
        code,
        address=address_of(request),
        life=sessions.session_life(settings),
        demo_accounts=settings.demo,
        clock=clock,
    )


def give_session_cookie(request: Request, answer: Response, token: str, life: SessionLife) -> None:
    """Put the cookie of a session that has begun into the answer."""
    answer.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(life.longest.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    answer.headers["Cache-Control"] = "no-store"


@router.post(
    "/sessions", status_code=status.HTTP_204_NO_CONTENT, summary="Log in", responses=problem_answers(401, 403, 429)
)
def log_in(
    credentials: Credentials,
    request: Request,
    answer: Response,
    database: OpenDatabase,
    passwords: HashedPasswords,
    clock: Now,
) -> None:
    """Begins a session: its cookie comes with the answer. For people; machines send their API key instead.

    An account with a second factor sends the code of this moment too (401 `code_needed` without).
    """
    login, password = credentials.login, credentials.password
    begun = begin_session(request, database, passwords, clock, answer, login=login, password=password)
    if begun.code_asked:
        complete_session(request, database, clock, token=begun.token, code=credentials.code)


@router.get("/sessions", summary="List one's own sessions", responses=problem_answers(), dependencies=[LOGGED_IN])
def list_sessions(
    request: Request, session: Reader, cursor: PageCursor, actor: Person, clock: Now
) -> Rendered[Page[SessionView]]:
    """Where one is logged in."""
    life = sessions.session_life(request.app.state.settings)
    return show_page(
        session, sessions.select_sessions(actor.name, life, clock.now()), LoginSession.id, cursor, SessionView
    )


@router.get("/sessions/current", summary="Who am I?", responses=problem_answers(), dependencies=[LOGGED_IN])
def show_current(actor: CurrentActor) -> Rendered[ActorView]:
    """Name, role, rights and how far they reach, for people and machines."""
    return Rendered(ActorView.of(actor))


@router.delete(
    "/sessions/current",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Log out",
    responses=problem_answers(),
    dependencies=[LOGGED_IN],
)
def log_out(answer: Response, session: Writer, actor: Person, token: SessionToken, clock: Now) -> None:
    """Ends this session."""
    sessions.log_out(Work(session, actor, clock), token or "")
    answer.delete_cookie(SESSION_COOKIE)


@router.delete(
    "/sessions/{session_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="End one of one's own sessions",
    responses=problem_answers(404),
    dependencies=[LOGGED_IN],
)
def end_session(session_id: Identifier, session: Writer, actor: Person, clock: Now) -> None:
    """Logs out another browser."""
    sessions.end_own_session(Work(session, actor, clock), session_id)


@router.post(
    "/own-password",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Change one's own password",
    responses=problem_answers(409),
    dependencies=[LOGGED_IN],
)
def change_password(
    change: PasswordChange,
    database: OpenDatabase,
    passwords: HashedPasswords,
    actor: Person,
    token: SessionToken,
    clock: Now,
    once: Once,
) -> Response:
    """All other sessions of the account end."""

    def replace() -> Rendered[None]:
        accounts.change_own_password(
            database,
            passwords,
            actor.name,
            current=change.current_password,
            new=change.new_password,
            keep_token_digest=digest_of(token or ""),
            clock=clock,
        )
        return Rendered.of_bytes(None, status.HTTP_204_NO_CONTENT, {})

    return once.apart(database, actor, clock, replace, secret=True)


@router.get("/accounts", summary="List accounts", responses=problem_answers(), dependencies=[needs(Right.ACCOUNT_READ)])
def list_accounts(
    session: Reader, cursor: PageCursor, role: Role | None = None, active: bool | None = None
) -> Rendered[Page[AccountView]]:
    """People who may log in, and who could once."""
    return show_page(session, accounts.select_accounts(role=role, active=active), Account.id, cursor, AccountView)


@router.post(
    "/accounts",
    status_code=status.HTTP_201_CREATED,
    summary="Enter an account",
    responses=problem_answers(409),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def create_account(
    new: NewAccount, work: Write, passwords: HashedPasswords, places: Places, once: Once
) -> Rendered[NewPasswordView]:
    """Answers with a first password, shown this once, which must be replaced at the first log-in."""

    def create() -> Rendered[NewPasswordView]:
        password = accounts.initial_password()
        password_hash = passwords.hash(password)
        account = accounts.create_account(work, new, directory=places, password_hash=password_hash)
        return Rendered(NewPasswordView(account=AccountView.of(account), password=password))

    return once(work, create, secret=True)


@router.get(
    "/accounts/{login}",
    summary="Show an account",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_READ)],
)
def show_account(login: Login, session: Reader, known: IfNoneMatch) -> Rendered[AccountView]:
    """One account."""
    return known.answer(accounts.account_by_login(session, login), AccountView.of)


@router.patch(
    "/accounts/{login}",
    summary="Change or deactivate an account",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def change_account(
    login: Login, change: AccountChange, work: Write, places: Places, if_match: IfMatch
) -> Rendered[AccountView]:
    """Only the fields named are changed; whoever is deactivated is logged out at once."""
    return tagged(accounts.change_account(work, login, change, if_match, directory=places), AccountView.of)


@router.post(
    "/accounts/{login}/reset-password",
    summary="Give an account a new password",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def reset_password(
    login: Login, work: Write, passwords: HashedPasswords, if_match: OptionalIfMatch, once: Once
) -> Rendered[NewPasswordView]:
    """As for a new account; ends its sessions and its lock-out."""

    def reset() -> Rendered[NewPasswordView]:
        password = accounts.initial_password()
        account = accounts.reset_password(work, login, password_hash=passwords.hash(password), if_match=if_match)
        return Rendered(NewPasswordView(account=AccountView.of(account), password=password))

    return once(work, reset, secret=True)


@router.post(
    "/accounts/{login}/unlock",
    summary="End an account's lock-out",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def unlock(login: Login, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[AccountView]:
    """After too many wrong passwords, it may try again at once."""
    return once(work, lambda: tagged(accounts.unlock(work, login, if_match), AccountView.of))


@router.post(
    "/accounts/{login}/remove-second-factor",
    summary="Remove an account's second factor",
    responses=problem_answers(404),
    dependencies=[needs(Right.ACCOUNT_MANAGE)],
)
def remove_second_factor(login: Login, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[AccountView]:
    """For who has lost the telephone: the password alone is enough again; all its sessions end."""
    return once(work, lambda: tagged(second_factor.remove(work, login, if_match), AccountView.of))
