"""Public functions of procurement for the domains above it, and what a plan may count on: arrivals and offers."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.types import Program
from app.partners.models import Partner
from app.partners.types import SupplyChannel
from app.procurement.funds import FundUse, change_fund, commit_fund, create_fund, fund_by_code, release_fund
from app.procurement.models import Offer, Pledge, PurchaseOrder, PurchaseOrderLine
from app.procurement.offers import create_offer, offer_by_code, select_offers, withdraw_offer
from app.procurement.orders import (
    PlacedOrder,
    approve_order,
    cancel_order,
    close_order_short,
    create_purchase_order,
    order_by_code,
    place_order,
    reschedule_order,
    review_special_handling,
)
from app.procurement.pledges import (
    cancel_pledge,
    close_pledge_short,
    confirm_pledge,
    create_pledge,
    pledge_by_code,
    reschedule_pledge,
)
from app.procurement.receipts import receipt_by_code, receive_goods
from app.procurement.receipts_corrections import dispose_of_rejected, reverse_receipt
from app.procurement.types import OfferState, PledgeState, PurchaseOrderState

__all__ = [
    "Arrival",
    "FundUse",
    "OpenOffer",
    "PlacedOrder",
    "approve_order",
    "cancel_order",
    "cancel_pledge",
    "change_fund",
    "close_order_short",
    "close_pledge_short",
    "commit_fund",
    "confirm_pledge",
    "confirmed_arrivals",
    "create_fund",
    "create_offer",
    "create_pledge",
    "create_purchase_order",
    "dispose_of_rejected",
    "fund_by_code",
    "offer_by_code",
    "open_offers",
    "order_by_code",
    "place_order",
    "pledge_by_code",
    "receipt_by_code",
    "receive_goods",
    "release_fund",
    "reschedule_order",
    "reschedule_pledge",
    "reverse_receipt",
    "review_special_handling",
    "withdraw_offer",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Units that are on their way: the open remainder of an order's line or of a confirmed pledge."""

    document: str
    """Code of the order or pledge; with the item it names the arrival."""
    partner: str
    supply_channel: SupplyChannel
    item: str
    warehouse: str
    units: int
    expected_on: date
    """May have gone by: then it is late, and whoever plans decides what to make of it."""
    earmark: tuple[str, ...]
    """Codes of the only facilities that it may go to, sorted; empty: anyone."""
    expiry_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOffer:
    """What could still be bought of an offer."""

    offer_id: int
    offer: str
    partner: str
    supply_channel: SupplyChannel
    item: str
    warehouse: str
    fund: str | None
    units: int
    unit_price_microyuan: int
    lead_days: int
    valid_until: date | None


def confirmed_arrivals(session: Session, program: Program) -> tuple[Arrival, ...]:
    """What a plan may count on to come, by expected day, document and item.

    Orders count once they are placed, pledges once the giver has confirmed them; what has come already is in stock.
    """
    arrivals = [*_order_arrivals(session, program), *_pledge_arrivals(session, program)]
    return tuple(sorted(arrivals, key=lambda arrival: (arrival.expected_on, arrival.document, arrival.item)))


def _order_arrivals(session: Session, program: Program) -> list[Arrival]:
    query = (
        select(PurchaseOrder, PurchaseOrderLine)
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .join(Item, Item.id == PurchaseOrderLine.item_id)
        .where(
            PurchaseOrder.state.in_((PurchaseOrderState.ORDERED, PurchaseOrderState.PARTLY_RECEIVED)),
            PurchaseOrderLine.accepted_units < PurchaseOrderLine.ordered_units,
            Item.program == program,
        )
    )
    return [
        Arrival(
            document=order.code,
            partner=order.partner.code,
            supply_channel=order.supply_channel,
            item=line.item.code,
            warehouse=order.warehouse.code,
            units=line.ordered_units - line.accepted_units,
            expected_on=order.expected_on,
            earmark=(),
            expiry_date=None,
        )
        for order, line in session.execute(query).unique().all()
    ]


def _pledge_arrivals(session: Session, program: Program) -> list[Arrival]:
    query = select(Pledge).where(
        Pledge.state.in_((PledgeState.CONFIRMED, PledgeState.PARTLY_RECEIVED)),
        Pledge.received_units < Pledge.quantity,
        Pledge.item.has(Item.program == program),
    )
    return [
        Arrival(
            document=pledge.code,
            partner=pledge.partner.code,
            supply_channel=pledge.supply_channel,
            item=pledge.item.code,
            warehouse=pledge.warehouse.code,
            units=pledge.quantity - pledge.received_units,
            expected_on=pledge.expected_on,
            expiry_date=pledge.expiry_date,
            earmark=tuple(sorted(earmark.facility.code for earmark in pledge.earmarks)),
        )
        for pledge in session.scalars(query).all()
    ]


def open_offers(session: Session, program: Program, today: date) -> tuple[OpenOffer, ...]:
    """What could be bought today, by code: valid offers of active partners with something left."""
    query = (
        select_offers(state=OfferState.OPEN, program=program, valid_on=today)
        .where(Offer.ordered_units < Offer.quantity, Offer.partner.has(Partner.active))
        .order_by(Offer.code)
    )
    return tuple(
        OpenOffer(
            offer_id=offer.id,
            offer=offer.code,
            partner=offer.partner.code,
            supply_channel=offer.supply_channel,
            item=offer.item.code,
            warehouse=offer.warehouse.code,
            units=offer.quantity - offer.ordered_units,
            fund=offer.fund_source.code if offer.fund_source is not None else None,
            unit_price_microyuan=offer.unit_price_microyuan,
            lead_days=offer.lead_days,
            valid_until=offer.valid_until,
        )
        for offer in session.scalars(query).all()
    )
