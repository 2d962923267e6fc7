"""Losses of promised goods: recorded, taken from named orders, with notices to all whom it concerns.

Lock order: the count, plans, lots, balances, the audit trail.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.core.errors import BusyError, Fault, Param
from app.core.rights import Role
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.loss_rules import StandingPromise, short_units, taken_from
from app.dispatch.models import TransferOrder, TransferOrderLine
from app.dispatch.schemas import TouchedOrder
from app.facilities.models import Facility
from app.notices.service import NewNotice, leave_notices
from app.planning.approval.models import PromisedLot
from app.planning.commitments.service import REFERENCE_KIND as PLAN
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.rules import LIVE_STATES
from app.stock import counts
from app.stock.holdings import Place
from app.stock.models import Lot, PhysicalInventory, StockBalance, StockEvent
from app.stock.movements import record_movements
from app.stock.schemas import NewMovementKind, NewMovements
from app.stock.service import lock_lots, release_part

SUBJECT = "lost_promise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The events of a list of movements, and the orders whose goods were lost with them."""

    events: Sequence[StockEvent]
    touched: Sequence[TouchedOrder]


def record_with_losses(work: Work, new: NewMovements) -> Recorded:
    """As `record_movements`; a loss may take what is promised, and then the orders that lose it are named.

    Transfers and returns may not: they raise `InsufficientStockError` as ever.
    """
    codes = sorted({entry.from_warehouse for entry in new.movements})
    query = select(Facility.code, Facility.id).where(Facility.code.in_(codes))
    warehouses: dict[str, int] = dict(work.session.execute(query).all())
    lost: dict[Place, int] = defaultdict(int)
    reasons: dict[Place, str] = {}
    for entry in new.movements:
        place = (entry.lot_id, warehouses.get(entry.from_warehouse, 0))
        if entry.kind is NewMovementKind.LOSS:
            lost[place] += entry.quantity
            reasons.setdefault(place, entry.reason)
    touched = _give_up_promises(work, lost, reasons)
    return Recorded(events=record_movements(work, new), touched=touched)


