"""Receipts: what came is checked, counted on its order or pledge, and taken into stock as far as it was accepted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, not_, select, tuple_
from sqlalchemy.orm import Session, lazyload, load_only, selectinload

from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.core.clock import Clock
from app.core.errors import Fault, InvalidInputError, NotFoundError
from app.core.numbering import next_code
from app.core.records import row_by_code
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code, warehouses_by_code
from app.partners.models import Partner
from app.partners.service import partners_by_code
from app.partners.types import SupplyChannel
from app.procurement.extra import extend_order, extend_pledge, extra_by_line, extra_units
from app.procurement.models import Pledge, PurchaseOrder, Receipt, ReceiptLine, RejectedDisposal
from app.procurement.order_schemas import NewReceipt, NewReceiptLine, ReceiptView
from app.procurement.orders import lock_order
from app.procurement.pledges import lock_pledge
from app.procurement.receiving import (
    LotDiffersError,
    LotFacts,
    OverDeliveryError,
    PossibleDuplicateError,
    duplicate_faults,
    earmark_faults,
    line_faults,
    lot_difference_faults,
    lot_repeat_faults,
    not_ordered_faults,
    order_state_after,
    origin_faults,
    over_delivery_faults,
    pledge_state_after,
    units_by_item,
)
from app.procurement.rules import ORDER_STEPS, PLEDGE_STEPS, Step, check_step, repeated_faults
from app.stock.models import Lot
from app.stock.schemas import NewLot
from app.stock.service import lock_lots, receive, register_lot

REFERENCE_KIND = "receipt"
"""What stock events of receipts refer to, by the receipt's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Origin:
    """Where goods come from: an order or pledge, locked, or just a partner."""

    document: str
    partner: Partner
    supply_channel: SupplyChannel
    warehouse: Facility
    order: PurchaseOrder | None = None
    pledge: Pledge | None = None
    open_units: Mapping[str, int] | None = None
    """Units of each item that may still come; None where nothing was ordered or pledged."""
    earmark: frozenset[str] = frozenset()


def receipt_by_code(session: Session, code: str) -> Receipt:
    """The receipt with this code; raises `NotFoundError`."""
    return row_by_code(session, Receipt, "receipt", code)


def select_receipts(
    *,
    partner: str | None = None,
    warehouse: str | None = None,
    supply_channel: SupplyChannel | None = None,
    purchase_order: str | None = None,
    pledge: str | None = None,
    item: str | None = None,
    received_from: date | None = None,
    received_until: date | None = None,
    waiting_rejected: bool | None = None,
) -> Select[Receipt]:
    """The receipts that all the filters given let pass, both days included."""
    tests: list[ColumnElement[bool]] = []
    if partner is not None:
        tests.append(Receipt.partner.has(Partner.code == partner))
    if warehouse is not None:
        tests.append(Receipt.warehouse.has(Facility.code == warehouse))
    if supply_channel is not None:
        tests.append(Receipt.supply_channel == supply_channel)
    if purchase_order is not None:
        tests.append(Receipt.purchase_order.has(PurchaseOrder.code == purchase_order))
    if pledge is not None:
        tests.append(Receipt.pledge.has(Pledge.code == pledge))
    if item is not None:
        tests.append(Receipt.lines.any(ReceiptLine.lot.has(Lot.item.has(Item.code == item))))
    if received_from is not None:
        tests.append(Receipt.received_on >= received_from)
    if received_until is not None:
        tests.append(Receipt.received_on <= received_until)
    if waiting_rejected is not None:
        waits = and_(~Receipt.reversal.has(), Receipt.lines.any(ReceiptLine.rejected_units > _disposed_units()))
        tests.append(waits if waiting_rejected else not_(waits))
    # Of the order and the pledge only the codes are shown: one query each, without all that hangs on them.
    origins = (
        selectinload(Receipt.purchase_order).options(load_only(PurchaseOrder.code), lazyload("*")),
        selectinload(Receipt.pledge).options(load_only(Pledge.code), lazyload("*")),
    )
    return select(Receipt).where(*tests).options(*origins)


def _disposed_units() -> ColumnElement[int]:
    query = select(func.coalesce(func.sum(RejectedDisposal.units), 0))
    return query.where(RejectedDisposal.receipt_line_id == ReceiptLine.id).correlate(ReceiptLine).scalar_subquery()


