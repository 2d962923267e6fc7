"""Codes of six digits from a telephone beside the password (TOTP, RFC 6238): set up, asked for, removed."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from app.auth.accounts import end_sessions, lock_account
from app.auth.models import Account, SecondFactor
from app.core.errors import ConflictError, InvalidInputError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work

STEP_SECONDS = 30
ISSUER = "Tongchou 统筹"


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the telephone's app needs: the secret in base32, and the same as an address for a QR code."""

    secret: str
    address: str


def begin(work: Work) -> SetUp:
    """Keep a new secret for the one who acts; it counts once `confirm` has seen a code of it.

    Raises `ConflictError` where a second factor is in force.
    """
    account = lock_account(work.session, work.actor.name)
    _refuse_second(account)
    factor = work.session.get(SecondFactor, account.id) or SecondFactor(account_id=account.id)
    factor.secret, factor.last_step = pyotp.random_base32(), 0
    work.session.add(factor)
    work.record("SECOND_FACTOR_BEGUN", "account", account.login)
    return _set_up(account, factor)


def begun(session: Session, account: Account) -> SetUp | None:
    """What was begun and not confirmed yet."""
    factor = session.get(SecondFactor, account.id)
    return None if factor is None or account.second_factor else _set_up(account, factor)


def confirm(work: Work, code: str, *, keep_token_digest: str) -> None:
    """Let the second factor count from now on; all other sessions of the account end.

    Raises `InvalidInputError` for a wrong code, `ConflictError` where one is in force or none was begun.
    """
    account = lock_account(work.session, work.actor.name)
    _refuse_second(account)
    factor = work.session.get(SecondFactor, account.id)
    if factor is None:
        raise ConflictError.of("Begin by showing the code to your telephone.", code="second_factor_not_begun")
    _take_or_refuse(factor, code, work.now)
    account.second_factor = True
    end_sessions(work.session, account, except_token_digest=keep_token_digest)
    work.record("SECOND_FACTOR_SET", "account", account.login)


def remove_own(work: Work, code: str) -> None:
    """End the second factor of the one who acts; raises `InvalidInputError` for a wrong code."""
    account = lock_account(work.session, work.actor.name)
    factor = work.session.get(SecondFactor, account.id)
    if factor is not None and account.second_factor:
        _take_or_refuse(factor, code, work.now)
        _remove(work, account, factor)


def remove(work: Work, login: str, if_match: Precondition = ANY_VERSION) -> Account:
    """End an account's second factor, for who has lost the telephone; logs it out everywhere."""
    account = if_match.check(lock_account(work.session, login))
    factor = work.session.get(SecondFactor, account.id)
    end_sessions(work.session, account)
    _remove(work, account, factor)
    return account


def _remove(work: Work, account: Account, factor: SecondFactor | None) -> None:
    account.second_factor = False
    if factor is not None:
        work.session.delete(factor)
    work.record("SECOND_FACTOR_REMOVED", "account", account.login)


def take_code(session: Session, account: Account, code: str, now: datetime) -> bool:
    """Is it a code of this moment that was not taken before? The account's row is locked by the caller."""
    factor = session.get(SecondFactor, account.id, populate_existing=True)
    return factor is not None and _take(factor, code, now)


def _take_or_refuse(factor: SecondFactor, code: str, now: datetime) -> None:
    if not _take(factor, code, now):
        raise InvalidInputError.of("This is not the code of this moment.", code="wrong_code", where="code")


def _take(factor: SecondFactor, code: str, now: datetime) -> bool:
    """One step before and after count too: clocks differ, and people are slow (RFC 6238, section 5.2)."""
    digits = "".join(code.split())
    codes, present = pyotp.TOTP(factor.secret), int(now.timestamp()) // STEP_SECONDS
    for step in (present, present - 1, present + 1):
        is_right = secrets.compare_digest(codes.generate_otp(step), digits) if digits.isascii() else False
        if is_right and step > factor.last_step:
            factor.last_step = step
            return True
    return False


def _refuse_second(account: Account) -> None:
    if account.second_factor:
        raise ConflictError.of("Your account has a second factor already.", code="second_factor_set")


def _set_up(account: Account, factor: SecondFactor) -> SetUp:
    address = pyotp.TOTP(factor.secret).provisioning_uri(name=account.login, issuer_name=ISSUER)
    return SetUp(factor.secret, address)
