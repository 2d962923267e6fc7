"""Log-in and log-out: server-side sessions, whose token is only in the browser."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from app.auth import second_factor, throttle
from app.auth.errors import (
    CodeNeededError,
    NoAccountError,
    NotLoggedInError,
    WrongCodeError,
    WrongCredentialsError,
)
from app.auth.models import Account, LoginSession
from app.auth.passwords import Passwords
from app.auth.rules import SessionLife
from app.auth.schemas import LOGIN_PATTERN
from app.auth.tokens import digest_of, new_token
from app.core.actor import Actor, ActorKind, acting_as
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, NotFoundError, missing
from app.core.rights import ALL_RIGHTS, Role
from app.core.settings import Settings
from app.core.trail import record
from app.core.work import Work

LOG_IN = "log-in"
"""Who acts in the records of attempts: not the person named, who may know nothing of it."""


CODE_MINUTES = 10
"""So long after the password a code may come."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A session's token; nobody acts by it while the code of a second factor is asked for."""

    token: str
    code_asked: bool


def session_life(settings: Settings) -> SessionLife:
    """How long sessions last in this installation."""
    return SessionLife(
        idle=timedelta(minutes=settings.session_idle_minutes), longest=timedelta(hours=settings.session_hours)
    )


def log_in(
    database: Database,
    passwords: Passwords,
    *,
    login: str,
    password: str,
    address: str,
    life: SessionLife,
    demo_accounts: bool,
    clock: Clock,
) -> Begun:
    """Begin a session, which waits for `give_code` where the account has a second factor.

    Raises `WrongCredentialsError` for an unknown, deactivated or (outside the demo) demo account as for a wrong
    password, all after the same work; `TooManyAttemptsError`; `BusyError`.
    """
    login, now = login.strip().lower(), clock.now()
    with database.write() as session:
        was_last = throttle.take_attempt(session, login=login, address=address, now=now)
    with database.read() as session:
        account = _may_log_in(session, login, demo_accounts=demo_accounts)
        kept = account.password_hash if account is not None else None
    is_right, renewed = passwords.check(password, kept)
    begun = Begun(new_token(), code_asked=False)
    with database.write() as session:
        account = _lock_for_log_in(session, login, demo_accounts=demo_accounts)
        # The password may have been changed, or the account deactivated, while the hash was computed.
        is_right = is_right and account is not None and account.password_hash == kept
        if account is not None and is_right:
            account.password_hash = renewed or account.password_hash
            begun = Begun(begun.token, code_asked=account.second_factor)
            if begun.code_asked:
                _begin_waiting(session, account, begun.token, address, now)
            else:
                throttle.give_back_attempt(session, login=login, address=address, now=now)
                _begin(session, account, begun.token, address, life, now)
        elif account is not None:
            action = "LOGIN_LOCKED" if was_last else "LOGIN_FAILED"
            _record(session, LOG_IN, action, login, now)
    if not is_right:
        raise WrongCredentialsError()
    return begun


def give_code(
    database: Database, token: str, code: str, *, address: str, life: SessionLife, demo_accounts: bool, clock: Clock
) -> None:
    """Let the session that waits for a code begin.

    Raises `NotLoggedInError` where no session waits under this token, `CodeNeededError` without a code,
    `WrongCodeError`, `TooManyAttemptsError`: wrong codes count as wrong passwords do.
    """
    now = clock.now()
    waiting = select(LoginSession).where(
        LoginSession.token_digest == digest_of(token), LoginSession.code_asked, LoginSession.ends_at > now
    )
    with database.read() as session:
        found = session.scalars(waiting).one_or_none()
        login = found.account.login if found is not None else ""
    if not login:
        raise NotLoggedInError()
    if not code.strip():
        raise CodeNeededError()
    with database.write() as session:
        was_last = throttle.take_attempt(session, login=login, address=address, now=now)
    with database.write() as session:
        account = _lock_for_log_in(session, login, demo_accounts=demo_accounts)
        found = session.scalars(waiting.execution_options(populate_existing=True)).one_or_none()
        is_right = account is not None and found is not None and second_factor.take_code(session, account, code, now)
        if account is not None and found is not None and is_right:
            throttle.give_back_attempt(session, login=login, address=address, now=now)
            found.code_asked, found.last_used_at, found.ends_at = False, now, now + life.longest
            _record(session, login, "LOGGED_IN", login, now, {"second_factor": "TOTP"})
        else:
            _record(session, LOG_IN, "LOGIN_LOCKED" if was_last else "CODE_WRONG", login, now)
    if not is_right:
        raise WrongCodeError()


def log_in_proven(
    database: Database,
    *,
    login: str,
    proof: Mapping[str, str],
    address: str,
    life: SessionLife,
    demo_accounts: bool,
    clock: Clock,
) -> str:
    """Begin a session for somebody whom another service has proven to be the owner of this login; returns its token.

    `proof` says who vouched, for the record. Raises `NoAccountError` where there is no such account, or it may not
    log in.
    """
    token = new_token()
    with database.write() as session:
        account = _lock_for_log_in(session, login, demo_accounts=demo_accounts)
        if account is None:
            raise NoAccountError.of("“{login}” has no account here.", login=login[:100])
        _begin(session, account, token, address, life, clock.now(), proof)
    return token