def post_count(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> PhysicalInventory:
    """As `counts.post_inventory`; a count below what is promised is posted, and takes from the orders as a loss."""
    inventory = counts.lock_inventory(work.session, code)
    lost = {
        (line.lot_id, inventory.warehouse_id): line.expected_units - line.counted_units
        for line in inventory.lines
        if line.counted_units < line.expected_units
    }
    reasons = {(line.lot_id, inventory.warehouse_id): line.reason for line in inventory.lines}
    _give_up_promises(work, lost, reasons)
    return counts.post_inventory(work, code, if_match)


def _give_up_promises(work: Work, lost: Mapping[Place, int], reasons: Mapping[Place, str]) -> list[TouchedOrder]:
    """Free so much of what is promised at these places that the losses can be booked; who lost what."""
    plans = _lock_plans(work.session, lost)
    known = select(Lot.id).where(Lot.id.in_(sorted({lot_id for lot_id, _ in lost})))
    lots = lock_lots(work.session, sorted(work.session.scalars(known)))
    touched: list[TouchedOrder] = []
    notices: list[NewNotice] = []
    for place in sorted(place for place in lost if place[0] in lots):
        taken = _taken(work.session, place, lost[place], plans)
        if not taken:
            continue
        _free(work, place, taken, plans)
        rows = [_touched(work.session, line, units) for line, units in taken]
        touched += rows
        notices += _notices(work.session, lots[place[0]], place[1], rows, reasons.get(place, ""))
    if touched:
        work.session.flush()
        after = {"touched": [one.model_dump(mode="json") for one in touched]}
        work.record("PROMISED_GOODS_LOST", SUBJECT, touched[0].order or touched[0].facility, after=after)
        leave_notices(work, notices)
    return touched


def _lock_plans(session: Session, lost: Mapping[Place, int]) -> dict[int, AllocationPlan]:
    """The approved plans, not yet closed, to which units of these lots are promised; row locks in the order of ids."""
    ids = (
        select(AllocationLine.plan_id)
        .join(PromisedLot, PromisedLot.allocation_line_id == AllocationLine.id)
        .where(PromisedLot.lot_id.in_(sorted({lot_id for lot_id, _ in lost})), PromisedLot.quantity > 0)
    )
    query = (
        select(AllocationPlan)
        .where(AllocationPlan.id.in_(ids), AllocationPlan.state.in_(sorted(LIVE_STATES)))
        .order_by(AllocationPlan.id)
        .with_for_update(of=AllocationPlan)
        .execution_options(populate_existing=True)
    )
    return {plan.id: plan for plan in session.scalars(query).unique()}


def _taken(
    session: Session, place: Place, lost: int, plans: Mapping[int, AllocationPlan]
) -> list[tuple[AllocationLine, int]]:
    """The lines that lose units at a place, with how many; the caller has locked the lot."""
    lot_id, warehouse_id = place
    balance = session.scalars(
        select(StockBalance)
        .where(StockBalance.lot_id == lot_id, StockBalance.warehouse_id == warehouse_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if balance is None:
        return []
    short = short_units(on_hand=balance.on_hand, reserved=balance.reserved, lost=lost)
    if short == 0:
        return []
    query = (
        select(PromisedLot, AllocationLine, PlanDemand.tier)
        .join(AllocationLine, AllocationLine.id == PromisedLot.allocation_line_id)
        .join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
        .where(PromisedLot.lot_id == lot_id, PromisedLot.quantity > 0, AllocationLine.warehouse_id == warehouse_id)
        .options(joinedload(AllocationLine.demand))
        .execution_options(populate_existing=True)
    )
    rows = session.execute(query).unique().all()
    if any(line.plan_id not in plans for _, line, _ in rows):
        raise BusyError()  # promised between the look at the plans and the lock of the lot
    promises = [
        StandingPromise(line_id=line.id, tier=tier, ship_on=line.ship_on, units=promised.quantity)
        for promised, line, tier in rows
    ]
    units = taken_from(promises, short)
    return [(line, units[line.id]) for _, line, _ in rows if line.id in units]


def _free(
    work: Work,
    place: Place,
    taken: Sequence[tuple[AllocationLine, int]],
    plans: Mapping[int, AllocationPlan],
) -> None:
    by_plan: dict[int, int] = defaultdict(int)
    for line, units in taken:
        query = select(PromisedLot).where(PromisedLot.allocation_line_id == line.id, PromisedLot.lot_id == place[0])
        work.session.scalars(query).one().quantity -= units
        by_plan[line.plan_id] += units
    work.session.flush()
    for plan_id in sorted(by_plan):
        release_part(work, {place: by_plan[plan_id]}, PLAN, plans[plan_id].code)


def _touched(session: Session, line: AllocationLine, units: int) -> TouchedOrder:
    query = (
        select(TransferOrder.code)
        .join(TransferOrderLine, TransferOrderLine.transfer_order_id == TransferOrder.id)
        .where(TransferOrderLine.allocation_line_id == line.id)
    )
    return TouchedOrder(
        order=session.scalar(query) or "", facility=line.demand.facility.code, item=line.item.code, units=units
    )


def _notices(
    session: Session, lot: Lot, warehouse_id: int, rows: Sequence[TouchedOrder], reason: str
) -> list[NewNotice]:
    places = {
        one.code: one.id
        for one in session.scalars(
            select(Facility).where(Facility.code.in_(sorted({row.facility for row in rows})))
        ).unique()
    }
    item, why = lot.item.code, reason.rstrip("。.") or "-"
    found = []
    for row in rows:
        told: dict[str, Param] = {
            "units": row.units,
            "item": item,
            "place": row.facility,
            "order": row.order or "-",
            "reason": why,
        }
        message = "{units} of {item} that were promised to {place} will not come ({order}): {reason}."
        fault = Fault("promise_reduced", message, "", told)
        address = f"/transfer-orders/{row.order}" if row.order else ""
        found.append(NewNotice(told=fault, address=address, place_id=places[row.facility]))
    warehouse = session.get_one(Facility, warehouse_id)
    params: dict[str, Param] = {
        "units": sum(row.units for row in rows),
        "item": item,
        "lot": lot.code,
        "place": warehouse.code,
        "reason": why,
        "orders": ", ".join(row.order or row.facility for row in rows),
    }
    message = "{units} of promised {item}, lot {lot}, are lost at {place}: {reason}. It touches {orders}."
    about = Fault("promised_goods_lost", message, "", params)
    found.append(NewNotice(told=about, address=f"/lots/{lot.id}", role=Role.SUPPLIES_GROUP))
    found.append(NewNotice(told=about, address=f"/lots/{lot.id}", place_id=warehouse.id))
    return found
