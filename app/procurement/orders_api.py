"""The API of purchase orders."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Query, Request

from app.auth import Right, Write, needs
from app.core.errors import Fault
from app.core.http.payloads import Code, Now, Page, PageCursor, Reader, problem_answers, show_page
from app.core.http.routing import ServiceRouter
from app.core.i18n import choose_language, translate
from app.partners.types import SupplyChannel
from app.procurement import orders
from app.procurement.models import PurchaseOrder
from app.procurement.order_schemas import NewPurchaseOrder, PlacedOrderView, PurchaseOrderView, SpecialReview
from app.procurement.orders import PlacedOrder, ReviewStatus
from app.procurement.schemas import Closing, Notice, Rescheduling
from app.procurement.types import PurchaseOrderState

router = ServiceRouter(prefix="/purchase-orders")


def _language(request: Request) -> str:
    return choose_language(request.headers.get("accept-language"), request.app.state.settings.default_language)


Language = Annotated[str, Depends(_language)]


def _notices(warnings: Iterable[Fault], language: str) -> list[Notice]:
    return [
        Notice(code=fault.code, detail=translate(fault.message, language, **fault.params), params=dict(fault.params))
        for fault in warnings
    ]


def show_placed(placed: PlacedOrder, language: str) -> PlacedOrderView:
    """A placed order with its warnings in a language."""
    return PlacedOrderView(order=PurchaseOrderView.of(placed.order), warnings=_notices(placed.warnings, language))


@router.get(
    "", summary="List purchase orders", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def list_orders(
    session: Reader,
    cursor: PageCursor,
    clock: Now,
    state: PurchaseOrderState | None = None,
    supply_channel: SupplyChannel | None = None,
    partner: Code | None = None,
    warehouse: Code | None = None,
    fund: Code | None = None,
    item: Code | None = None,
    overpriced: Annotated[bool | None, Query(description="A line costs more than 1.3 times its reference.")] = None,
    review: Annotated[ReviewStatus | None, Query(description="Of special handling; OVERDUE is past its day.")] = None,
) -> Page[PurchaseOrderView]:
    """Orders; with `review=OVERDUE` those that somebody should have reviewed, with `overpriced` the dear ones."""
    query = orders.select_orders(
        today=clock.today(),
        state=state,
        supply_channel=supply_channel,
        partner=partner,
        warehouse=warehouse,
        fund=fund,
        item=item,
        overpriced=overpriced,
        review=review,
    )
    return show_page(session, query, PurchaseOrder.id, cursor, PurchaseOrderView)


@router.post(
    "",
    status_code=201,
    summary="Draft an order",
    responses=problem_answers(409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def create_order(new: NewPurchaseOrder, work: Write, language: Language) -> PlacedOrderView:
    """A draft; an order of special handling is placed at once and must name its grounds and its review."""
    return show_placed(orders.create_purchase_order(work, new), language)


@router.get(
    "/{code}", summary="Show an order", responses=problem_answers(404), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def show_order(code: Code, session: Reader) -> PurchaseOrderView:
    """One order with its lines and how their prices compare."""
    return PurchaseOrderView.of(orders.order_by_code(session, code))


@router.post(
    "/{code}/approve",
    summary="Approve a draft",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER_APPROVE)],
)
def approve_order(code: Code, work: Write) -> PurchaseOrderView:
    """From now on it may be placed."""
    return PurchaseOrderView.of(orders.approve_order(work, code))


@router.post(
    "/{code}/place",
    summary="Place an approved order",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def place_order(code: Code, work: Write, language: Language) -> PlacedOrderView:
    """Takes its offers and commits its money, or refuses and changes nothing."""
    return show_placed(orders.place_order(work, code), language)


@router.post(
    "/{code}/reschedule",
    summary="Expect an order on another day",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def reschedule_order(code: Code, new: Rescheduling, work: Write) -> PurchaseOrderView:
    """Earlier or later; the next plan counts with it."""
    return PurchaseOrderView.of(orders.reschedule_order(work, code, new))


@router.post(
    "/{code}/cancel",
    summary="Call off an order",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def cancel_order(code: Code, closing: Closing, work: Write) -> PurchaseOrderView:
    """Only while nothing was accepted; money and offers are given back."""
    return PurchaseOrderView.of(orders.cancel_order(work, code, closing))


@router.post(
    "/{code}/close-short",
    summary="Expect nothing more",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def close_order_short(code: Code, closing: Closing, work: Write) -> PurchaseOrderView:
    """For an order that has come in part; the money of the rest is given back."""
    return PurchaseOrderView.of(orders.close_order_short(work, code, closing))


@router.post(
    "/{code}/review",
    summary="Review special handling",
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.SPECIAL_HANDLING_REVIEW)],
)
def review_order(code: Code, review: SpecialReview, work: Write) -> PurchaseOrderView:
    """Once, by somebody else than who ordered."""
    return PurchaseOrderView.of(orders.review_special_handling(work, code, review))