def receive_goods(work: Work, new: NewReceipt) -> Receipt:
    """Record what came on a day and take what was accepted into stock.

    Raises `InvalidInputError` with every fault of the receipt itself (expired goods accepted among them),
    `OverDeliveryError` (unless a reason is given: then the document grows) and `LotDiffersError` by name,
    `FundOverspentError` where the extra is charged and its fund has less, `WrongStateError` where the order or pledge
    expects nothing, and `PossibleDuplicateError` unless somebody has confirmed that it is no duplicate.
    Raises `ForbiddenError` for a warehouse beyond the actor's reach.
    """
    faults = _receipt_faults(new, work.clock)
    origin = _origin(work.session, new, faults)
    if origin is not None:
        work.actor.refuse_foreign_warehouses([("warehouse", origin.warehouse.code)])
    items = items_by_code(work.session, [line.item for line in new.lines], where="lines.{n}.item", faults=faults)
    for n, line in enumerate(new.lines):
        facilities_by_code(work.session, line.earmark, where=f"lines.{n}.earmark.{{n}}", faults=faults)
        shelf_life_days = items[line.item].shelf_life_days if line.item in items else None
        faults += line_faults(line, n, shelf_life_days=shelf_life_days, received_on=new.received_on)
    if origin is not None and origin.open_units is not None:
        faults += not_ordered_faults(origin.document, origin.open_units, new.lines)
        faults += earmark_faults(origin.document, origin.earmark, new.lines)
    InvalidInputError.raise_if(faults)
    assert origin is not None, "an origin that is not known is a fault"
    accepted = units_by_item(new.lines, with_rejected=False)
    extra: dict[str, int] = {}
    if origin.open_units is not None:
        if not new.over_receipt_reason:
            OverDeliveryError.raise_if(over_delivery_faults(origin.document, origin.open_units, accepted))
        extra = extra_units(origin.open_units, accepted)
    if not new.confirmed_not_duplicate:
        PossibleDuplicateError.raise_if(_duplicate_faults(work.session, new, origin.partner))
    return _store(work, new, origin, items, extra)


def _receipt_faults(new: NewReceipt, clock: Clock) -> list[Fault]:
    faults = origin_faults(new)
    if new.received_on > clock.today():
        message = "The day {day} has not come yet."
        faults.append(Fault("day_in_the_future", message, "received_on", {"day": new.received_on.isoformat()}))
    for n, line in enumerate(new.lines):
        faults += repeated_faults(line.earmark, f"lines.{n}.earmark.{{n}}")
    return faults + lot_repeat_faults(new.lines)


def _origin(session: Session, new: NewReceipt, faults: list[Fault]) -> _Origin | None:
    """The origin with its document locked; None, and the faults told, where it cannot be known."""
    warehouses = warehouses_by_code(session, [new.warehouse] if new.warehouse else [], faults=faults)
    warehouse = warehouses.get(new.warehouse or "")
    try:
        if new.purchase_order is not None:
            return _order_origin(lock_order(session, new.purchase_order), warehouse)
        if new.pledge is not None:
            return _pledge_origin(lock_pledge(session, new.pledge), warehouse)
    except NotFoundError as error:
        where = "pledge" if new.purchase_order is None else "purchase_order"
        faults += [fault.at(where) for fault in error.faults]
        return None
    partners = partners_by_code(session, [new.partner] if new.partner else [], faults=faults)
    partner = partners.get(new.partner or "")
    if partner is None or warehouse is None:
        return None
    channel = new.supply_channel or SupplyChannel.DONATION
    return _Origin(document="", partner=partner, supply_channel=channel, warehouse=warehouse)


def _order_origin(order: PurchaseOrder, warehouse: Facility | None) -> _Origin:
    check_step(order.code, order.state, Step.RECEIVE, ORDER_STEPS[Step.RECEIVE])
    return _Origin(
        document=order.code,
        partner=order.partner,
        supply_channel=order.supply_channel,
        warehouse=warehouse or order.warehouse,
        order=order,
        open_units={line.item.code: line.ordered_units - line.accepted_units for line in order.lines},
    )


def _pledge_origin(pledge: Pledge, warehouse: Facility | None) -> _Origin:
    check_step(pledge.code, pledge.state, Step.RECEIVE, PLEDGE_STEPS[Step.RECEIVE])
    return _Origin(
        document=pledge.code,
        partner=pledge.partner,
        supply_channel=pledge.supply_channel,
        warehouse=warehouse or pledge.warehouse,
        pledge=pledge,
        open_units={pledge.item.code: pledge.quantity - pledge.received_units},
        earmark=frozenset(earmark.facility.code for earmark in pledge.earmarks),
    )


def _duplicate_faults(session: Session, new: NewReceipt, partner: Partner) -> list[Fault]:
    # Row lock on the partner: of two receipts of the same goods at once, the second must see the first.
    session.execute(select(Partner.id).where(Partner.id == partner.id).with_for_update(key_share=True))
    came = units_by_item(new.lines, with_rejected=True)
    query = (
        select(Receipt.code, Item.code, func.sum(ReceiptLine.accepted_units + ReceiptLine.rejected_units))
        .join(ReceiptLine, ReceiptLine.receipt_id == Receipt.id)
        .join(Lot, Lot.id == ReceiptLine.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Receipt.partner_id == partner.id,
            Receipt.received_on == new.received_on,
            Item.code.in_(list(came)),
            ~Receipt.reversal.has(),
        )
        .group_by(Receipt.code, Item.code)
    )
    earlier = [(receipt, item, int(units)) for receipt, item, units in session.execute(query)]
    return duplicate_faults(came, earlier, partner=partner.code, day=new.received_on)


