"""What was probably written down before: the same partner, item and quantity, expected within a few days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.core.errors import ConflictError, Fault, Param
from app.partners.models import Partner
from app.procurement.models import Pledge, PurchaseOrder, PurchaseOrderLine
from app.procurement.types import PledgeState, PurchaseOrderState

NEAR_DAYS = 3
"""Two documents so many days apart may be one that was written down twice."""


class LikelyDuplicateError(ConflictError):
    """It looks as if this had been written down before; somebody should look before it is written again."""

    code = "likely_duplicate"
    title = "This may have been recorded already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """Units of an item that a partner is to bring on a day; `document` is empty for what is about to be written."""

    partner: str
    item: str
    units: int
    expected_on: date
    document: str = ""
    where: str = ""


def duplicate_faults(new: Sequence[Promised], earlier: Iterable[Promised]) -> list[Fault]:
    """A fault for everything that resembles something earlier, or something before it in the same form."""
    message = "{partner} is already down for {quantity} of {item} on {day}: {document}."
    known = sorted(earlier, key=lambda one: one.document)
    faults: list[Fault] = []
    for n, one in enumerate(new):
        for other in [*known, *new[:n]]:
            if _is_same(one, other):
                params: dict[str, Param] = {
                    "partner": one.partner,
                    "item": one.item,
                    "quantity": one.units,
                    "day": other.expected_on.isoformat(),
                    "document": other.document or "–",
                }
                faults.append(Fault(LikelyDuplicateError.code, message, one.where, params))
    return faults


def _is_same(one: Promised, other: Promised) -> bool:
    is_near = abs((one.expected_on - other.expected_on).days) <= NEAR_DAYS
    return is_near and (one.partner, one.item, one.units) == (other.partner, other.item, other.units)


def refuse_repeated_pledges(session: Session, new: Sequence[Promised]) -> None:
    """Raise `LikelyDuplicateError` naming every pledge that resembles one of these, cancelled ones apart."""
    query = select(Pledge).where(
        Pledge.state != PledgeState.CANCELLED,
        Pledge.quantity.in_(sorted({one.units for one in new})),
        Pledge.partner.has(Partner.code.in_(sorted({one.partner for one in new}))),
        Pledge.expected_on.between(*_days_around(new)),
    )
    earlier = [
        Promised(
            partner=pledge.partner.code,
            item=pledge.item.code,
            units=pledge.quantity,
            expected_on=pledge.expected_on,
            document=pledge.code,
        )
        for pledge in session.scalars(query)
    ]
    LikelyDuplicateError.raise_if(duplicate_faults(new, earlier))


def refuse_repeated_orders(session: Session, new: Sequence[Promised]) -> None:
    """Raise `LikelyDuplicateError` naming every order with a line that resembles one of these, cancelled ones apart."""
    query = (
        select(PurchaseOrder.code, PurchaseOrder.expected_on, Partner.code, Item.code, PurchaseOrderLine.ordered_units)
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .join(Partner, Partner.id == PurchaseOrder.partner_id)
        .join(Item, Item.id == PurchaseOrderLine.item_id)
        .where(
            PurchaseOrder.state != PurchaseOrderState.CANCELLED,
            Partner.code.in_(sorted({one.partner for one in new})),
            PurchaseOrderLine.ordered_units.in_(sorted({one.units for one in new})),
            PurchaseOrder.expected_on.between(*_days_around(new)),
        )
    )
    earlier = [
        Promised(document=document, expected_on=day, partner=partner, item=item, units=units)
        for document, day, partner, item, units in session.execute(query)
    ]
    LikelyDuplicateError.raise_if(duplicate_faults(new, earlier))


def _days_around(new: Sequence[Promised]) -> tuple[date, date]:
    days = [one.expected_on for one in new]
    return min(days) - timedelta(days=NEAR_DAYS), max(days) + timedelta(days=NEAR_DAYS)
