"""Proof of delivery: every shipped unit is accepted, returned to the warehouse, or recorded as lost."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import InvalidInputError
from app.core.numbering import next_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.cases import open_case
from app.dispatch.models import ShippedLot, TransferOrder, TransferOrderLine
from app.dispatch.orders import REFERENCE_KIND, close_if_done, lock_needs_if_last, lock_order, record_order
from app.dispatch.rules import (
    Shipped,
    Step,
    day_faults,
    next_state,
    proof_faults,
    served_units,
    state_after_delivery,
    unusable_faults,
)
from app.dispatch.schemas import DeliveredLot, ProofOfDelivery, TransferOrderView
from app.dispatch.types import RejectedGoods, TransferOrderState
from app.planning.commitments.service import set_on_the_road
from app.planning.plans.models import AllocationLine, PlanDemand
from app.requisitions.fulfilment import record_deliveries
from app.requisitions.lifecycle import lock_by_lines
from app.stock.models import Lot
from app.stock.service import Movement, lock_lots, move_all
from app.stock.types import StockEnd, StockEventKind


def deliver_order(work: Work, code: str, proof: ProofOfDelivery, if_match: Precondition = ANY_VERSION) -> TransferOrder:
    """Enter the proof of delivery of an order on the road; what was accepted counts for the needs it was sent for.

    Anything rejected or missing opens a case for both ends; what is then still needed stays open for the next plan.
    The plan is closed with its last order. Raises `InvalidInputError` with every fault and `OrderStateError`.
    """
    plan, order = lock_order(work.session, code, if_match, actor=work.actor)
    next_state(order.code, order.state, Step.DELIVER)
    delivered_on = proof.delivered_on or work.today
    days = day_faults(delivered_on, today=work.today, not_before=order.shipped_on, where="delivered_on")
    shipped = _shipped(order, work.today)
    InvalidInputError.raise_if([*days, *proof_faults(proof, shipped), *unusable_faults(proof, shipped)])
    before = TransferOrderView.snapshot(order)
    _write_down(order, proof)
    order.state = state_after_delivery(
        sum(line.shipped_units for line in order.lines), sum(line.accepted_units for line in order.lines)
    )
    order.delivered_on, order.delivered_at = delivered_on, work.now
    order.received_by, order.confirmed_by = proof.received_by, work.actor.name
    differs = order.state is TransferOrderState.DELIVERED_WITH_DISCREPANCY
    case_code = next_code(work.session, "DC", work.today) if differs else None
    served = _served(work.session, order)
    lock_needs_if_last(work.session, plan, order)
    lock_by_lines(work.session, served)
    lock_lots(work.session, sorted({lot.lot_id for line in order.lines for lot in line.lots}))
    move_all(work, _movements(order, delivered_on))
    set_on_the_road(work.session, {line.allocation_line_id: 0 for line in order.lines})
    record_deliveries(work, served, reference=order.code)
    record_order(work, order, f"TRANSFER_ORDER_{order.state.value}", before, _accepted_anyway(proof))
    if case_code is not None:
        open_case(work, case_code, order)
    close_if_done(work, plan)
    return order


def why_unusable(lot: Lot, today: date) -> str:
    """Why a lot may not be accepted at delivery: it is blocked (recalled) or expired; else empty."""
    if lot.blocked_reason is not None:
        return lot.blocked_reason
    if lot.expiry_date is not None and lot.expiry_date < today:
        return lot.expiry_date.isoformat()
    return ""


def _shipped(order: TransferOrder, today: date) -> list[Shipped]:
    return [
        Shipped(
            line=line.position,
            lot_id=lot.lot_id,
            lot=lot.lot.code,
            units=lot.quantity,
            unusable=why_unusable(lot.lot, today),
        )
        for line in order.lines
        for lot in line.lots
    ]


def _accepted_anyway(proof: ProofOfDelivery) -> dict[str, str]:
    """Why lots that may not be used were accepted, by line and lot, for the audit trail."""
    return {f"{one.line}/{one.lot_id}": one.acceptance_reason for one in proof.lots if one.acceptance_reason}


def _write_down(order: TransferOrder, proof: ProofOfDelivery) -> None:
    told = {(one.line, one.lot_id): one for one in proof.lots}
    for line in order.lines:
        for lot in line.lots:
            if proof.accepted_in_full:
                lot.accepted_units = lot.quantity
            else:
                _fill_in(lot, told[line.position, lot.lot_id])
        line.accepted_units = sum(lot.accepted_units for lot in line.lots)
        line.rejected_units = sum(lot.rejected_units for lot in line.lots)
        line.missing_units = sum(lot.missing_units for lot in line.lots)


def _fill_in(lot: ShippedLot, told: DeliveredLot) -> None:
    lot.accepted_units, lot.rejected_units = told.accepted_units, told.rejected_units
    lot.missing_units = lot.quantity - told.accepted_units - told.rejected_units
    if told.rejected_units > 0:
        lot.rejected_goods, lot.rejection_reason = told.rejected_goods, told.rejection_reason
    if lot.missing_units > 0:
        lot.missing_reason = told.missing_reason


def _served(session: Session, order: TransferOrder) -> dict[int, int]:
    """What was accepted, by requisition line and in units asked for; needs that got nothing are left out."""
    query = select(AllocationLine.id, PlanDemand.requisition_line_id).join(AllocationLine.demand)
    ids = [line.allocation_line_id for line in order.lines]
    needs = dict(session.execute(query.where(AllocationLine.id.in_(ids))).all())
    accepted: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for line in order.lines:
        accepted[needs[line.allocation_line_id]].append((line.accepted_units, line.ratio_permille))
    served = {need: served_units(accepted[need]) for need in sorted(accepted)}
    return {need: units for need, units in served.items() if units > 0}


def _movements(order: TransferOrder, day: date) -> list[Movement]:
    lots = [(line, lot) for line in order.lines for lot in line.lots]
    return [movement for line, lot in lots for movement in _ways_of(order, line, lot, day)]


def _ways_of(order: TransferOrder, line: TransferOrderLine, lot: ShippedLot, day: date) -> Sequence[Movement]:
    """Where the units of a shipped lot went: to the facility, back to the warehouse, written off, or missing."""
    note = f"{order.code}/{line.position}"
    written_off = lot.rejected_goods is RejectedGoods.WRITTEN_OFF
    rejected_to = StockEnd.LOST if written_off else StockEnd.WAREHOUSE
    ways = (
        (StockEventKind.DELIVERY, StockEnd.FACILITY, lot.accepted_units, ""),
        (
            StockEventKind.LOSS if written_off else StockEventKind.RETURN,
            rejected_to,
            lot.rejected_units,
            f"{note}: {lot.rejection_reason}",
        ),
        (StockEventKind.LOSS, StockEnd.LOST, lot.missing_units, f"{note}: {lot.missing_reason}"),
    )
    return [
        Movement(
            kind=kind,
            lot_id=lot.lot_id,
            quantity=units,
            from_end=StockEnd.TRANSIT,
            to_end=end,
            to_warehouse_id=order.warehouse_id if end is StockEnd.WAREHOUSE else None,
            facility_id=order.facility_id,
            occurred_on=day,
            reason=reason,
            reference_kind=REFERENCE_KIND,
            reference_key=order.code,
        )
        for kind, end, units, reason in ways
        if units > 0
    ]
