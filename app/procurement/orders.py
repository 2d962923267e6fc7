"""Purchase orders: drafted, approved, placed with their money, ended; special handling is placed at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, not_, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.errors import ConflictError, Fault, InvalidInputError, missing
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code, set_fields
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.partners.models import Partner
from app.partners.types import SupplyChannel
from app.procurement.funds import commit_fund, release_fund
from app.procurement.models import FundSource, Offer, PurchaseOrder, PurchaseOrderLine
from app.procurement.money import PRICE_ALERT_PERMILLE, total_amount_fen
from app.procurement.named import look_up
from app.procurement.offers import give_back_to_offers, take_from_offers
from app.procurement.order_schemas import NewOrderLine, NewPurchaseOrder, PurchaseOrderView, SpecialReview
from app.procurement.rules import (
    ORDER_STEPS,
    OfferFacts,
    OwnReviewError,
    Step,
    check_step,
    offer_match_faults,
    order_faults,
    past_day_faults,
    price_warning,
    review_refusal,
    total_faults,
)
from app.procurement.schemas import Closing, Rescheduling
from app.procurement.types import PurchaseOrderState

REFERENCE_KIND = "purchase_order"
"""What fund commitments of orders refer to, by the order's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """An order after a step that may place it, and what was let pass but should be looked at."""

    order: PurchaseOrder
    warnings: tuple[Fault, ...]


def order_by_code(session: Session, code: str) -> PurchaseOrder:
    """The purchase order with this code; raises `NotFoundError`."""
    return row_by_code(session, PurchaseOrder, "purchase order", code)


