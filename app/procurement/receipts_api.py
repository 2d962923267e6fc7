"""The API of receipts."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Day
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.partners.types import SupplyChannel
from app.procurement import receipts, receipts_corrections
from app.procurement.models import Receipt
from app.procurement.order_schemas import NewDisposal, NewReceipt, ReceiptReversalReason, ReceiptView

router = APIRouter(prefix="/receipts")


@router.get("", summary="List receipts", responses=problem_answers(), dependencies=[needs(Right.PROCUREMENT_READ)])
def list_receipts(
    session: Reader,
    cursor: PageCursor,
    partner: Code | None = None,
    warehouse: Code | None = None,
    supply_channel: SupplyChannel | None = None,
    purchase_order: Code | None = None,
    pledge: Code | None = None,
    item: Code | None = None,
    received_from: Day | None = None,
    received_until: Day | None = None,
    waiting_rejected: Annotated[
        bool | None, Query(description="Rejected goods wait to be returned or destroyed.")
    ] = None,
) -> Rendered[Page[ReceiptView]]:
    """What came, by channel, partner, warehouse, document, item and day."""
    query = receipts.select_receipts(
        partner=partner,
        warehouse=warehouse,
        supply_channel=supply_channel,
        purchase_order=purchase_order,
        pledge=pledge,
        item=item,
        received_from=received_from,
        received_until=received_until,
        waiting_rejected=waiting_rejected,
    )
    return show_page(session, query, Receipt.id, cursor, ReceiptView)


@router.post(
    "",
    status_code=201,
    summary="Record what came",
    responses=problem_answers(409),
    dependencies=[needs(Right.STOCK_RECEIVE)],
)
def receive_goods(new: NewReceipt, work: Write, once: Once) -> Rendered[ReceiptView]:
    """Accepted units go into stock at once; rejected ones are written down with the reason."""
    return once(work, lambda: tagged(receipts.receive_goods(work, new), ReceiptView.of))


@router.get(
    "/{code}", summary="Show a receipt", responses=problem_answers(404), dependencies=[needs(Right.PROCUREMENT_READ)]
)
def show_receipt(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ReceiptView]:
    """One receipt with its lots."""
    return known.answer(receipts.receipt_by_code(session, code), ReceiptView.of)


@router.post(
    "/{code}/reverse",
    summary="Undo a receipt",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def reverse_receipt(
    code: Code, why: ReceiptReversalReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[ReceiptView]:
    """Entered by mistake: its goods leave the stock, its order or pledge waits for them again; the receipt stays."""
    return once(
        work, lambda: tagged(receipts_corrections.reverse_receipt(work, code, why.reason, if_match), ReceiptView.of)
    )


@router.post(
    "/{code}/dispose",
    summary="Say where rejected goods went",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_RECEIVE)],
)
def dispose_of_rejected(
    code: Code, new: NewDisposal, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[ReceiptView]:
    """Returned to who sent them, or destroyed; never more than was rejected."""
    return once(
        work, lambda: tagged(receipts_corrections.dispose_of_rejected(work, code, new, if_match), ReceiptView.of)
    )
