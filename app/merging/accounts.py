"""People and machines that are bound to one of two places are bound to both: what is past stays within reach."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.auth.models import Account, AccountPlace, ApiKey, ApiKeyPlace
from app.auth.schemas import AccountView, ApiKeyView
from app.core.work import Work
from app.merging.types import Moved, MovedKind

Bound = TypeVar("Bound", Account, ApiKey)


def bind_to_both(work: Work, gone: str, kept: str) -> list[Moved]:
    """Give accounts and keys of either place the other."""
    accounts = _bound(work, Account, Account.id, AccountPlace.account_id, AccountPlace, gone, kept)
    keys = _bound(work, ApiKey, ApiKey.id, ApiKeyPlace.api_key_id, ApiKeyPlace, gone, kept)
    for account in accounts:
        before = AccountView.snapshot(account)
        account.touch()
        account.places += [AccountPlace(place=code) for code in _lacking(before["places"], gone, kept)]
        after = AccountView.snapshot(account)
        work.record_change("ACCOUNT_CHANGED", "account", account.login, before=before, after=after)
    for key in keys:
        was = ApiKeyView.snapshot(key)
        key.touch()
        key.places += [ApiKeyPlace(place=code) for code in _lacking(was["places"], gone, kept)]
        work.record_change("API_KEY_CHANGED", "api_key", key.code, before=was, after=ApiKeyView.snapshot(key))
    return [
        Moved(what=MovedKind.ACCOUNTS, keys=tuple(one.login for one in accounts)),
        Moved(what=MovedKind.API_KEYS, keys=tuple(one.code for one in keys)),
    ]


def _lacking(places: Sequence[str], gone: str, kept: str) -> list[str]:
    return [code for code in sorted((gone, kept)) if code not in places]


def _bound(
    work: Work,
    table: type[Bound],
    key: InstrumentedAttribute[int],
    owner: InstrumentedAttribute[int],
    places: type[AccountPlace] | type[ApiKeyPlace],
    gone: str,
    kept: str,
) -> list[Bound]:
    """The accounts or keys bound to one of the two and not to both, locked in the order of their ids."""
    bound = select(owner).where(places.place.in_([gone, kept]))
    query = select(table).where(key.in_(bound)).order_by(key).with_for_update(of=table)
    rows = work.session.scalars(query.execution_options(populate_existing=True)).unique()
    return [row for row in rows if len({one.place for one in row.places} & {gone, kept}) == 1]
