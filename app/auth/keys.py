"""API keys of machines: shown once, kept as a digest, with an end; revoked keys stay on record."""

from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth.models import ApiKey, ApiKeyPlace, ApiKeyRight
from app.auth.places import PlaceDirectory, place_faults
from app.auth.rules import key_right_faults, place_rule_faults
from app.auth.schemas import ApiKeyView, NewApiKey
from app.auth.tokens import digest_of, new_token
from app.core.actor import Actor, ActorKind, acting_as
from app.core.database import Database
from app.core.errors import ConflictError, InvalidInputError
from app.core.records import add_row, lock_row_by_code, row_by_code, taken
from app.core.rights import Right
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work

TOKEN_PREFIX = "tongchou_"  # noqa: S105 - so that scanners for leaked secrets know one when they see it
NAME_PREFIX = "key:"
"""No login begins like this: the name of a machine is never that of a person."""


def key_by_code(session: Session, code: str) -> ApiKey:
    """The key; raises `NotFoundError`."""
    return row_by_code(session, ApiKey, "API key", code)


def lock_key(session: Session, code: str) -> ApiKey:
    """As `key_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, ApiKey, "API key", code)


def select_keys(*, valid_at: datetime | None = None) -> Select[ApiKey]:
    """All keys, or those that are valid at a moment."""
    query = select(ApiKey)
    if valid_at is not None:
        query = query.where(ApiKey.revoked_at.is_(None), ApiKey.expires_at > valid_at)
    return query


def create_key(work: Work, new: NewApiKey, *, directory: PlaceDirectory) -> tuple[ApiKey, str]:
    """Make a key; returns it with its token. All faults at once, `ConflictError` when its code is taken."""
    faults = key_right_faults(new.role, new.rights) + place_rule_faults(new.role, new.places)
    faults += place_faults(directory(work.session, new.places), new.role, new.places)
    InvalidInputError.raise_if(faults)
    token = new_token(TOKEN_PREFIX)
    key = ApiKey(
        code=new.code,
        purpose=new.purpose,
        token_digest=digest_of(token),
        role=new.role,
        created_at=work.now,
        created_by=work.actor.name,
        expires_at=work.now + timedelta(days=new.valid_days),
        grants=[ApiKeyRight(right=right.value) for right in sorted(set(new.rights))],
        places=[ApiKeyPlace(place=code) for code in sorted(new.places)],
    )
    add_row(work.session, key, taken("API key", new.code))
    work.record("API_KEY_CREATED", "api_key", new.code, after=ApiKeyView.snapshot(key))
    return key, token


def revoke_key(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> ApiKey:
    """From now on the key opens nothing; raises `ConflictError` when it was revoked before."""
    key = if_match.check(lock_key(work.session, code))
    if key.revoked_at is not None:
        raise ConflictError.of("API key {key} has been revoked already.", code="already_revoked", key=code)
    key.revoked_at = work.now
    work.record("API_KEY_REVOKED", "api_key", code, before={"revoked_at": None}, after={"revoked_at": key.revoked_at})
    return key


def machine_of(database: Database, token: str, *, now: datetime) -> Actor | None:
    """The machine whose key this is; None where it is unknown, revoked or out of date."""
    with database.read() as session:
        key = session.scalars(select_keys(valid_at=now).where(ApiKey.token_digest == digest_of(token))).one_or_none()
        if key is None:
            return None
        known = {right.value: right for right in Right}
        return acting_as(
            key.role,
            name=f"{NAME_PREFIX}{key.code}",
            title=key.purpose,
            kind=ActorKind.MACHINE,
            places=frozenset(row.place for row in key.places),
            rights=frozenset(known[row.right] for row in key.grants if row.right in known),
        )
