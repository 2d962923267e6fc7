"""The API of purchase orders."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from app.auth import Right, Write, needs
from app.core.errors import Fault
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.core.i18n import choose_language, translate
from app.partners.types import SupplyChannel
from app.procurement import orders
from app.procurement.models import PurchaseOrder
from app.procurement.order_schemas import NewPurchaseOrder, PlacedOrderView, PurchaseOrderView, SpecialReview
from app.procurement.orders import PlacedOrder, ReviewStatus
from app.procurement.schemas import Closing, Notice, Rescheduling
from app.procurement.types import PurchaseOrderState

router = APIRouter(prefix="/purchase-orders")


async def _language(request: Request) -> str:
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
) -> Rendered[Page[PurchaseOrderView]]:
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
def create_order(new: NewPurchaseOrder, work: Write, language: Language, once: Once) -> Rendered[PlacedOrderView]:
    """A draft; an order of special handling is placed at once and must name its grounds and its review."""
    return once(work, lambda: Rendered(show_placed(orders.create_purchase_order(work, new), language)))


@router.get(
    "/{code}", summary="Show an order", responses=problem_answers(404), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def show_order(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[PurchaseOrderView]:
    """One order with its lines and how their prices compare."""
    return known.answer(orders.order_by_code(session, code), PurchaseOrderView.of)


@router.post(
    "/{code}/approve",
    summary="Approve a draft",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER_APPROVE)],
)
def approve_order(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[PurchaseOrderView]:
    """From now on it may be placed."""
    return once(work, lambda: tagged(orders.approve_order(work, code, if_match), PurchaseOrderView.of))


@router.post(
    "/{code}/place",
    summary="Place an approved order",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def place_order(
    code: Code, work: Write, language: Language, if_match: OptionalIfMatch, once: Once
) -> Rendered[PlacedOrderView]:
    """Takes its offers and commits its money, or refuses and changes nothing."""
    return once(work, lambda: Rendered(show_placed(orders.place_order(work, code, if_match), language)))


@router.post(
    "/{code}/reschedule",
    summary="Expect an order on another day",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def reschedule_order(
    code: Code, new: Rescheduling, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PurchaseOrderView]:
    """Earlier or later; the next plan counts with it."""
    return once(work, lambda: tagged(orders.reschedule_order(work, code, new, if_match), PurchaseOrderView.of))


@router.post(
    "/{code}/cancel",
    summary="Call off an order",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def cancel_order(
    code: Code, closing: Closing, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PurchaseOrderView]:
    """Only while nothing was accepted; money and offers are given back."""
    return once(work, lambda: tagged(orders.cancel_order(work, code, closing, if_match), PurchaseOrderView.of))


@router.post(
    "/{code}/close-short",
    summary="Expect nothing more",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PURCHASE_ORDER)],
)
def close_order_short(
    code: Code, closing: Closing, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PurchaseOrderView]:
    """For an order that has come in part; the money of the rest is given back."""
    return once(work, lambda: tagged(orders.close_order_short(work, code, closing, if_match), PurchaseOrderView.of))


@router.post(
    "/{code}/review",
    summary="Review special handling",
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.SPECIAL_HANDLING_REVIEW)],
)
def review_order(
    code: Code, review: SpecialReview, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PurchaseOrderView]:
    """Once, by somebody else than who ordered."""
    return once(
        work, lambda: tagged(orders.review_special_handling(work, code, review, if_match), PurchaseOrderView.of)
    )