def lock_order(session: Session, code: str) -> PurchaseOrder:
    """As `order_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, PurchaseOrder, "purchase order", code)


class ReviewStatus(StrEnum):
    """How an order of special handling stands with its review; a cancelled one has nothing to review."""

    PENDING = "PENDING"
    OVERDUE = "OVERDUE"
    DONE = "DONE"


def select_orders(
    *,
    today: date,
    state: PurchaseOrderState | None = None,
    supply_channel: SupplyChannel | None = None,
    partner: str | None = None,
    warehouse: str | None = None,
    fund: str | None = None,
    item: str | None = None,
    overpriced: bool | None = None,
    review: ReviewStatus | None = None,
) -> Select[PurchaseOrder]:
    """The orders that all the filters given let pass; OVERDUE reviews are PENDING ones past their day."""
    tests: list[ColumnElement[bool]] = []
    if state is not None:
        tests.append(PurchaseOrder.state == state)
    if supply_channel is not None:
        tests.append(PurchaseOrder.supply_channel == supply_channel)
    if partner is not None:
        tests.append(PurchaseOrder.partner.has(Partner.code == partner))
    if warehouse is not None:
        tests.append(PurchaseOrder.warehouse.has(Facility.code == warehouse))
    if fund is not None:
        tests.append(PurchaseOrder.fund_source.has(FundSource.code == fund))
    if item is not None:
        tests.append(PurchaseOrder.lines.any(PurchaseOrderLine.item.has(Item.code == item)))
    if overpriced is not None:
        reference, price = PurchaseOrderLine.reference_price_microyuan, PurchaseOrderLine.unit_price_microyuan
        # The same exact products as money.is_overpriced.
        flagged = PurchaseOrder.lines.any(and_(reference > 0, reference * PRICE_ALERT_PERMILLE < price * 1_000))
        tests.append(flagged if overpriced else not_(flagged))
    if review is not None:
        done = review is ReviewStatus.DONE
        tests.append(PurchaseOrder.supply_channel == SupplyChannel.SPECIAL_HANDLING)
        tests.append(PurchaseOrder.state != PurchaseOrderState.CANCELLED)
        tests.append(PurchaseOrder.reviewed_at.is_not(None) if done else PurchaseOrder.reviewed_at.is_(None))
    if review is ReviewStatus.OVERDUE:
        tests.append(PurchaseOrder.review_by < today)
    return select(PurchaseOrder).where(*tests)


def create_purchase_order(work: Work, new: NewPurchaseOrder) -> PlacedOrder:
    """Draft an order; one of special handling is placed in the same breath, with offers taken and money committed.

    Raises `InvalidInputError` with every fault, and for special handling what `place_order` raises.
    """
    special = new.special_handling
    offers = _offers(work.session, new)
    prices = [_price_microyuan(line, offers) for line in new.lines]
    costs = [(price or 0, line.quantity) for price, line in zip(prices, new.lines, strict=True)]
    faults = order_faults(new, today=work.today) + _offer_faults(new, offers)
    faults += total_faults(costs, has_fund=new.fund is not None)
    named = look_up(
        work.session,
        partner=new.partner,
        warehouse=new.warehouse,
        items=[line.item for line in new.lines],
        items_where="lines.{n}.item",
        fund=new.fund,
        faults=faults,
    )
    lines = [
        PurchaseOrderLine(
            item=named.items[line.item],
            offer=offers.get(line.offer or ""),
            ordered_units=units,
            accepted_units=0,
            rejected_units=0,
            unit_price_microyuan=price_microyuan,
            reference_price_microyuan=named.items[line.item].value_microyuan_per_unit,
        )
        for line, (price_microyuan, units) in zip(new.lines, costs, strict=True)
    ]
    order = PurchaseOrder(
        code=next_code(work.session, "PO", work.today),
        partner=named.partner,
        supply_channel=new.supply_channel,
        warehouse=named.warehouse,
        fund_source=named.fund,
        state=PurchaseOrderState.DRAFT,
        created_at=work.now,
        created_by=work.actor.name,
        expected_on=new.expected_on,
        total_fen=total_amount_fen(costs),
        lines=lines,
        legal_basis=special.legal_basis if special else "",
        special_reason=special.reason if special else "",
        review_by=special.review_by if special else None,
        review_note="",
        closing_reason="",
    )
    work.session.add(order)
    work.session.flush()
    if special is None:
        _record_created(work, order)
        return PlacedOrder(order=order, warnings=_price_warnings(order))
    warnings = _place(work, order)
    _record_created(work, order)
    return PlacedOrder(order=order, warnings=warnings)


def approve_order(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> PurchaseOrder:
    """Let a draft be placed."""
    order = _for_step(work.session, code, if_match, Step.APPROVE)
    approved = {"state": PurchaseOrderState.APPROVED, "approved_at": work.now, "approved_by": work.actor.name}
    return _change(work, order, "PURCHASE_ORDER_APPROVED", approved)


def place_order(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> PlacedOrder:
    """Send an approved order: take its offers and commit its money.

    Raises `OfferUnavailableError`, `FundOverspentError` or `WrongStateError`; then nothing has changed.
    """
    order = _for_step(work.session, code, if_match, Step.PLACE)
    before = PurchaseOrderView.snapshot(order)
    warnings = _place(work, order)
    work.record_change(
        "PURCHASE_ORDER_PLACED", "purchase_order", code, before=before, after=PurchaseOrderView.snapshot(order)
    )
    return PlacedOrder(order=order, warnings=warnings)


def reschedule_order(work: Work, code: str, new: Rescheduling, if_match: Precondition = ANY_VERSION) -> PurchaseOrder:
    """Expect an order on another day; the reason goes into the audit trail."""
    order = _for_step(work.session, code, if_match, Step.RESCHEDULE)
    InvalidInputError.raise_if(past_day_faults(new.expected_on, work.today, "expected_on"))
    day = {"expected_on": new.expected_on}
    return _change(work, order, "PURCHASE_ORDER_RESCHEDULED", day, reason=new.reason)


def cancel_order(work: Work, code: str, closing: Closing, if_match: Precondition = ANY_VERSION) -> PurchaseOrder:
    """Call off an order of which nothing was accepted; offers and money are given back whole."""
    order = _for_step(work.session, code, if_match, Step.CANCEL)
    return _end(work, order, "PURCHASE_ORDER_CANCELLED", PurchaseOrderState.CANCELLED, closing)


def close_order_short(work: Work, code: str, closing: Closing, if_match: Precondition = ANY_VERSION) -> PurchaseOrder:
    """Expect nothing more of an order that has come in part; the fund keeps only what was accepted committed."""
    order = _for_step(work.session, code, if_match, Step.CLOSE_SHORT)
    return _end(work, order, "PURCHASE_ORDER_CLOSED_SHORT", PurchaseOrderState.RECEIVED, closing)


def review_special_handling(
    work: Work, code: str, review: SpecialReview, if_match: Precondition = ANY_VERSION
) -> PurchaseOrder:
    """Write down what the reviewer of a special-handling order found, once.

    Raises `OwnReviewError` for the one who ordered, `ConflictError` where there is nothing to review.
    """
    order = if_match.check(lock_order(work.session, code))
    is_special = order.supply_channel is SupplyChannel.SPECIAL_HANDLING
    refusal = review_refusal(code, is_special=is_special, reviewed_by=order.reviewed_by)
    if refusal is not None:
        raise ConflictError(refusal)
    check_step(code, order.state, Step.REVIEW, ORDER_STEPS[Step.REVIEW])
    if work.actor.name == order.ordered_by:
        message = "{order} was ordered by {actor}; somebody else must review it."
        raise OwnReviewError(Fault(OwnReviewError.code, message, "", {"order": code, "actor": work.actor.name}))
    found = {
        "reviewed_at": work.now,
        "reviewed_by": work.actor.name,
        "review_outcome": review.outcome,
        "review_note": review.note,
    }
    return _change(work, order, "PURCHASE_ORDER_REVIEWED", found)


def _offers(session: Session, new: NewPurchaseOrder) -> dict[str, Offer]:
    codes = sorted({line.offer for line in new.lines if line.offer is not None})
    return {offer.code: offer for offer in session.scalars(select(Offer).where(Offer.code.in_(codes)))}


def _price_microyuan(line: NewOrderLine, offers: Mapping[str, Offer]) -> int | None:
    """The price of a line; None where neither it nor a known offer names one, which is a fault of the order."""
    offer = offers.get(line.offer or "")
    if line.unit_price_microyuan is None and offer is not None:
        return offer.unit_price_microyuan
    return line.unit_price_microyuan


def _offer_faults(new: NewPurchaseOrder, offers: Mapping[str, Offer]) -> list[Fault]:
    faults: list[Fault] = []
    for n, line in enumerate(new.lines):
        if line.offer is None:
            continue
        offer = offers.get(line.offer)
        if offer is None:
            faults.append(missing("offer", line.offer, where=f"lines.{n}.offer"))
            continue
        facts = OfferFacts(
            code=offer.code,
            partner=offer.partner.code,
            item=offer.item.code,
            warehouse=offer.warehouse.code,
            supply_channel=offer.supply_channel,
            unit_price_microyuan=offer.unit_price_microyuan,
        )
        faults += offer_match_faults(facts, new, n)
    return faults


def _place(work: Work, order: PurchaseOrder) -> tuple[Fault, ...]:
    """Lock order of all that changes orders: the order, its offers by id, its fund, the audit trail."""
    wanted = {
        line.offer_id: (line.ordered_units, f"lines.{n}.offer")
        for n, line in enumerate(order.lines)
        if line.offer_id is not None
    }
    take_from_offers(work.session, wanted, work.today)
    order.state = PurchaseOrderState.ORDERED
    order.ordered_on, order.ordered_by = work.today, work.actor.name
    for line in order.lines:
        line.reference_price_microyuan = line.item.value_microyuan_per_unit
    work.session.flush()
    warnings: tuple[Fault, ...] = ()
    if order.fund_source is not None and order.total_fen > 0:
        use = commit_fund(work, order.fund_source, order.total_fen, REFERENCE_KIND, order.code)
        warnings = use.warnings
    return warnings + _price_warnings(order)


def _price_warnings(order: PurchaseOrder) -> tuple[Fault, ...]:
    warnings = (
        price_warning(
            line.item.code,
            line.unit_price_microyuan,
            line.reference_price_microyuan,
            f"lines.{n}.unit_price_microyuan",
        )
        for n, line in enumerate(order.lines)
    )
    return tuple(warning for warning in warnings if warning is not None)


def _end(work: Work, order: PurchaseOrder, action: str, state: PurchaseOrderState, closing: Closing) -> PurchaseOrder:
    if order.ordered_on is not None:
        open_units = {
            line.offer_id: line.ordered_units - line.accepted_units for line in order.lines if line.offer_id is not None
        }
        give_back_to_offers(work.session, open_units)
        keep_fen = total_amount_fen((line.unit_price_microyuan, line.accepted_units) for line in order.lines)
        release_fund(work, REFERENCE_KIND, order.code, keep_fen=keep_fen)
    ended = {"state": state, "closing_reason": closing.reason}
    return _change(work, order, action, ended)


def _for_step(session: Session, code: str, if_match: Precondition, step: Step) -> PurchaseOrder:
    order = if_match.check(lock_order(session, code))
    check_step(code, order.state, step, ORDER_STEPS[step])
    return order


def _change(
    work: Work, order: PurchaseOrder, action: str, values: Mapping[str, object], *, reason: str = ""
) -> PurchaseOrder:
    before = PurchaseOrderView.snapshot(order) | {"reason": ""}
    set_fields(order, values)
    work.record_change(
        action,
        "purchase_order",
        order.code,
        before=before,
        after=PurchaseOrderView.snapshot(order) | {"reason": reason},
    )
    return order


def _record_created(work: Work, order: PurchaseOrder) -> None:
    work.record("PURCHASE_ORDER_CREATED", "purchase_order", order.code, after=PurchaseOrderView.snapshot(order))