def _store(
    work: Work, new: NewReceipt, origin: _Origin, items: Mapping[str, Item], extra: Mapping[str, int]
) -> Receipt:
    known_lots = _known_lots(work.session, new, origin, items)
    if extra and origin.order is not None:
        extend_order(work, origin.order, extra, charged=new.extra_charged, reason=new.over_receipt_reason)
    if extra and origin.pledge is not None:
        extend_pledge(work, origin.pledge, sum(extra.values()), new.over_receipt_reason)
    receipt = Receipt(
        code=next_code(work.session, "RC", work.today),
        warehouse=origin.warehouse,
        partner=origin.partner,
        supply_channel=origin.supply_channel,
        purchase_order=origin.order,
        pledge=origin.pledge,
        received_on=new.received_on,
        recorded_at=work.now,
        received_by=work.actor.name,
        over_receipt_reason=new.over_receipt_reason if extra else "",
        extra_charged=new.extra_charged and bool(extra),
    )
    _count(new, origin)
    lots = [
        known_lots.get(n) or register_lot(work, _new_lot(line, n, receipt, origin)) for n, line in enumerate(new.lines)
    ]
    receipt.lines = [
        ReceiptLine(
            lot=lot,
            accepted_units=line.accepted_units,
            rejected_units=line.rejected_units,
            rejection_reason=line.rejection_reason,
            extra_units=more,
        )
        for line, lot, more in zip(new.lines, lots, extra_by_line(new.lines, extra), strict=True)
    ]
    work.session.add(receipt)
    work.session.flush()
    for line in receipt.lines:
        if line.accepted_units > 0:
            receive(
                work,
                lot=line.lot,
                warehouse=origin.warehouse,
                quantity=line.accepted_units,
                occurred_on=new.received_on,
                reference_kind=REFERENCE_KIND,
                reference_key=receipt.code,
            )
    work.record("GOODS_RECEIVED", "receipt", receipt.code, after=ReceiptView.snapshot(receipt))
    return receipt


def _known_lots(session: Session, new: NewReceipt, origin: _Origin, items: Mapping[str, Item]) -> dict[int, Lot]:
    """The lots, by line, of which more comes now: locked in the order of their ids, and truly the same."""
    wanted = {(items[line.item].id, line.lot_code): n for n, line in enumerate(new.lines) if line.lot_code is not None}
    query = select(Lot.id).where(tuple_(Lot.item_id, Lot.code).in_(sorted(wanted)))
    held = lock_lots(session, sorted(session.scalars(query)))
    lots = {wanted[lot.item_id, lot.code]: lot for lot in held.values()}
    faults = [
        fault
        for n, lot in sorted(lots.items())
        for fault in lot_difference_faults(_facts_of(lot), _facts_of_line(new.lines[n], origin), lot.code, n)
    ]
    LotDiffersError.raise_if(faults)
    return lots


def _earmark(line: NewReceiptLine, origin: _Origin) -> frozenset[str]:
    return frozenset(line.earmark) or origin.earmark


def _facts_of(lot: Lot) -> LotFacts:
    return LotFacts(
        supply_channel=lot.supply_channel,
        partner=lot.partner.code if lot.partner is not None else None,
        expiry_date=lot.expiry_date,
        expiry_unknown=lot.expiry_unknown,
        earmark=frozenset(earmark.facility.code for earmark in lot.earmarks),
    )


def _facts_of_line(line: NewReceiptLine, origin: _Origin) -> LotFacts:
    return LotFacts(
        supply_channel=origin.supply_channel,
        partner=origin.partner.code,
        expiry_date=line.expiry_date,
        expiry_unknown=line.expiry_unknown,
        earmark=_earmark(line, origin),
    )


def _new_lot(line: NewReceiptLine, n: int, receipt: Receipt, origin: _Origin) -> NewLot:
    return NewLot(
        code=line.lot_code or f"{receipt.code}-{n + 1}",
        item=line.item,
        supply_channel=origin.supply_channel,
        partner=origin.partner.code,
        expiry_date=line.expiry_date,
        expiry_unknown=line.expiry_unknown,
        earmark=sorted(_earmark(line, origin)),
        note=line.note,
    )


def _count(new: NewReceipt, origin: _Origin) -> None:
    """Add what came to the lines of the order, or to the pledge, and move its state."""
    accepted = units_by_item(new.lines, with_rejected=False)
    came = units_by_item(new.lines, with_rejected=True)
    if origin.order is not None:
        for line in origin.order.lines:
            line.accepted_units += accepted.get(line.item.code, 0)
            line.rejected_units += came.get(line.item.code, 0) - accepted.get(line.item.code, 0)
        origin.order.touch()
        origin.order.state = order_state_after((line.ordered_units, line.accepted_units) for line in origin.order.lines)
    if origin.pledge is not None:
        origin.pledge.received_units += sum(accepted.values())
        origin.pledge.state = pledge_state_after(
            origin.pledge.quantity, origin.pledge.received_units, origin.pledge.state
        )
