"""Needs whose days have passed: consumables are recorded as unmet and not owed any more, durable goods stay owed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import ColumnElement, false, or_, select

from app.catalog.models import Item
from app.catalog.types import Program
from app.core.work import Work
from app.requisitions.lifecycle import lock_by_ids, take_step
from app.requisitions.models import Requisition, RequisitionLine
from app.requisitions.past_models import PastNeed
from app.requisitions.past_rules import ApprovedDays, needed_before
from app.requisitions.rules import State, Step

OPEN = (State.REVIEWED, State.PLANNED)


def is_still_owed(day: date, kept: Collection[int] = ()) -> ColumnElement[bool]:
    """Lines that do not lapse before `day`: durable goods, later days, and those kept for another reason.

    For a query that joins `Item`.
    """
    line = RequisitionLine
    return or_(Item.durable.is_(True), line.needed_by >= day, line.id.in_(sorted(kept)) if kept else false())


def lapse_needs(
    work: Work, program: Program, promised_units: Mapping[int, int], kept: Collection[int] = ()
) -> list[Requisition]:
    """Let consumables lapse that neither came nor are promised and whose days have passed; the requisitions touched.

    `promised_units` says by line what plans still owe: that comes late and stays. `kept` are lines that do not lapse,
    such as directives. A requisition of which nothing is owed any more is LAPSED.
    """
    line = RequisitionLine
    come = line.delivered_units + line.carried_units + line.lapsed_units
    rows = work.session.execute(
        select(Requisition.id, line.id)
        .join(Requisition, Requisition.id == line.requisition_id)
        .join(Item, Item.id == line.item_id)
        .where(
            Requisition.program == program,
            Requisition.state.in_(OPEN),
            line.approved_units > come,
            ~is_still_owed(work.today, kept),
        )
    ).all()
    lapsing: dict[int, set[int]] = defaultdict(set)
    for requisition_id, line_id in rows:
        lapsing[requisition_id].add(line_id)
    locked = [one for one in lock_by_ids(work.session, lapsing.keys()) if one.state in OPEN]
    return [one for one in locked if _lapse(work, one, lapsing[one.id], promised_units)]


def _lapse(work: Work, requisition: Requisition, line_ids: Collection[int], promised: Mapping[int, int]) -> bool:
    lapsed = []
    for line in requisition.lines:
        units = line.open_units - promised.get(line.id, 0)
        if line.id not in line_ids or units <= 0:
            continue
        # A rest that lapses later, because its promise was given back, has its share counted already.
        got = line.delivered_units + line.carried_units if line.lapsed_units == 0 else 0
        line.lapsed_units += units
        _remember(work, requisition, line, line.needed_by, got + units, got)
        lapsed.append([line.item.code, line.needed_by.isoformat(), units])
    if not lapsed:
        return False
    requisition.touch()
    if any(line.open_units > 0 for line in requisition.lines):
        work.record(
            "REQUISITION_LINES_LAPSED",
            "requisition",
            requisition.code,
            before={"state": requisition.state},
            after={"state": requisition.state, "lapsed": lapsed},
        )
    else:
        take_step(work, requisition, Step.LAPSE, "REQUISITION_LAPSED", details={"lapsed": lapsed})
    return True


def remember_replaced(work: Work, older: Requisition, newer: Requisition) -> None:
    """Record what a report needed on the days before the newer one that takes its place, and what of it came.

    Only of approved lines of consumables; what has lapsed is recorded already.
    """
    by_item: dict[int, list[RequisitionLine]] = defaultdict(list)
    for line in sorted(older.lines, key=lambda one: one.needed_by):
        if line.approved_units and not line.item.durable:
            by_item[line.item_id].append(line)
    for lines in by_item.values():
        approved = [ApprovedDays(needed_by=one.needed_by, approved_units=one.approved_units or 0) for one in lines]
        on_hand = max(one.on_hand_units or 0 for one in lines)
        needed = needed_before(newer.reported_on, older.reported_on, approved, on_hand)
        for line, units in zip(lines, needed, strict=True):
            if units > 0 and line.lapsed_units == 0:
                got = min(units, line.delivered_units + line.carried_units)
                _remember(work, older, line, min(line.needed_by, newer.reported_on), units, got)


def _remember(
    work: Work, requisition: Requisition, line: RequisitionLine, last_day: date, approved_units: int, got_units: int
) -> None:
    work.session.add(
        PastNeed(
            requisition_line_id=line.id,
            facility_id=requisition.facility_id,
            item_id=line.item_id,
            first_day=requisition.reported_on,
            last_day=last_day,
            approved_units=approved_units,
            got_units=min(approved_units, got_units),
            recorded_on=work.today,
        )
    )
