"""Merging: lock the two rows, refuse what is in hand, move what is open, close the one that goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.catalog.models import Item
from app.core.actor import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, Fault, InvalidInputError, NotFoundError, missing
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.merging.items import faults_of_items, move_item
from app.merging.partners import faults_of_partners, move_partner
from app.merging.places import faults_of_places, move_place
from app.merging.rules import pair_faults
from app.merging.types import Merged, MergeKind, Moved
from app.partners.models import Partner

Row = TypeVar("Row", Facility, Item, Partner)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How rows of one kind are merged."""

    table: type[Any]
    what: str
    action: str
    faults: Callable[[Session, Any, Any, date], list[Fault]]
    move: Callable[[Work, Any, Any], list[Moved]]


_WAYS: Mapping[MergeKind, _Way] = {
    MergeKind.FACILITY: _Way(
        table=Facility, what="facility", action="FACILITY_MERGED", faults=faults_of_places, move=move_place
    ),
    MergeKind.ITEM: _Way(table=Item, what="item", action="ITEM_MERGED", faults=faults_of_items, move=move_item),
    MergeKind.PARTNER: _Way(
        table=Partner,
        what="partner",
        action="PARTNER_MERGED",
        faults=lambda _session, gone, kept, _today: faults_of_partners(gone, kept),
        move=lambda work, gone, kept: move_partner(work.session, gone, kept),
    ),
}


def merge(work: Work, kind: MergeKind, gone: str, into: str, if_match: Precondition = ANY_VERSION) -> Merged:
    """Let one row become another: it is closed, and what is open of it belongs to the other from now on.

    Raises `NotFoundError` for an unknown row that shall go, `InvalidInputError` for what can never become one, and
    `ConflictError` naming everything in hand that forbids it now.
    """
    way = _WAYS[kind]
    going, staying = _locked(work.session, way, gone, into)
    if_match.check(going)
    invalid = pair_faults(
        gone,
        into,
        gone_into=going.merged_into,
        kept_into=staying.merged_into,
        kept_active=staying.active,
    )
    InvalidInputError.raise_if(invalid)
    found = way.faults(work.session, going, staying, work.today)
    InvalidInputError.raise_if([one for one in found if one.where])
    ConflictError.raise_if(found)
    moved = tuple(one for one in way.move(work, going, staying) if one.keys)
    going.active, going.merged_into = False, into
    for earlier in work.session.scalars(select(way.table).where(way.table.merged_into == gone)).unique():
        earlier.merged_into = into
    work.record(
        way.action,
        way.what,
        gone,
        before={"active": True, "merged_into": None},
        after={"merged_into": into, **{one.what.value: list(one.keys) for one in moved}},
    )
    return Merged(kind=kind, gone=gone, kept=into, moved=moved)


def _locked(session: Session, way: _Way, gone: str, into: str) -> tuple[Any, Any]:
    """Both rows, locked in the order of their ids."""
    code: InstrumentedAttribute[str] = way.table.code
    query = select(way.table).where(code.in_([gone, into])).order_by(way.table.id).with_for_update(of=way.table)
    rows = {row.code: row for row in session.scalars(query.execution_options(populate_existing=True)).unique()}
    if gone not in rows:
        raise NotFoundError(missing(way.what, gone))
    if into not in rows:
        raise InvalidInputError(missing(way.what, into, where="into"))
    return rows[gone], rows[into]


class _ShownError(Exception):
    """Rolls back a merge that was only to be shown."""


def check_merge(database: Database, actor: Actor, clock: Clock, kind: MergeKind, gone: str, into: str) -> Merged:
    """What merging would do: it is done, and rolled back; raises what `merge` raises."""
    merged: Merged | None = None
    try:
        with database.write() as session:
            merged = merge(Work(session, actor, clock), kind, gone, into)
            session.flush()
            raise _ShownError
    except _ShownError:
        assert merged is not None
        return merged
