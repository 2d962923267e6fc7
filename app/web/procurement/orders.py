"""Purchase orders: the list, with what approved plans ask to be bought, and each order with its steps."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.planning.approval.models import PlanOrder
from app.planning.approval.purchasing import order_purchases, plans_to_order
from app.planning.approval.schemas import PlanOrderConfirmation
from app.planning.plans.service import plan_by_code
from app.procurement import orders
from app.procurement.models import PurchaseOrder, PurchaseOrderLine, Receipt
from app.procurement.money import is_overpriced, line_amount_fen, price_ratio_permille
from app.procurement.order_schemas import SpecialReview
from app.procurement.orders import ReviewStatus
from app.procurement.receipts import select_receipts
from app.procurement.rules import ORDER_STEPS, Step
from app.procurement.schemas import Closing, Rescheduling
from app.procurement.types import PurchaseOrderState, ReviewOutcome
from app.web.kit.choices import fund_choices, word_choices
from app.web.kit.columns import Column, Kind, channel_column, code_column, day_column, name_column, state_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.tables import (
    Listing,
    channel_filter,
    choice_filter,
    item_filter,
    partner_filter,
    state_filter,
    warehouse_filter,
    word_filter,
)

router = APIRouter(include_in_schema=False)


def overpriced(order: PurchaseOrder) -> bool:
    """Does a line cost more than 1.3 times its reference?"""
    return any(is_overpriced(line.unit_price_microyuan, line.reference_price_microyuan) for line in order.lines)


def priced_lines(order: PurchaseOrder) -> list[tuple[PurchaseOrderLine, int, int | None, bool]]:
    """Each line with its amount in fen, its price as thousandths of the reference, and whether that is far above it."""
    return [
        (
            line,
            line_amount_fen(line.unit_price_microyuan, line.ordered_units),
            price_ratio_permille(line.unit_price_microyuan, line.reference_price_microyuan),
            is_overpriced(line.unit_price_microyuan, line.reference_price_microyuan),
        )
        for line in order.lines
    ]


def _columns() -> list[Column[PurchaseOrder]]:
    return [
        code_column("/purchase-orders", PurchaseOrder.id),
        name_column("partner", "Supplier", lambda row: row.partner),
        state_column(lambda row: row.state, PurchaseOrder.state),
        channel_column(lambda row: row.supply_channel, PurchaseOrder.supply_channel),
        Column(key="lines", title="Items", value=lambda row: len(row.lines), kind=Kind.NUMBER),
        Column(
            key="total", title="Total", value=lambda row: row.total_fen, kind=Kind.MONEY, order=PurchaseOrder.total_fen
        ),
        Column(
            key="price",
            title="Price",
            value=lambda row: "price.high" if overpriced(row) else "price.fair",
            kind=Kind.WORD,
            tone=lambda row: "low" if overpriced(row) else "",
        ),
        day_column("day", "Expected on", lambda row: row.expected_on, PurchaseOrder.expected_on),
        day_column("review", "Review by", _open_review, PurchaseOrder.review_by),
        name_column("fund", "Fund", lambda row: row.fund_source),
    ]


def _open_review(order: PurchaseOrder) -> date | None:
    is_open = order.reviewed_at is None and order.state is not PurchaseOrderState.CANCELLED
    return order.review_by if is_open else None


@router.get("/purchase-orders", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_orders(page: Page, session: Reader) -> Response:
    """All orders, the newest first."""
    return orders_page(page, session, Form())


def orders_page(page: PageContext, session: Session, form: Form) -> Response:
    """The list, with a form that was refused."""
    words, today = page.words, page.clock.today()
    prices = [("high", words("price.high")), ("fair", words("price.fair"))]
    filters = [
        state_filter(words, PurchaseOrderState, PurchaseOrder.state),
        channel_filter(words, lambda rows, channel: rows.where(PurchaseOrder.supply_channel == channel)),
        partner_filter(session, words, lambda rows, code: rows.where(PurchaseOrder.partner.has(code=code))),
        item_filter(session, words, lambda rows, code: _also(rows, orders.select_orders(today=today, item=code))),
        warehouse_filter(session, words, lambda rows, code: rows.where(PurchaseOrder.warehouse.has(code=code))),
        choice_filter(
            "fund",
            "Fund",
            fund_choices(session, words),
            lambda rows, code: rows.where(PurchaseOrder.fund_source.has(code=code)),
        ),
        choice_filter(
            "price",
            "Price",
            prices,
            lambda rows, text: _also(rows, orders.select_orders(today=today, overpriced=text == "high")),
        ),
        word_filter(
            words,
            "review",
            "Review",
            "review",
            ReviewStatus,
            lambda rows, review: _also(rows, orders.select_orders(today=today, review=review)),
        ),
    ]
    listing = Listing(
        file_name="Purchase orders",
        rows=orders.select_orders(today=today),
        columns=_columns(),
        filters=filters,
        key=PurchaseOrder.id,
        sort="-code",
        empty="Nothing has been ordered yet. Begin with a new order.",
    )
    to_order = plans_to_order(session) if page.actor.may(Right.PURCHASE_ORDER) else {}
    bought = {
        plan: sum(line_amount_fen(one.offer.unit_price_microyuan, one.quantity) for one in purchases)
        for plan, purchases in to_order.items()
    }
    return page.render_list(
        session,
        listing,
        "procurement/orders.html",
        to_order=to_order,
        bought_fen=bought,
        needs_fund={plan for plan, rows in to_order.items() if any(row.offer.fund_source is None for row in rows)},
        funds=fund_choices(session, words),
        form=form,
    )


def _also(rows: Any, more: Select[PurchaseOrder]) -> Any:
    """The rows that another query of the same table lets pass too."""
    return rows.where(more.whereclause)


@router.post("/plans/{code}/purchase-orders", dependencies=[needs(Right.PURCHASE_ORDER)])
def order_what_a_plan_buys(code: Code, sent: SentForm) -> Response:
    """Show the orders that what an approved plan buys would become; with one's own name, place them."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        confirmation = whole_payload(FormReader(work.session), PlanOrderConfirmation, typed)
        order_purchases(work, code, confirmation)
        return "/purchase-orders?sort=-code"

    def preview(work: Work, form: Form, _: str) -> Response:
        ids = select(PlanOrder.purchase_order_id).where(PlanOrder.plan_id == plan_by_code(work.session, code).id)
        placed = work.session.scalars(select(PurchaseOrder).where(PurchaseOrder.id.in_(ids)).order_by(PurchaseOrder.id))
        return page.render(
            "procurement/confirm.html",
            form=form,
            orders=placed.unique().all(),
            lines_of=priced_lines,
            title=page.words("Order what plan {plan} buys", plan=code),
            lead=page.words("Nothing has been ordered yet: this is what is ordered, approved and placed at once."),
            address=f"/plans/{code}/purchase-orders",
            button=page.words("Order with my name"),
        )

    return sent.confirm(act, lambda session, form: orders_page(page, session, form), preview)


