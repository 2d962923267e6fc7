"""A gift by its receipt number: its lots, and where their units are by the ledger."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFoundError, missing
from app.facilities.models import Facility
from app.partners.types import SupplyChannel
from app.procurement.models import Receipt, ReceiptLine
from app.public.rules import Event, Trace, trace
from app.public.schemas import GiftDelivery, GiftLot, PublicGift
from app.stock.models import StockEvent


def gift_by_receipt(session: Session, code: str) -> PublicGift:
    """Where a gift has gone; raises `NotFoundError` for what is no gift, and for a receipt that was undone.

    A lot may hold units of several receipts: they cannot be told apart, so the places are those of the whole lot.
    """
    query = select(Receipt).where(Receipt.code == code, Receipt.supply_channel == SupplyChannel.DONATION)
    receipt = session.scalars(query).unique().one_or_none()
    if receipt is None or receipt.reversal is not None:
        raise NotFoundError(missing("gift", code))
    traces = _traces(session, [line.lot_id for line in receipt.lines])
    codes = {facility for one in traces.values() for facility in one.delivered}
    rows = session.scalars(select(Facility).where(Facility.code.in_(sorted(codes)))).unique()
    facilities = {row.code: row for row in rows}
    lots = [_lot(line, traces[line.lot_id], facilities) for line in receipt.lines]
    newest = select(func.max(StockEvent.recorded_at)).where(StockEvent.lot_id.in_(traces))
    changed_at = session.scalar(newest) or receipt.recorded_at
    return PublicGift(receipt=code, received_on=receipt.received_on, changed_at=changed_at, lots=lots)


def _traces(session: Session, lot_ids: Sequence[int]) -> dict[int, Trace]:
    query = (
        select(
            StockEvent.lot_id,
            StockEvent.quantity,
            StockEvent.from_end,
            StockEvent.to_end,
            Facility.code,
            StockEvent.occurred_on,
        )
        .outerjoin(Facility, Facility.id == StockEvent.facility_id)
        .where(StockEvent.lot_id.in_(lot_ids))
        .order_by(StockEvent.id)
    )
    events: dict[int, list[Event]] = defaultdict(list)
    for lot_id, units, from_end, to_end, facility, day in session.execute(query):
        events[lot_id].append(Event(units=units, from_end=from_end, to_end=to_end, facility=facility, day=day))
    return {lot_id: trace(events[lot_id]) for lot_id in lot_ids}


def _lot(line: ReceiptLine, found: Trace, facilities: Mapping[str, Facility]) -> GiftLot:
    item = line.lot.item
    return GiftLot(
        item=item.code,
        item_name_zh=item.name_zh,
        item_name_en=item.name_en,
        unit=item.base_unit.value,
        accepted=line.accepted_units,
        rejected=line.rejected_units,
        lot_received=found.received,
        in_warehouses=found.in_warehouses,
        on_the_road=found.on_the_road,
        lost=found.lost,
        returned=found.returned,
        deliveries=[
            GiftDelivery(
                facility=code,
                facility_name_zh=facilities[code].name_zh,
                facility_name_en=facilities[code].name_en,
                units=units,
                last_day=found.last_delivery[code],
            )
            for code, units in sorted(found.delivered.items())
        ],
    )
