"""Accounts: made, changed, deactivated and given new passwords by an administrator; passwords changed by people."""

import secrets
from collections.abc import Sequence

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from app.auth import throttle
from app.auth.models import Account, AccountPlace, LoginSession
from app.auth.passwords import Passwords
from app.auth.places import PlaceDirectory, place_faults
from app.auth.rules import password_faults, place_rule_faults
from app.auth.schemas import AccountChange, AccountView, NewAccount
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, InvalidInputError
from app.core.records import add_row, lock_one_row, one_row, taken
from app.core.rights import Role
from app.core.trail import record
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work


def account_by_login(session: Session, login: str) -> Account:
    """The account; raises `NotFoundError`."""
    return one_row(session, select(Account).where(Account.login == login), "account", login)


def lock_account(session: Session, login: str) -> Account:
    """As `account_by_login`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_one_row(session, Account, select(Account).where(Account.login == login), "account", login)


def select_accounts(*, role: Role | None = None, active: bool | None = None) -> Select[Account]:
    """The accounts that all the filters given let pass."""
    query = select(Account)
    if role is not None:
        query = query.where(Account.role == role)
    if active is not None:
        query = query.where(Account.active == active)
    return query


def is_first_account(session: Session) -> bool:
    """Is there no account yet?"""
    return not session.scalar(select(func.count()).select_from(Account))


def create_account(
    work: Work,
    new: NewAccount,
    *,
    directory: PlaceDirectory,
    password_hash: str,
    must_change_password: bool = True,
    demo: bool = False,
) -> Account:
    """Enter an account; all faults at once, `ConflictError` when its login is taken."""
    known = directory(work.session, new.places)
    faults = place_rule_faults(new.role, new.places) + place_faults(known, new.role, new.places)
    InvalidInputError.raise_if(faults)
    account = Account(
        login=new.login,
        name=new.name,
        role=new.role,
        password_hash=password_hash,
        second_factor=False,
        active=True,
        demo=demo,
        must_change_password=must_change_password,
        created_at=work.now,
        created_by=work.actor.name,
        places=_places(new.places),
    )
    add_row(work.session, account, taken("account", new.login, where="login"))
    work.record("ACCOUNT_CREATED", "account", new.login, after=AccountView.snapshot(account))
    return account


def _places(codes: Sequence[str]) -> list[AccountPlace]:
    return [AccountPlace(place=code) for code in sorted(codes)]


def change_account(
    work: Work,
    login: str,
    change: AccountChange,
    if_match: Precondition = ANY_VERSION,
    *,
    directory: PlaceDirectory,
) -> Account:
    """Change the fields named; whoever is deactivated is logged out at once.

    All faults at once. Raises `ConflictError` when nobody would be left to manage accounts.
    """
    # Administrators' rows are locked first and in order: two who deactivate each other must queue here.
    administrators = _locked_administrators(work.session)
    account = if_match.check(lock_account(work.session, login))
    before, values = AccountView.snapshot(account), change.given()
    role: Role = values.get("role", account.role)
    places: list[str] = values.get("places", before["places"])
    known = directory(work.session, places)
    faults = place_rule_faults(role, places) + place_faults(known, role, places)
    InvalidInputError.raise_if(faults)
    stays = role is Role.ADMINISTRATOR and values.get("active", account.active)
    if [one.id for one in administrators] == [account.id] and not stays:
        message = "“{login}” is the last administrator: nobody could manage accounts any more."
        raise ConflictError.of(message, code="last_administrator", login=login)
    if sorted(values.pop("places", places)) != sorted(before["places"]):
        account.touch()
        account.places.clear()
        work.session.flush()  # the old rows must be gone before rows of the same key come
        account.places.extend(_places(places))
    for name, value in values.items():
        setattr(account, name, value)
    if not account.active:
        end_sessions(work.session, account)
    work.record_change("ACCOUNT_CHANGED", "account", login, before=before, after=AccountView.snapshot(account))
    return account


def _locked_administrators(session: Session) -> list[Account]:
    query = select_accounts(role=Role.ADMINISTRATOR, active=True).order_by(Account.id).with_for_update(of=Account)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def end_sessions(session: Session, account: Account, *, except_token_digest: str = "") -> None:
    """Log the account out everywhere, or everywhere else."""
    session.execute(
        delete(LoginSession).where(
            LoginSession.account_id == account.id, LoginSession.token_digest != except_token_digest
        )
    )


def initial_password() -> str:
    """A password to be handed over and replaced at the first log-in: 20 letters and digits that are not mistaken."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def reset_password(work: Work, login: str, if_match: Precondition = ANY_VERSION, *, password_hash: str) -> Account:
    """Give an account a password that its owner must replace; logs it out everywhere and ends a lock-out."""
    account = if_match.check(lock_account(work.session, login))
    account.password_hash, account.must_change_password = password_hash, True
    end_sessions(work.session, account)
    throttle.forgive(work.session, login)
    _record(work, account, "PASSWORD_RESET")
    return account


def unlock(work: Work, login: str, if_match: Precondition = ANY_VERSION) -> Account:
    """Let an account that was locked out after wrong passwords try again at once."""
    account = if_match.check(lock_account(work.session, login))
    throttle.forgive(work.session, login)
    _record(work, account, "ACCOUNT_UNLOCKED")
    return account


def change_own_password(
    database: Database,
    passwords: Passwords,
    login: str,
    *,
    current: str,
    new: str,
    keep_token_digest: str,
    clock: Clock,
) -> None:
    """Replace one's own password; all other sessions of the account end. All faults at once."""
    with database.read() as session:
        kept = account_by_login(session, login).password_hash
    faults = password_faults(new, login, where="new_password")
    is_right, _ = passwords.check(current, kept)
    if not is_right:
        faults += InvalidInputError.of(
            "This is not your present password.", code="wrong_password", where="current_password"
        ).faults
    elif new == current:
        faults += InvalidInputError.of("This is the same password.", code="same_password", where="new_password").faults
    InvalidInputError.raise_if(faults)
    renewed = passwords.hash(new)
    with database.write() as session:
        account = lock_account(session, login)
        if account.password_hash != kept:
            raise ConflictError.of("The password was changed meanwhile.", code="password_changed")
        account.password_hash, account.must_change_password = renewed, False
        end_sessions(session, account, except_token_digest=keep_token_digest)
        record(
            session, at=clock.now(), actor=login, action="PASSWORD_CHANGED", subject_kind="account", subject_key=login
        )


def _record(work: Work, account: Account, action: str) -> None:
    work.record(action, "account", account.login)