@router.get("/purchase-orders/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_order(code: Code, page: Page, session: Reader) -> Response:
    """One order: what it costs beside the reference, what came, and what can be done now."""
    return order_page(page, session, code, Form())


def order_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    """The page of an order, with a form that was refused."""
    order = orders.order_by_code(session, code)
    came = session.scalars(select_receipts(purchase_order=code).order_by(Receipt.id)).unique().all()
    open_steps = {step.value for step, states in ORDER_STEPS.items() if order.state in states}
    if order.review_by is None or order.reviewed_at is not None:
        open_steps.discard(Step.REVIEW.value)
    return page.render(
        "procurement/order.html",
        form=form,
        order=order,
        lines=priced_lines(order),
        receipts=came,
        open_steps=open_steps,
        outcomes=word_choices(page.words, "outcome", ReviewOutcome),
    )


def _approve(work: Work, code: str, _: Typed) -> None:
    orders.approve_order(work, code)


def _place(work: Work, code: str, _: Typed) -> None:
    orders.place_order(work, code)


def _reschedule(work: Work, code: str, typed: Typed) -> None:
    new = whole_payload(FormReader(work.session), Rescheduling, typed)
    orders.reschedule_order(work, code, new)


def _cancel(work: Work, code: str, typed: Typed) -> None:
    closing = whole_payload(FormReader(work.session), Closing, typed)
    orders.cancel_order(work, code, closing)


def _close_short(work: Work, code: str, typed: Typed) -> None:
    closing = whole_payload(FormReader(work.session), Closing, typed)
    orders.close_order_short(work, code, closing)


def _review(work: Work, code: str, typed: Typed) -> None:
    review = whole_payload(FormReader(work.session), SpecialReview, typed)
    orders.review_special_handling(work, code, review)


_STEPS: Mapping[Step, Callable[[Work, str, Typed], None]] = {
    Step.APPROVE: _approve, Step.PLACE: _place, Step.RESCHEDULE: _reschedule, Step.CANCEL: _cancel,
    Step.CLOSE_SHORT: _close_short, Step.REVIEW: _review,
}  # fmt: skip


def _take(sent: SentForm, code: str, step: Step) -> Response:
    def act(work: Work, typed: Typed) -> str:
        _STEPS[step](work, code, typed)
        return f"/purchase-orders/{code}"

    return sent.run(act, lambda session, form: order_page(sent.page, session, code, form), part=step.value)


@router.post("/purchase-orders/{code}/approve", dependencies=[needs(Right.PURCHASE_ORDER_APPROVE)])
def approve_order(code: Code, sent: SentForm) -> Response:
    """From now on it may be placed."""
    return _take(sent, code, Step.APPROVE)


@router.post("/purchase-orders/{code}/place", dependencies=[needs(Right.PURCHASE_ORDER)])
def place_order(code: Code, sent: SentForm) -> Response:
    """Takes its offers and its money."""
    return _take(sent, code, Step.PLACE)


@router.post("/purchase-orders/{code}/reschedule", dependencies=[needs(Right.PURCHASE_ORDER)])
def reschedule_order(code: Code, sent: SentForm) -> Response:
    """Expected on another day."""
    return _take(sent, code, Step.RESCHEDULE)


@router.post("/purchase-orders/{code}/cancel", dependencies=[needs(Right.PURCHASE_ORDER)])
def cancel_order(code: Code, sent: SentForm) -> Response:
    """Called off."""
    return _take(sent, code, Step.CANCEL)


@router.post("/purchase-orders/{code}/close-short", dependencies=[needs(Right.PURCHASE_ORDER)])
def close_order_short(code: Code, sent: SentForm) -> Response:
    """Nothing more will come."""
    return _take(sent, code, Step.CLOSE_SHORT)


@router.post("/purchase-orders/{code}/review", dependencies=[needs(Right.SPECIAL_HANDLING_REVIEW)])
def review_order(code: Code, sent: SentForm) -> Response:
    """What the reviewer of special handling found."""
    return _take(sent, code, Step.REVIEW)