def _may_log_in(session: Session, login: str, *, demo_accounts: bool) -> Account | None:
    if not re.fullmatch(LOGIN_PATTERN, login):
        return None
    return session.scalars(_select_for_log_in(login, demo_accounts=demo_accounts)).one_or_none()


def _lock_for_log_in(session: Session, login: str, *, demo_accounts: bool) -> Account | None:
    if not re.fullmatch(LOGIN_PATTERN, login):
        return None
    query = _select_for_log_in(login, demo_accounts=demo_accounts).with_for_update(of=Account)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _select_for_log_in(login: str, *, demo_accounts: bool) -> Select[Account]:
    query = select(Account).where(Account.login == login, Account.active)
    return query if demo_accounts else query.where(~Account.demo)


def _begin(
    session: Session,
    account: Account,
    token: str,
    address: str,
    life: SessionLife,
    now: datetime,
    proof: Mapping[str, str] | None = None,
) -> None:
    _add_session(session, account, token, address, now, ends_at=now + life.longest)
    _record(session, account.login, "LOGGED_IN", account.login, now, proof)


def _begin_waiting(session: Session, account: Account, token: str, address: str, now: datetime) -> None:
    ends_at = now + timedelta(minutes=CODE_MINUTES)
    _add_session(session, account, token, address, now, ends_at=ends_at, code_asked=True)
    _record(session, LOG_IN, "CODE_ASKED", account.login, now)


def _add_session(
    session: Session,
    account: Account,
    token: str,
    address: str,
    now: datetime,
    *,
    ends_at: datetime,
    code_asked: bool = False,
) -> None:
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id, LoginSession.ends_at <= now))
    session.add(
        LoginSession(
            token_digest=digest_of(token),
            account_id=account.id,
            address=address[:64],
            code_asked=code_asked,
            began_at=now,
            last_used_at=now,
            ends_at=ends_at,
        )
    )


def _record(
    session: Session, actor: str, action: str, login: str, now: datetime, after: Mapping[str, str] | None = None
) -> None:
    record(session, at=now, actor=actor, action=action, subject_kind="account", subject_key=login, after=after)


def person_of(
    database: Database,
    token: str,
    *,
    life: SessionLife,
    demo_accounts: bool,
    second_factor_roles: Collection[Role],
    now: datetime,
) -> Actor | None:
    """The person whose session this is; None where it has ended, waits for a code, or the account may not log in.

    People of the roles given have no rights until their account has a second factor.
    """
    query = (
        select(LoginSession)
        .join(LoginSession.account)
        .where(LoginSession.token_digest == digest_of(token), ~LoginSession.code_asked, Account.active)
    )
    if not demo_accounts:
        query = query.where(~Account.demo)
    with database.read() as session:
        found = session.scalars(query).one_or_none()
        if found is None or life.is_over(last_used_at=found.last_used_at, ends_at=found.ends_at, now=now):
            return None
        session_id, last_used_at, actor = found.id, found.last_used_at, _person(found.account, second_factor_roles)
    if life.is_due_for_note(last_used_at=last_used_at, now=now):
        _note_use(database, session_id, now)
    return actor


def _person(account: Account, second_factor_roles: Collection[Role]) -> Actor:
    must_set_factor = account.role in second_factor_roles and not account.second_factor and not account.demo
    return acting_as(
        account.role,
        name=account.login,
        title=account.name,
        kind=ActorKind.PERSON,
        places=frozenset(row.place for row in account.places),
        rights=frozenset() if account.must_change_password or must_set_factor else ALL_RIGHTS,
        must_change_password=account.must_change_password,
        must_set_second_factor=must_set_factor,
    )


def _note_use(database: Database, session_id: int, now: datetime) -> None:
    try:
        with database.write() as session:
            session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_used_at=now))
    except BusyError:
        pass  # the next request notes it: nobody should wait, let alone be refused, for the sake of a note


def select_sessions(login: str, life: SessionLife, now: datetime) -> Select[LoginSession]:
    """The sessions of an account that have not ended."""
    return (
        select(LoginSession)
        .join(LoginSession.account)
        .where(
            Account.login == login,
            ~LoginSession.code_asked,
            LoginSession.ends_at > now,
            LoginSession.last_used_at > now - life.idle,
        )
    )


def log_out(work: Work, token: str) -> None:
    """End the session of this token, if there is one."""
    found = work.session.scalars(
        select(LoginSession).where(LoginSession.token_digest == digest_of(token))
    ).one_or_none()
    if found is not None:
        _end(work, found)


def end_own_session(work: Work, session_id: int) -> None:
    """End one of one's own sessions; raises `NotFoundError`, for those of others too."""
    query = select(LoginSession).join(LoginSession.account)
    found = work.session.scalars(
        query.where(LoginSession.id == session_id, Account.login == work.actor.name)
    ).one_or_none()
    if found is None:
        raise NotFoundError(missing("session", session_id))
    _end(work, found)


def _end(work: Work, found: LoginSession) -> None:
    work.session.delete(found)
    _record(work.session, work.actor.name, "LOGGED_OUT", found.account.login, work.now)
