"""What there is for a directive: free lots that may go to the facility in time, the reserve, and what is to come."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.facilities.models import Facility, Lane
from app.planning.commitments.service import claimed_units
from app.planning.directives.rules import FreeUnits, Stock
from app.planning.policies.models import Policy
from app.procurement.service import confirmed_arrivals, open_offers
from app.stock.cards import StockRow, available_lots


def stock_for(
    session: Session, policy: Policy, facility: Facility, item: Item, *, today: date, needed_by: date
) -> Stock:
    """What there is of the item for the facility by the day, as of now; locks nothing."""
    lanes = session.execute(select(Lane.warehouse_id, Lane.lead_days).where(Lane.facility_id == facility.id)).all()
    lead_days: dict[int, int] = dict(lanes)
    rows = [
        row
        for row in available_lots(session, item.program, day=today)
        if row.lot.item_id == item.id and row.available > 0 and not row.unusable
    ]
    fitting = [row for row in rows if _fits(row, facility, lead_days, today, needed_by)]
    reserve = next((row.quantity for row in policy.reserves if row.item_id == item.id), 0)
    return Stock(
        lots=tuple(
            FreeUnits(
                lot_id=row.lot.id,
                warehouse_id=row.warehouse.id,
                source_key=f"{item.code}/{row.lot.code}@{row.warehouse.code}",
                units=row.available,
                expiry_date=row.lot.expiry_date,
                lead_days=lead_days[row.warehouse.id],
                is_earmarked=bool(row.lot.earmarks),
            )
            for row in fitting
        ),
        elsewhere_units=sum(row.available for row in rows) - sum(row.available for row in fitting),
        reserve_units=reserve,
        coming_units=_coming(session, facility, item, lead_days, today, needed_by),
    )


def _fits(row: StockRow, facility: Facility, lead_days: dict[int, int], today: date, needed_by: date) -> bool:
    """May this lot go there, be there in time, and be used on the day?"""
    if row.warehouse.id not in lead_days or today + timedelta(days=lead_days[row.warehouse.id]) > needed_by:
        return False
    if row.lot.expiry_date is not None and row.lot.expiry_date < needed_by:
        return False
    return not row.lot.earmarks or any(mark.facility_id == facility.id for mark in row.lot.earmarks)


def _coming(
    session: Session, facility: Facility, item: Item, lead_days: dict[int, int], today: date, needed_by: date
) -> int:
    """Units of confirmed arrivals and open offers that reach the facility by the day and no plan counts on."""
    claimed = claimed_units(session, item.program)
    places = select(Facility.code, Facility.id).where(Facility.id.in_(sorted(lead_days)))
    lead_of = {code: lead_days[key] for code, key in session.execute(places)}

    def in_time(warehouse: str, ready: date) -> bool:
        return warehouse in lead_of and ready + timedelta(days=lead_of[warehouse]) <= needed_by

    arrivals = sum(
        max(0, one.units - claimed.get(f"{one.document}/{one.item}", 0))
        for one in confirmed_arrivals(session, item.program)
        if one.item == item.code
        and one.expected_on >= today
        and in_time(one.warehouse, one.expected_on)
        and (not one.earmark or facility.code in one.earmark)
    )
    offers = sum(
        max(0, one.units - claimed.get(one.offer, 0))
        for one in open_offers(session, item.program, today)
        if one.item == item.code and in_time(one.warehouse, today + timedelta(days=one.lead_days))
    )
    return arrivals + offers
