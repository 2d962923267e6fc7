"""What is done to receipts afterwards: one entered by mistake is undone, and rejected goods go somewhere."""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import ConflictError, Fault, InvalidInputError
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.procurement.extra import record_offers, shrink_order, shrink_pledge
from app.procurement.funds import release_fund
from app.procurement.models import Pledge, PurchaseOrder, Receipt, ReceiptReversal, RejectedDisposal
from app.procurement.money import total_amount_fen
from app.procurement.offers import give_back_to_offers
from app.procurement.order_schemas import NewDisposal, ReceiptView
from app.procurement.orders import REFERENCE_KIND as ORDER
from app.procurement.orders import lock_order
from app.procurement.pledges import lock_pledge
from app.procurement.receipts import REFERENCE_KIND, receipt_by_code
from app.procurement.receiving import Rejected, disposal_faults, order_state_after, pledge_state_after_reversal
from app.stock.service import lock_lots, reverse_document


def reverse_receipt(work: Work, code: str, reason: str, if_match: Precondition = ANY_VERSION) -> Receipt:
    """Undo a receipt: its goods leave the stock, and its order or pledge waits for them again.

    An order or pledge that was closed short stays closed; its fund and its offers then get back what was kept for
    these goods. Raises `ConflictError` the second time, `InsufficientStockError` naming every lot of which units are
    gone or promised by now, and `ForbiddenError` for a warehouse beyond the actor's reach; then nothing has changed.
    """
    receipt = _lock_receipt(work.session, code, work.actor, if_match)
    before = ReceiptView.snapshot(receipt)
    lock_lots(work.session, sorted({line.lot_id for line in receipt.lines}))
    reverse_document(work, REFERENCE_KIND, code, reason)
    accepted = Counter[str]()
    rejected = Counter[str]()
    for line in receipt.lines:
        accepted[line.lot.item.code] += line.accepted_units
        rejected[line.lot.item.code] += line.rejected_units
    if receipt.purchase_order is not None:
        _uncount_order(work, receipt, receipt.purchase_order, accepted, rejected)
    if receipt.pledge is not None:
        shrink_pledge(receipt.pledge, receipt.lines)
        _uncount_pledge(receipt.pledge, accepted.total())
    receipt.touch()
    receipt.reversal = ReceiptReversal(reversed_at=work.now, reversed_by=work.actor.name, reason=reason)
    work.session.flush()
    work.record("RECEIPT_REVERSED", REFERENCE_KIND, code, before=before, after=ReceiptView.snapshot(receipt))
    return receipt


def _lock_receipt(session: Session, code: str, actor: Actor, if_match: Precondition) -> Receipt:
    """The receipt with its order or pledge, locked in the order in which receiving locks them; not reversed yet."""
    found = receipt_by_code(session, code)
    actor.refuse_foreign_warehouses([("code", found.warehouse.code)])
    if found.purchase_order is not None:
        lock_order(session, found.purchase_order.code)
    if found.pledge is not None:
        lock_pledge(session, found.pledge.code)
    query = select(Receipt).where(Receipt.id == found.id).with_for_update(of=Receipt)
    receipt = if_match.check(session.scalars(query.execution_options(populate_existing=True)).unique().one())
    if receipt.reversal is not None:
        raise ConflictError.of("Receipt {receipt} has been reversed already.", code="already_reversed", receipt=code)
    return receipt


def _uncount_order(
    work: Work, receipt: Receipt, order: PurchaseOrder, accepted: Counter[str], rejected: Counter[str]
) -> None:
    for line in order.lines:
        line.accepted_units -= accepted[line.item.code]
        line.rejected_units -= rejected[line.item.code]
    order.touch()
    if not order.closing_reason:
        shrunk = shrink_order(work.session, order, receipt.lines, charged=receipt.extra_charged)
        order.state = order_state_after((line.ordered_units, line.accepted_units) for line in order.lines)
        if shrunk.less_fen:
            work.session.flush()
            release_fund(work, ORDER, order.code, keep_fen=order.total_fen)
        record_offers(work, "OFFER_SHRUNK", shrunk.offers)
        return
    given_back = {line.offer_id: accepted[line.item.code] for line in order.lines if line.offer_id is not None}
    give_back_to_offers(work.session, given_back)
    shrunk = shrink_order(work.session, order, receipt.lines, charged=receipt.extra_charged)
    keep_fen = total_amount_fen((line.unit_price_microyuan, line.accepted_units) for line in order.lines)
    release_fund(work, ORDER, order.code, keep_fen=keep_fen)
    record_offers(work, "OFFER_SHRUNK", shrunk.offers)


def _uncount_pledge(pledge: Pledge, accepted_units: int) -> None:
    pledge.received_units -= accepted_units
    if not pledge.closing_reason:
        pledge.state = pledge_state_after_reversal(pledge.quantity, pledge.received_units)


def dispose_of_rejected(work: Work, code: str, new: NewDisposal, if_match: Precondition = ANY_VERSION) -> Receipt:
    """Write down where rejected goods of a receipt went; they were never in stock, so no stock moves.

    Raises `InvalidInputError` with every line that is unknown or has fewer units waiting, `ConflictError` for a
    receipt that was reversed, and `ForbiddenError` for a warehouse beyond the actor's reach.
    """
    receipt = _lock_receipt(work.session, code, work.actor, if_match)
    occurred_on = new.occurred_on or work.today
    faults = disposal_faults(
        new.lines,
        [Rejected(item=line.lot.item.code, waiting_units=line.waiting_units) for line in receipt.lines],
    )
    if not receipt.received_on <= occurred_on <= work.today:
        message = "Rejected goods go on {day}: not before they came on {received_on}, and not on a day to come."
        params = {"day": occurred_on.isoformat(), "received_on": receipt.received_on.isoformat()}
        faults.append(Fault("day_not_fitting", message, "occurred_on", params))
    InvalidInputError.raise_if(faults)
    before = ReceiptView.snapshot(receipt)
    receipt.touch()
    for line in new.lines:
        receipt.lines[line.line - 1].disposals.append(
            RejectedDisposal(
                disposal=line.disposal,
                units=line.units,
                occurred_on=occurred_on,
                note=new.note,
                recorded_by=work.actor.name,
                recorded_at=work.now,
            )
        )
    work.session.flush()
    work.record("REJECTED_GOODS_DISPOSED", REFERENCE_KIND, code, before=before, after=ReceiptView.snapshot(receipt))
    return receipt
