"""For each kind of thing: who may find it, which of its texts are searched, and the page that shows it.

Each query has the columns `id`, `code`, `name_zh`, `name_en` (of the thing, else of the place, item or partner that it
concerns) and `state`, and holds only what the actor may know of.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, null, select, true

from app.auth import Actor, Right
from app.catalog.models import FacilityType, Item, ItemAlias
from app.dispatch.models import DeliveryCase, TransferOrder, Trip
from app.dispatch.orders import within_reach as orders_within_reach
from app.facilities.models import Facility, FacilityAlias
from app.partners.models import Partner
from app.planning.directives.models import Directive
from app.planning.plans.models import AllocationPlan
from app.planning.scenarios.models import Scenario
from app.procurement.models import FundSource, Offer, Pledge, PurchaseOrder, Receipt
from app.requisitions.lifecycle import within_reach as requisitions_within_reach
from app.requisitions.models import Requisition
from app.search.types import FoundKind
from app.stock.models import Lot, LotRecall, PhysicalInventory
from app.stock.recalls import select_recalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """How one kind of thing is searched."""

    right: Right
    query: Callable[[Actor], Select[Any]]
    texts: Sequence[Any]
    """The columns whose texts are searched; the first is the code."""
    key: Any
    """A larger one is newer."""
    address: Callable[[Actor, Any], str]
    """The page of a row of the query, for this actor."""
    aliases: Callable[[str], ColumnElement[bool]] | None = None
    """Condition on the other names of a thing, given the folded text."""


def _page(path: str) -> Callable[[Actor, Any], str]:
    """A page whose address ends with the code."""
    return lambda _actor, row: f"{path}/{row.code}"


def _named(table: Any, names: Any, state: Any = None) -> Select[Any]:
    stated = null() if state is None else state
    return select(table.id, table.code, names.name_zh, names.name_en, stated.label("state"))


def _titled(table: Any, title: Any, state: Any = None) -> Select[Any]:
    """Of a thing with one title for both languages, or with none."""
    stated = null() if state is None else state
    columns: tuple[Any, ...] = (table.id, table.code, title.label("name_zh"), title.label("name_en"))
    return select(*columns, stated.label("state"))


def _facilities(actor: Actor) -> Select[Any]:
    own = true() if actor.facilities is None else Facility.code.in_(sorted(actor.facilities))
    query = _named(Facility, Facility).add_columns(FacilityType.keeps_stock)
    return query.join(Facility.facility_type).where(own)


def _facility_page(actor: Actor, row: Any) -> str:
    if actor.facilities is not None:
        return "/our-facility"
    if row.keeps_stock and actor.may(Right.STOCK_READ):
        return f"/stock?warehouse={row.code}"
    if actor.may(Right.NEEDS_READ):
        return f"/fairness/{row.code}"
    if actor.may(Right.DISPATCH_READ):
        return f"/transfer-orders?facility={row.code}"
    return f"/city-setup/sheets/{'warehouses' if row.keeps_stock else 'facilities'}/entry?key={row.code}"


def _item_page(actor: Actor, row: Any) -> str:
    if actor.may(Right.STOCK_READ):
        return f"/stock?item={row.code}"
    if actor.may(Right.REQUISITION_READ):
        return f"/requisitions?item={row.code}"
    return f"/city-setup/sheets/items/entry?key={row.code}"


def _order_page(actor: Actor, row: Any) -> str:
    return f"/{'transfer-orders' if actor.facilities is None else 'deliveries'}/{row.code}"


def _recalls(actor: Actor) -> Select[Any]:
    known = select_recalls(actor=actor).with_only_columns(LotRecall.id)
    return (
        _named(LotRecall, Item, LotRecall.state)
        .join(Lot, LotRecall.lot_id == Lot.id)
        .join(Item, Lot.item_id == Item.id)
        .where(LotRecall.id.in_(known))
    )


def _cases(actor: Actor) -> Select[Any]:
    query = _named(DeliveryCase, Facility, DeliveryCase.state).join(DeliveryCase.order)
    return query.join(Facility, TransferOrder.facility_id == Facility.id).where(orders_within_reach(actor))


SEARCHED: Mapping[FoundKind, Searched] = {
    FoundKind.FACILITY: Searched(
        right=Right.CATALOG_READ,
        query=_facilities,
        texts=(Facility.code, Facility.name_zh, Facility.name_en),
        key=Facility.id,
        address=_facility_page,
        aliases=lambda text: Facility.id.in_(
            select(FacilityAlias.facility_id).where(FacilityAlias.alias.contains(text, autoescape=True))
        ),
    ),
    FoundKind.ITEM: Searched(
        right=Right.CATALOG_READ,
        query=lambda _actor: _named(Item, Item),
        texts=(Item.code, Item.name_zh, Item.name_en),
        key=Item.id,
        address=_item_page,
        aliases=lambda text: Item.id.in_(
            select(ItemAlias.item_id).where(ItemAlias.alias.contains(text, autoescape=True))
        ),
    ),
    FoundKind.PARTNER: Searched(
        right=Right.PROCUREMENT_READ,
        query=lambda _actor: _named(Partner, Partner),
        texts=(Partner.code, Partner.name_zh, Partner.name_en),
        key=Partner.id,
        address=_page("/partners"),
    ),
    FoundKind.PLAN: Searched(
        right=Right.PLAN_READ,
        query=lambda _actor: _titled(AllocationPlan, literal(""), AllocationPlan.state),
        texts=(AllocationPlan.code,),
        key=AllocationPlan.id,
        address=_page("/plans"),
    ),
    FoundKind.SCENARIO: Searched(
        right=Right.PLAN_READ,
        query=lambda _actor: _titled(Scenario, Scenario.title),
        texts=(Scenario.code, Scenario.title),
        key=Scenario.id,
        address=_page("/scenarios"),
    ),
    FoundKind.DIRECTIVE: Searched(
        right=Right.PLAN_READ,
        query=lambda _actor: _named(Directive, Facility).join(Facility, Directive.facility_id == Facility.id),
        texts=(Directive.code,),
        key=Directive.id,
        address=_page("/directives"),
    ),
    FoundKind.REQUISITION: Searched(
        right=Right.REQUISITION_READ,
        query=lambda actor: (
            _named(Requisition, Facility, Requisition.state)
            .join(Facility, Requisition.facility_id == Facility.id)
            .where(requisitions_within_reach(actor))
        ),
        texts=(Requisition.code,),
        key=Requisition.id,
        address=_page("/requisitions"),
    ),
    FoundKind.PURCHASE_ORDER: Searched(
        right=Right.PROCUREMENT_READ,
        query=lambda _actor: _named(PurchaseOrder, Partner, PurchaseOrder.state).join(PurchaseOrder.partner),
        texts=(PurchaseOrder.code,),
        key=PurchaseOrder.id,
        address=_page("/purchase-orders"),
    ),
    FoundKind.PLEDGE: Searched(
        right=Right.PROCUREMENT_READ,
        query=lambda _actor: _named(Pledge, Partner, Pledge.state).join(Pledge.partner),
        texts=(Pledge.code,),
        key=Pledge.id,
        address=_page("/pledges"),
    ),
    FoundKind.OFFER: Searched(
        right=Right.PROCUREMENT_READ,
        query=lambda _actor: _named(Offer, Partner, Offer.state).join(Offer.partner),
        texts=(Offer.code,),
        key=Offer.id,
        address=_page("/offers"),
    ),
    FoundKind.FUND: Searched(
        right=Right.PROCUREMENT_READ,
        query=lambda _actor: _named(FundSource, FundSource),
        texts=(FundSource.code, FundSource.name_zh, FundSource.name_en),
        key=FundSource.id,
        address=_page("/funds"),
    ),
    FoundKind.RECEIPT: Searched(
        right=Right.PROCUREMENT_READ,
        query=lambda _actor: _named(Receipt, Partner).join(Receipt.partner),
        texts=(Receipt.code,),
        key=Receipt.id,
        address=_page("/receipts"),
    ),
    FoundKind.LOT: Searched(
        right=Right.STOCK_READ,
        query=lambda _actor: _named(Lot, Item).join(Lot.item),
        texts=(Lot.code,),
        key=Lot.id,
        address=lambda _actor, row: f"/lots/{row.id}",
    ),
    FoundKind.PHYSICAL_INVENTORY: Searched(
        right=Right.STOCK_READ,
        query=lambda _actor: _named(PhysicalInventory, Facility, PhysicalInventory.state).join(
            PhysicalInventory.warehouse
        ),
        texts=(PhysicalInventory.code,),
        key=PhysicalInventory.id,
        address=_page("/counts"),
    ),
    FoundKind.TRANSFER_ORDER: Searched(
        right=Right.DISPATCH_READ,
        query=lambda actor: (
            _named(TransferOrder, Facility, TransferOrder.state)
            .join(Facility, TransferOrder.facility_id == Facility.id)
            .where(orders_within_reach(actor))
        ),
        texts=(TransferOrder.code, TransferOrder.vehicle, TransferOrder.pass_number),
        key=TransferOrder.id,
        address=_order_page,
    ),
    FoundKind.TRIP: Searched(
        right=Right.STOCK_READ,
        query=lambda _actor: _named(Trip, Facility, Trip.state).join(Trip.warehouse),
        texts=(Trip.code, Trip.vehicle, Trip.pass_number),
        key=Trip.id,
        address=_page("/trips"),
    ),
    FoundKind.DELIVERY_CASE: Searched(
        right=Right.DISPATCH_READ,
        query=_cases,
        texts=(DeliveryCase.code,),
        key=DeliveryCase.id,
        address=_page("/delivery-cases"),
    ),
    FoundKind.RECALL: Searched(
        right=Right.DISPATCH_READ,
        query=_recalls,
        texts=(LotRecall.code,),
        key=LotRecall.id,
        address=_page("/recalls"),
    ),
}
