"""Takes back a shipment whose vehicle turned round: its goods are in the warehouse again and the need is open."""

from datetime import date

from app.core.errors import InvalidInputError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import TransferOrder
from app.dispatch.orders import REFERENCE_KIND, close_if_done, lock_needs_if_last, lock_order, record_order
from app.dispatch.rules import Step, day_faults, next_state
from app.dispatch.schemas import TransferOrderView, TurnBack
from app.planning.commitments.service import set_on_the_road
from app.stock.service import Movement, lock_lots, move_all
from app.stock.types import StockEnd, StockEventKind


def turn_back(work: Work, code: str, new: TurnBack, if_match: Precondition = ANY_VERSION) -> TransferOrder:
    """Take a whole shipment back into the warehouse that it left; the next plan sees to its needs.

    Raises `OrderStateError` for an order that is not on the road, `InvalidInputError` for a day that does not fit, and
    `ForbiddenError` for a warehouse beyond the actor's reach.
    """
    plan, order = lock_order(work.session, code, if_match, actor=work.actor)
    after = next_state(order.code, order.state, Step.TURN_BACK)
    returned_on = new.returned_on or work.today
    InvalidInputError.raise_if(
        day_faults(returned_on, today=work.today, not_before=order.shipped_on, where="returned_on")
    )
    before = TransferOrderView.snapshot(order)
    lock_needs_if_last(work.session, plan, order)
    lock_lots(work.session, sorted({lot.lot_id for line in order.lines for lot in line.lots}))
    move_all(work, _movements(order, returned_on, new.reason))
    set_on_the_road(work.session, {line.allocation_line_id: 0 for line in order.lines})
    order.state, order.closing_reason = after, new.reason
    record_order(work, order, "TRANSFER_ORDER_RETURNED", before)
    close_if_done(work, plan)
    return order


def _movements(order: TransferOrder, day: date, reason: str) -> list[Movement]:
    return [
        Movement(
            kind=StockEventKind.RETURN,
            lot_id=lot.lot_id,
            quantity=lot.quantity,
            from_end=StockEnd.TRANSIT,
            to_end=StockEnd.WAREHOUSE,
            to_warehouse_id=order.warehouse_id,
            facility_id=order.facility_id,
            occurred_on=day,
            reason=f"{order.code}/{line.position}: {reason}",
            reference_kind=REFERENCE_KIND,
            reference_key=order.code,
        )
        for line in order.lines
        for lot in line.lots
    ]
