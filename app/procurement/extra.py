"""More than was ordered or pledged: the document grows by what came, and takes money only where that is asked for.

Lock order: the document, lots, its offers by id, its fund, the audit trail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Fault, Param
from app.core.rights import Role
from app.core.work import Work
from app.notices.service import NewNotice, leave_notices
from app.procurement.funds import commit_fund
from app.procurement.models import Offer, Pledge, PurchaseOrder, ReceiptLine
from app.procurement.money import line_amount_fen
from app.procurement.order_schemas import NewReceiptLine, PurchaseOrderView
from app.procurement.orders import REFERENCE_KIND
from app.procurement.schemas import OfferView, PledgeView


@dataclass(frozen=True, slots=True)
class OfferChange:
    """How an offer stood before it grew or shrank, and after; recorded when all locks are taken."""

    code: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What taking back the extra units of a receipt did: by how much the order costs less, and to its offers."""

    less_fen: int
    offers: Sequence[OfferChange]


def extra_units(open_units: Mapping[str, int], accepted: Mapping[str, int]) -> dict[str, int]:
    """What is accepted beyond what is open, by item; items within it are left out."""
    found = {item: units - open_units[item] for item, units in accepted.items() if item in open_units}
    return {item: units for item, units in sorted(found.items()) if units > 0}


def extra_by_line(lines: Sequence[NewReceiptLine], extra: Mapping[str, int]) -> list[int]:
    """How much of each line of a receipt is extra: the last lines of an item first."""
    left = dict(extra)
    found = []
    for line in reversed(lines):
        units = min(line.accepted_units, left.get(line.item, 0))
        left[line.item] = left.get(line.item, 0) - units
        found.append(units)
    return found[::-1]


def extend_order(work: Work, order: PurchaseOrder, extra: Mapping[str, int], *, charged: bool, reason: str) -> None:
    """Let an order be for so much more; where it is charged, its fund must have it, and a leader is told.

    Raises `FundOverspentError` where a fund that stops overspending has less left.
    """
    before = PurchaseOrderView.snapshot(order)
    by_offer = {line.offer_id: extra[line.item.code] for line in order.lines if line.item.code in extra}
    changes = _change_offers(work.session, by_offer)
    amount_fen = 0
    for line in order.lines:
        units = extra.get(line.item.code, 0)
        price = line.unit_price_microyuan
        amount_fen += line_amount_fen(price, line.ordered_units + units) - line_amount_fen(price, line.ordered_units)
        line.ordered_units += units
    notices = [_notice(order.code, item, units, reason) for item, units in extra.items()]
    if charged and amount_fen > 0:
        order.total_fen += amount_fen
        work.session.flush()
        if order.fund_source is not None:
            use = commit_fund(work, order.fund_source, amount_fen, REFERENCE_KIND, order.code)
            notices += [
                NewNotice(told=told, address=f"/purchase-orders/{order.code}", role=Role.LEADER)
                for told in use.warnings
            ]
    order.touch()
    work.session.flush()
    after = {**PurchaseOrderView.snapshot(order), "reason": reason}
    work.record("PURCHASE_ORDER_EXTENDED", "purchase_order", order.code, before=before, after=after)
    record_offers(work, "OFFER_EXTENDED", changes)
    leave_notices(work, notices)


def _notice(document: str, item: str, units: int, reason: str) -> NewNotice:
    message = "{units} of {item} more than ordered came by {document}: {reason}."
    params: dict[str, Param] = {"document": document, "item": item, "units": units, "reason": reason.rstrip("。.")}
    told = Fault("more_than_ordered", message, "", params)
    return NewNotice(told=told, address=f"/purchase-orders/{document}", role=Role.PROCUREMENT)


def extend_pledge(work: Work, pledge: Pledge, units: int, reason: str) -> None:
    """Let a pledge be for so much more."""
    before = PledgeView.snapshot(pledge)
    pledge.quantity += units
    work.session.flush()
    after = {**PledgeView.snapshot(pledge), "reason": reason}
    work.record("PLEDGE_EXTENDED", "pledge", pledge.code, before=before, after=after)


def shrink_order(session: Session, order: PurchaseOrder, lines: Sequence[ReceiptLine], *, charged: bool) -> Shrunk:
    """Take back what a receipt that is undone had made an order and its offers larger."""
    extra = _extra_of(lines)
    if not extra:
        return Shrunk(0, ())
    amount_fen = 0
    for line in order.lines:
        units = extra.get(line.item.code, 0)
        price = line.unit_price_microyuan
        amount_fen += line_amount_fen(price, line.ordered_units) - line_amount_fen(price, line.ordered_units - units)
        line.ordered_units -= units
    is_open = not order.closing_reason
    by_offer = {line.offer_id: -extra[line.item.code] for line in order.lines if line.item.code in extra}
    changes = _change_offers(session, by_offer, ordered=is_open)
    if not charged:
        return Shrunk(0, changes)
    order.total_fen -= amount_fen
    return Shrunk(amount_fen, changes)


def _extra_of(lines: Sequence[ReceiptLine]) -> dict[str, int]:
    extra: dict[str, int] = {}
    for line in lines:
        if line.extra_units:
            extra[line.lot.item.code] = extra.get(line.lot.item.code, 0) + line.extra_units
    return extra


def shrink_pledge(pledge: Pledge, lines: Sequence[ReceiptLine]) -> None:
    """As `shrink_order`, for a pledge."""
    pledge.quantity -= sum(_extra_of(lines).values())


def _change_offers(session: Session, units: Mapping[int | None, int], *, ordered: bool = True) -> list[OfferChange]:
    """Offers hold, and have ordered, so much more: what came was there to be had."""
    ids = sorted(offer_id for offer_id in units if offer_id is not None)
    query = select(Offer).where(Offer.id.in_(ids)).order_by(Offer.id).with_for_update(of=Offer)
    changes = []
    for offer in session.scalars(query.execution_options(populate_existing=True)):
        before = OfferView.snapshot(offer)
        offer.quantity += units[offer.id]
        offer.ordered_units += units[offer.id] if ordered else 0
        changes.append(OfferChange(offer.code, before, OfferView.snapshot(offer)))
    return changes


def record_offers(work: Work, action: str, changes: Iterable[OfferChange]) -> None:
    """Append an audit record for each offer that grew or shrank."""
    for one in changes:
        work.record_change(action, "offer", one.code, before=one.before, after=one.after)
