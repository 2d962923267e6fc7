"""What approved plans were promised: claims on what is still to come, and the lots that came for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import Item, Substitution
from app.catalog.types import Program
from app.core.work import Work
from app.facilities.models import Facility
from app.planning.approval.models import LinePromise, PlanOrder, PromisedLot, WaitingLine
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand, PlanPurchase
from app.planning.plans.rules import LIVE_STATES, Binding, FreeLot, Waiting, bind_lots
from app.planning.plans.types import PlanState
from app.procurement.models import Offer, Pledge, PurchaseOrder, Receipt, ReceiptLine
from app.stock.models import Lot, StockBalance
from app.stock.service import ReservationLine, lock_lots, reserve

REFERENCE_KIND = "allocation_plan"
"""What reservations and fund commitments of plans refer to, by the plan's code."""

MM3_PER_LITRE = 1_000_000


def claimed_units(session: Session, program: Program) -> Mapping[str, int]:
    """Units of arrivals and offers that approved plans count on and that are in no lot yet, by the source's id.

    Later plans must leave them alone. What a plan buys is claimed of the offer until it is ordered; then what its
    lines wait for is claimed of the order.
    """
    claims: dict[str, int] = defaultdict(int)
    for line, waiting_units, order in _waiting_rows(session, program):
        document = _document(line, order)
        if document is not None and waiting_units > 0:
            claims[f"{document}/{line.item.code}"] += waiting_units
    query = (
        select(Offer.code, PlanPurchase.quantity)
        .join(Offer, Offer.id == PlanPurchase.offer_id)
        .join(AllocationPlan, AllocationPlan.id == PlanPurchase.plan_id)
        .outerjoin(
            PlanOrder, (PlanOrder.plan_id == PlanPurchase.plan_id) & (PlanOrder.offer_id == PlanPurchase.offer_id)
        )
        .where(AllocationPlan.program == program, _is_live(), PlanOrder.plan_id.is_(None))
    )
    for offer, units in session.execute(query):
        claims[offer] += units
    return claims


def select_promises(*columns: Any) -> Select[Any]:
    """What live plans (approved, not closed) still promise by allocation line: the columns given, then the line's
    ratio in permille, and its units on the road, waited for and reserved.

    The columns may be of `AllocationLine`, its `PlanDemand` and its `AllocationPlan`.
    """
    lots = (
        select(PromisedLot.allocation_line_id.label("line_id"), func.sum(PromisedLot.quantity).label("units"))
        .group_by(PromisedLot.allocation_line_id)
        .subquery()
    )
    return (
        select(
            *columns,
            LinePromise.ratio_permille,
            LinePromise.on_the_road_units,
            func.coalesce(WaitingLine.waiting_units, 0),
            func.coalesce(lots.c.units, 0),
        )
        .select_from(AllocationLine)
        .join(PlanDemand, PlanDemand.id == AllocationLine.plan_demand_id)
        .join(AllocationPlan, AllocationPlan.id == AllocationLine.plan_id)
        .join(LinePromise, LinePromise.allocation_line_id == AllocationLine.id)
        .outerjoin(WaitingLine, WaitingLine.allocation_line_id == AllocationLine.id)
        .outerjoin(lots, lots.c.line_id == AllocationLine.id)
        .where(_is_live())
    )


