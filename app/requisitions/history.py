"""What is known of a facility's needs from before: its usual items with their last figures, its last requisitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.rules import assessed_units
from app.catalog.types import Program
from app.facilities.models import Facility
from app.requisitions.assessment import Rates, counts_of, rates_of_types
from app.requisitions.lifecycle import within_reach
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.rules import COUNTED_STATES, need_days
from app.requisitions.types import RequisitionState

REMEMBERED_REQUISITIONS = 10
DAYS_ASKED = 7
"""For how many days a facility asks that has not asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualLine:
    """An item that a facility usually asks for, with its last figures; None where it has not asked for it yet."""

    item: Item
    last_requested_units: int | None
    last_reported_on: date | None
    norm_units: int | None
    """What the most generous norm set supports for the days asked for; None where no norm speaks of the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualNeeds:
    """What a facility usually asks for in a program, and for how many days, the day of the report included."""

    lines: tuple[UsualLine, ...]
    days: int


def usual_needs(session: Session, facility: Facility, program: Program) -> UsualNeeds:
    """The items of the facility's last reports and those that a norm speaks of, in the catalogue's order."""
    earlier = earlier_requisitions(session, facility.id, program, limit=REMEMBERED_REQUISITIONS)
    days = _days_asked(earlier[0]) if earlier else DAYS_ASKED
    last: dict[int, tuple[int, date]] = {}
    for requisition in reversed(earlier):
        asked: dict[int, int] = {}
        for line in requisition.lines:
            asked[line.item_id] = asked.get(line.item_id, 0) + line.requested_units
        last |= {item_id: (units, requisition.reported_on) for item_id, units in asked.items()}
    rates = rates_of_types(session, [facility.facility_type_id])
    items = {item.id: item for item in active_items(session, program)}
    norms = {item_id: norm_units(facility, item_id, days, rates) for item_id in items}
    lines = [
        UsualLine(
            item=item,
            last_requested_units=last[item_id][0] if item_id in last else None,
            last_reported_on=last[item_id][1] if item_id in last else None,
            norm_units=norms[item_id],
        )
        for item_id, item in items.items()
        if item_id in last or norms[item_id]
    ]
    return UsualNeeds(lines=tuple(lines), days=days)


def _days_asked(requisition: Requisition) -> int:
    return max(need_days(requisition.reported_on, line.needed_by) for line in requisition.lines)


def norm_units(facility: Facility, item_id: int, days: int, rates: Rates) -> int | None:
    """What the most generous norm set supports for a facility over some days; None where no norm speaks."""
    key, counts = (facility.facility_type_id, item_id), counts_of(facility)
    found = [assessed_units(norms.get(key, ()), counts, days) for norms in rates.values()]
    return max((units for units in found if units is not None), default=None)


def active_items(session: Session, program: Program) -> Sequence[Item]:
    """The items of a program that can be asked for, in the catalogue's order."""
    query = select(Item).where(Item.program == program, Item.active.is_(True)).order_by(Item.id)
    return session.scalars(query).all()


def earlier_requisitions(
    session: Session, facility_id: int, program: Program, *, limit: int, before_id: int | None = None
) -> Sequence[Requisition]:
    """The last counted requisitions of a facility, the newest first; where one is named, those before it."""
    query = select(Requisition).where(
        Requisition.facility_id == facility_id,
        Requisition.program == program,
        Requisition.state.in_(sorted(COUNTED_STATES)),
    )
    if before_id is not None:
        query = query.where(Requisition.id < before_id)
    query = query.order_by(Requisition.reported_on.desc(), Requisition.id.desc()).limit(limit)
    return session.scalars(query).unique().all()


def within_norms(session: Session, *, actor: Actor, limit: int) -> Sequence[str]:
    """Codes of submitted requisitions in which no line asks for more than its norm supports, in the order of entry."""
    beyond = exists().where(
        RequisitionLine.requisition_id == Requisition.id,
        or_(
            RequisitionLine.assessed_units.is_(None),
            RequisitionLine.requested_units > RequisitionLine.assessed_units,
            RequisitionLine.absurd.is_(True),
        ),
    )
    query = (
        select(Requisition.code)
        .where(Requisition.state == RequisitionState.SUBMITTED, within_reach(actor), ~beyond)
        .order_by(Requisition.id)
        .limit(limit)
    )
    return session.scalars(query).all()


def last_figures(earlier: Sequence[Requisition]) -> Mapping[str, RequisitionLine]:
    """The newest line of each item in requisitions that come the newest first."""
    found: dict[str, RequisitionLine] = {}
    for requisition in earlier:
        for line in requisition.lines:
            found.setdefault(line.item.code, line)
    return found
