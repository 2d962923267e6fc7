"""Counts attempts to log in, in the database, so that the limits hold over all processes together.

An attempt is counted before the password is looked at and given back when it was right: a hundred guesses made at
once are a hundred attempts.
"""

import hashlib
from datetime import datetime

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Session

from app.auth.errors import TooManyAttemptsError
from app.auth.models import LoginThrottle
from app.auth.rules import ACCOUNT_LIMIT, ADDRESS_LIMIT, network_of
from app.core.database import UtcDateTime

_FORGOTTEN_AT_ONCE = 200

_ENTER = text(
    "INSERT INTO login_throttle (subject, attempts, last_at) VALUES (:subject, 0, :now) "
    "ON CONFLICT (subject) DO NOTHING"
).bindparams(bindparam("now", type_=UtcDateTime()))


def account_subject(login: str) -> str:
    """What an account's attempts are counted under: a digest, for people type passwords into the wrong field."""
    return "account:" + hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()


def address_subject(address: str) -> str:
    """What an address's attempts are counted under."""
    return "address:" + network_of(address)


def take_attempt(session: Session, *, login: str, address: str, now: datetime) -> bool:
    """Count one attempt for the account and the address; True where it was the account's last for now.

    Raises `TooManyAttemptsError`, and then counts nothing: whoever keeps trying is not locked out for longer.
    """
    limits = {account_subject(login): ACCOUNT_LIMIT, address_subject(address): ADDRESS_LIMIT}
    rows = {}
    for subject in sorted(limits):  # one order of locks for all
        rows[subject] = _held(session, subject, now)
    waits = [
        wait
        for subject, limit in limits.items()
        if (wait := limit.wait(attempts=rows[subject].attempts, last_at=rows[subject].last_at, now=now)) is not None
    ]
    if waits:
        raise TooManyAttemptsError(max(waits))
    for subject, limit in limits.items():
        row = rows[subject]
        row.attempts = limit.count(attempts=row.attempts, last_at=row.last_at, now=now)
        row.last_at = now
    return rows[account_subject(login)].attempts >= ACCOUNT_LIMIT.attempts


def give_back_attempt(session: Session, *, login: str, address: str, now: datetime) -> None:
    """The password was right: forget the account's attempts and take back the address's last one."""
    for subject in sorted((account_subject(login), address_subject(address))):
        row = _held(session, subject, now)
        row.attempts = 0 if subject.startswith("account:") else max(0, row.attempts - 1)
    _forget_quiet_ones(session, now)


def forgive(session: Session, login: str) -> None:
    """Let an account that is locked out try again at once."""
    session.execute(delete(LoginThrottle).where(LoginThrottle.subject == account_subject(login)))


def _held(session: Session, subject: str, now: datetime) -> LoginThrottle:
    """The subject's row, there and locked."""
    row = session.get(LoginThrottle, subject, with_for_update=True)
    if row is None:
        session.execute(_ENTER, {"subject": subject, "now": now})
        row = session.get_one(LoginThrottle, subject, with_for_update=True, populate_existing=True)
    return row


def _forget_quiet_ones(session: Session, now: datetime) -> None:
    # SKIP LOCKED: tidying up must never wait for somebody who is logging in.
    quiet = select(LoginThrottle.subject).where(LoginThrottle.last_at < now - ACCOUNT_LIMIT.quiet)
    subjects = session.scalars(quiet.limit(_FORGOTTEN_AT_ONCE).with_for_update(skip_locked=True)).all()
    session.execute(delete(LoginThrottle).where(LoginThrottle.subject.in_(subjects)))