def promised_units(session: Session, program: Program) -> Mapping[int, int]:
    """What live plans (approved, not closed) still promise to needs: units asked for by requisition line, rounded up.

    Owed is what is reserved for the lines of a plan, what they wait for, and what is on the road; what was delivered,
    refused, lost, called off or not shipped is not. Needs to which nothing is owed are left out.
    """
    query = select_promises(PlanDemand.requisition_line_id).where(AllocationPlan.program == program)
    owed_permille: dict[int, int] = defaultdict(int)
    for need, ratio_permille, on_the_road, waiting, reserved in session.execute(query):
        owed_permille[need] += (on_the_road + waiting + int(reserved)) * ratio_permille
    return {need: -(-owed // 1000) for need, owed in sorted(owed_permille.items()) if owed > 0}


def used_litres(
    session: Session, first: date, last: date, *, proposed_beside: Program | None = None
) -> Mapping[tuple[str, date], int]:
    """The volume that plans send from each warehouse on each day, in litres rounded up; closed plans count too.

    With `proposed_beside` also what the newest proposal of every other program would send: a plan computed beside it
    leaves it its room, so that both can be approved.
    """
    proposals = (
        select(func.max(AllocationPlan.id))
        .where(AllocationPlan.state == PlanState.PROPOSED, AllocationPlan.program != proposed_beside)
        .group_by(AllocationPlan.program)
    )
    counts = AllocationPlan.state.in_(sorted({*LIVE_STATES, PlanState.CLOSED}))
    query = (
        select(Facility.code, AllocationLine.ship_on, func.sum(AllocationLine.quantity * Item.volume_mm3_per_unit))
        .join(AllocationPlan, AllocationPlan.id == AllocationLine.plan_id)
        .join(Item, Item.id == AllocationLine.item_id)
        .join(Facility, Facility.id == AllocationLine.warehouse_id)
        .where(
            counts if proposed_beside is None else counts | AllocationPlan.id.in_(proposals),
            AllocationLine.firm,
            AllocationLine.ship_on.between(first, last),
        )
        .group_by(Facility.code, AllocationLine.ship_on)
    )
    return {(code, day): -(-int(mm3) // MM3_PER_LITRE) for code, day, mm3 in session.execute(query)}


def _is_live() -> ColumnElement[bool]:
    return AllocationPlan.state.in_(sorted(LIVE_STATES))


def _document(line: AllocationLine, order: str | None) -> str | None:
    """The document by which a line's goods come: the order that its offer became (None before), or its arrival's."""
    return order if line.offer_id is not None else line.source_key.rpartition("/")[0]


def _waiting_rows(
    session: Session, program: Program, plan_id: int | None = None
) -> list[tuple[AllocationLine, int, str | None]]:
    """Lines of live plans that were made from arrivals or offers, what they wait for, and the order of their offer."""
    query = (
        select(AllocationLine, WaitingLine.waiting_units, PurchaseOrder.code)
        .join(WaitingLine, WaitingLine.allocation_line_id == AllocationLine.id)
        .join(AllocationPlan, AllocationPlan.id == AllocationLine.plan_id)
        .outerjoin(
            PlanOrder, (PlanOrder.plan_id == AllocationLine.plan_id) & (PlanOrder.offer_id == AllocationLine.offer_id)
        )
        .outerjoin(PurchaseOrder, PurchaseOrder.id == PlanOrder.purchase_order_id)
        .where(AllocationPlan.program == program, _is_live(), WaitingLine.waiting_units > 0)
        .order_by(AllocationLine.id)
        .options(joinedload(AllocationLine.demand).joinedload(PlanDemand.requisition_line))
    )
    if plan_id is not None:
        query = query.where(AllocationLine.plan_id == plan_id)
    return [(line, units, order) for line, units, order in session.execute(query).unique()]


def bind_received(work: Work, program: Program, *, plan_id: int | None = None, lock_too: Collection[int] = ()) -> None:
    """Reserve what has come in for the waiting lines of approved plans (of one plan, or of the program).

    Only usable lots count that came by the line's own order or pledge, what expires first before the rest.
    `lock_too` are lots that the caller moves afterwards, locked with the others in one order.
    """
    _lock_live_plans(work.session, program, plan_id)
    rows = _waiting_rows(work.session, program, plan_id)
    lots_of = _lots_by_document(work.session, {one for line, _, order in rows if (one := _document(line, order))})
    candidate_ids = {lot_id for ids in lots_of.values() for lot_id in ids}
    lots = lock_lots(work.session, sorted({*candidate_ids, *lock_too}))
    waiting = {
        line.id: Waiting(
            line_id=line.id,
            document=document,
            item_id=line.item_id,
            warehouse_id=line.warehouse_id,
            facility_id=line.demand.facility_id,
            ship_on=line.ship_on,
            units=units,
            used_on=max(work.today, line.demand.requisition_line.needed_by),
        )
        for line, units, order in rows
        if (document := _document(line, order)) in lots_of and document is not None
    }
    free = _free_lots(work.session, [lots[lot_id] for lot_id in sorted(candidate_ids)], lots_of, work.today)
    bindings = bind_lots(list(waiting.values()), free)
    lines = {line.id: line for line, _, _ in rows}
    codes = _codes_of_plans(work.session, {lines[one.line_id].plan_id for one in bindings})
    for served_id in sorted(codes):
        mine = [one for one in bindings if lines[one.line_id].plan_id == served_id]
        _reserve_bound(work, mine, lines, waiting, codes[served_id])


def _lock_live_plans(session: Session, program: Program, plan_id: int | None) -> None:
    """Row locks on plans, in id order: what their lines wait for changes only under the lock on the plan."""
    query = select(AllocationPlan.id).where(AllocationPlan.program == program, _is_live()).order_by(AllocationPlan.id)
    if plan_id is not None:
        query = query.where(AllocationPlan.id == plan_id)
    session.execute(query.with_for_update(key_share=True)).all()


def _lots_by_document(session: Session, documents: set[str]) -> dict[str, set[int]]:
    """The lots that came by these orders and pledges."""
    found: dict[str, set[int]] = defaultdict(set)
    for table, column in ((PurchaseOrder, Receipt.purchase_order_id), (Pledge, Receipt.pledge_id)):
        query = (
            select(table.code, ReceiptLine.lot_id)
            .join(Receipt, column == table.id)
            .join(ReceiptLine, ReceiptLine.receipt_id == Receipt.id)
            .where(table.code.in_(sorted(documents)), ReceiptLine.accepted_units > 0, ~Receipt.reversal.has())
        )
        for document, lot_id in session.execute(query):
            found[document].add(lot_id)
    return found


def _free_lots(
    session: Session, lots: Iterable[Lot], lots_of: Mapping[str, Collection[int]], today: date
) -> list[FreeLot]:
    """What is free of these lots, wherever they lie; blocked and expired ones are not."""
    usable = {
        lot.id: lot
        for lot in lots
        if lot.blocked_reason is None and (lot.expiry_date is None or lot.expiry_date >= today)
    }
    query = select(StockBalance).where(
        StockBalance.lot_id.in_(sorted(usable)), StockBalance.on_hand > StockBalance.reserved
    )
    return [
        FreeLot(
            lot_id=row.lot_id,
            item_id=usable[row.lot_id].item_id,
            warehouse_id=row.warehouse_id,
            documents=frozenset(document for document, ids in lots_of.items() if row.lot_id in ids),
            units=row.on_hand - row.reserved,
            expiry_date=usable[row.lot_id].expiry_date,
            expiry_unknown=usable[row.lot_id].expiry_unknown,
            earmark=frozenset(mark.facility_id for mark in usable[row.lot_id].earmarks),
        )
        for row in session.scalars(query.execution_options(populate_existing=True)).unique()
    ]


def received_lots(session: Session, plan: AllocationPlan) -> list[int]:
    """The lots that have come in by the documents of arrivals that the plan's firm lines count on."""
    query = select(AllocationLine.source_key).where(
        AllocationLine.plan_id == plan.id,
        AllocationLine.firm,
        AllocationLine.lot_id.is_(None),
        AllocationLine.offer_id.is_(None),
    )
    documents = {key.rpartition("/")[0] for key in session.scalars(query)}
    return sorted({lot_id for ids in _lots_by_document(session, documents).values() for lot_id in ids})


def free_lots_of_documents(session: Session, sources: Collection[str], today: date) -> dict[str, int]:
    """Free units that have come in by the documents of arrivals, by the arrivals' ids (`document/item`)."""
    lots_of = _lots_by_document(session, {key.rpartition("/")[0] for key in sources})
    lots = session.scalars(select(Lot).where(Lot.id.in_(sorted({one for ids in lots_of.values() for one in ids}))))
    rows = list(lots.unique())
    items = {row.id: row.item.code for row in rows}
    units: dict[str, int] = defaultdict(int)
    for lot in _free_lots(session, rows, lots_of, today):
        for document in lot.documents:
            units[f"{document}/{items[lot.lot_id]}"] += lot.units
    return {key: units[key] for key in sorted(sources) if units.get(key)}


def _codes_of_plans(session: Session, plan_ids: set[int]) -> dict[int, str]:
    query = select(AllocationPlan.id, AllocationPlan.code).where(AllocationPlan.id.in_(sorted(plan_ids)))
    return dict(session.execute(query).all())


def _reserve_bound(
    work: Work, bindings: list[Binding], lines: Mapping[int, AllocationLine], waiting: Mapping[int, Waiting], plan: str
) -> None:
    wanted = [
        ReservationLine(
            lot_id=one.lot_id,
            warehouse_id=lines[one.line_id].warehouse_id,
            quantity=one.units,
            facility_id=waiting[one.line_id].facility_id,
            needed_on=waiting[one.line_id].used_on,
        )
        for one in bindings
    ]
    reserve(work, wanted, reference_kind=REFERENCE_KIND, reference_key=plan)
    for one in bindings:
        promise(work.session, one.line_id, one.lot_id, one.units)
        work.session.get_one(WaitingLine, one.line_id).waiting_units -= one.units
    work.session.flush()


def promise(session: Session, line_id: int, lot_id: int, units: int) -> None:
    """Write down that units of a lot, reserved by the caller, stand for an allocation line."""
    query = select(PromisedLot).where(PromisedLot.allocation_line_id == line_id, PromisedLot.lot_id == lot_id)
    row = session.scalars(query).one_or_none()
    if row is None:
        session.add(PromisedLot(allocation_line_id=line_id, lot_id=lot_id, quantity=units))
    else:
        row.quantity += units
    session.flush()


def promised_lots(session: Session, line_ids: Collection[int]) -> list[PromisedLot]:
    """The lots that still stand for these lines, by line and first to expire first."""
    query = (
        select(PromisedLot)
        .join(Lot, Lot.id == PromisedLot.lot_id)
        .where(PromisedLot.allocation_line_id.in_(sorted(line_ids)), PromisedLot.quantity > 0)
        .order_by(
            PromisedLot.allocation_line_id,
            Lot.expiry_unknown.desc(),
            Lot.expiry_date.is_(None),
            Lot.expiry_date,
            Lot.id,
        )
    )
    return list(session.scalars(query.execution_options(populate_existing=True)).unique())


def waiting_units(session: Session, line_ids: Collection[int]) -> dict[int, int]:
    """What these lines still wait for, by line; lines that wait for nothing are left out."""
    query = select(WaitingLine.allocation_line_id, WaitingLine.waiting_units).where(
        WaitingLine.allocation_line_id.in_(sorted(line_ids)), WaitingLine.waiting_units > 0
    )
    return dict(session.execute(query).all())


def give_up_lines(session: Session, line_ids: Collection[int]) -> None:
    """These lines wait for nothing any more, and no lot stands for them; the caller has released the reservations."""
    for row in session.scalars(select(WaitingLine).where(WaitingLine.allocation_line_id.in_(sorted(line_ids)))):
        row.waiting_units = 0
    for lot in promised_lots(session, line_ids):
        lot.quantity = 0
    session.flush()


def promise_to_needs(session: Session, lines: Collection[AllocationLine]) -> None:
    """Write down what each line of a plan that is being approved counts for, once it is owed to its need."""
    rows = session.scalars(select(Substitution)).unique()
    ratios = {(row.item_id, row.serves_item_id): row.ratio_permille for row in rows}
    for line in lines:
        same = line.item_id == line.demand.item_id
        ratio_permille = 1000 if same else ratios[line.item_id, line.demand.item_id]
        session.add(LinePromise(allocation_line_id=line.id, ratio_permille=ratio_permille, on_the_road_units=0))
    session.flush()


def set_on_the_road(session: Session, units: Mapping[int, int]) -> None:
    """Say what is on the road for these lines, by line: at a shipment what left, at a proof of delivery 0."""
    query = select(LinePromise).where(LinePromise.allocation_line_id.in_(sorted(units)))
    for row in session.scalars(query):
        row.on_the_road_units = units[row.allocation_line_id]
    session.flush()
