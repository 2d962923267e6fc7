"""What facilities were approved and got of an item over the last days: fairness is judged over time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.facilities.models import Facility
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.past_models import PastNeed
from app.requisitions.rules import COUNTED_STATES
from app.requisitions.types import RequisitionState


@dataclass(frozen=True, slots=True, kw_only=True)
class PastLine:
    """One approved line of the last days, in units of the item asked for."""

    line_id: int
    facility: str
    item: str
    approved_units: int
    delivered_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a facility was approved of an item before what it asks for now, and what of that it got."""

    asked_units: int
    received_units: int


Key = tuple[str, str]
"""Codes of a facility and an item."""


def sum_up(lines: Iterable[PastLine], asked_now: Mapping[int, int]) -> dict[Key, History]:
    """The history by facility and item.

    `asked_now` says by line what is asked of the plan: it is no history. The rest of such a line has come or is
    promised, and what is promised counts as got. More than was approved of one line does not make up for another.
    """
    asked, received = defaultdict[Key, int](int), defaultdict[Key, int](int)
    for line in lines:
        key = (line.facility, line.item)
        if line.line_id in asked_now:
            settled = max(0, line.approved_units - asked_now[line.line_id])
            asked[key] += settled
            received[key] += settled
        else:
            asked[key] += line.approved_units
            received[key] += min(line.approved_units, line.delivered_units)
    return {
        key: History(asked_units=units, received_units=received[key]) for key, units in sorted(asked.items()) if units
    }


def history_of(
    session: Session,
    program: Program,
    start: date,
    days: int,
    *,
    asked_now: Mapping[int, int],
    left_out: Collection[int] = (),
) -> dict[Key, History]:
    """The history of the days before a plan that begins on `start`; 0 days: none.

    `left_out` are lines that nobody is measured by, such as directives.
    """
    if days == 0:
        return {}
    query = (
        select(
            RequisitionLine.id,
            Facility.code.label("facility"),
            Item.code.label("item"),
            RequisitionLine.approved_units,
            (RequisitionLine.delivered_units + RequisitionLine.carried_units).label("delivered_units"),
            RequisitionLine.needed_by,
        )
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .join(Facility, Facility.id == Requisition.facility_id)
        .join(Item, Item.id == RequisitionLine.item_id)
        .where(
            Requisition.program == program,
            Requisition.state.in_(sorted(COUNTED_STATES - {RequisitionState.SUBMITTED})),
            RequisitionLine.approved_units > 0,
            RequisitionLine.needed_by >= start - timedelta(days=days),
        )
    )
    lines = [
        PastLine(
            line_id=row.id,
            facility=row.facility,
            item=row.item,
            approved_units=row.approved_units,
            delivered_units=row.delivered_units,
        )
        for row in session.execute(query)
        # What is needed later and not asked of this plan is promised by another, and no history yet.
        if row.id not in left_out and (row.needed_by < start or row.id in asked_now)
    ]
    return sum_up([*lines, *_of_replaced_reports(session, program, start - timedelta(days=days))], asked_now)


def _of_replaced_reports(session: Session, program: Program, since: date) -> list[PastLine]:
    """What reports that newer ones have replaced needed on the days before those."""
    query = (
        select(PastNeed.requisition_line_id, Facility.code, Item.code, PastNeed.approved_units, PastNeed.got_units)
        # By the requisition: where places or items were merged, records stay and requisitions move.
        .join(RequisitionLine, RequisitionLine.id == PastNeed.requisition_line_id)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .join(Facility, Facility.id == Requisition.facility_id)
        .join(Item, Item.id == RequisitionLine.item_id)
        .where(
            Requisition.program == program,
            Requisition.state == RequisitionState.REPLACED,
            PastNeed.last_day >= since,
        )
        .order_by(PastNeed.id)
    )
    return [
        PastLine(line_id=line_id, facility=facility, item=item, approved_units=approved, delivered_units=got)
        for line_id, facility, item, approved, got in session.execute(query)
    ]
