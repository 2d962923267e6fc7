"""Series of the market watch: entered, changed, found."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.core.errors import Fault, InvalidInputError
from app.core.records import add_row, lock_row_by_code, row_by_code, set_fields, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.market.models import MarketSeries, PriceBaseline
from app.market.schemas import BaselineView, NewBaseline, NewSeries, SeriesChange, SeriesView
from app.market.types import PRICES, SeriesKind, SupplyGroup


def select_series(
    *,
    market: str | None = None,
    item: str | None = None,
    kind: SeriesKind | None = None,
    group: SupplyGroup | None = None,
    active: bool | None = None,
) -> Select[MarketSeries]:
    """The series that all the filters given let pass."""
    query = select(MarketSeries)
    if market is not None:
        query = query.where(MarketSeries.market.has(Facility.code == market))
    if item is not None:
        query = query.where(MarketSeries.item.has(Item.code == item))
    if kind is not None:
        query = query.where(MarketSeries.kind == kind)
    if group is not None:
        query = query.where(MarketSeries.supply_group == group)
    if active is not None:
        query = query.where(MarketSeries.active == active)
    return query


def series_by_code(session: Session, code: str) -> MarketSeries:
    """The series with this code; raises `NotFoundError`."""
    return row_by_code(session, MarketSeries, "series", code)


def lock_series(session: Session, code: str) -> MarketSeries:
    """As `series_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, MarketSeries, "series", code)


def create_series(work: Work, new: NewSeries) -> MarketSeries:
    """Enter a series. Raises `InvalidInputError` with every fault, `ConflictError` where there is one like it."""
    faults = _shape_faults(new)
    markets = facilities_by_code(work.session, [new.market], where="market", faults=faults)
    items = items_by_code(work.session, [new.item] if new.item else [], where="item", faults=faults)
    InvalidInputError.raise_if(faults)
    row = MarketSeries(
        code=new.code,
        market=markets[new.market],
        item=items[new.item] if new.item else None,
        kind=new.kind,
        supply_group=new.group,
        out_of=new.out_of,
        due_hour=new.due_hour,
        contact=new.contact,
        synthetic=new.synthetic,
        active=True,
    )
    add_row(work.session, row, taken("series", new.code))
    work.record("SERIES_CREATED", "market_series", new.code, after=SeriesView.snapshot(row))
    return row


def _shape_faults(new: NewSeries) -> list[Fault]:
    faults = []
    if (new.kind is SeriesKind.OUTLETS_OPEN) != (new.item is None):
        message = "Outlets are counted of no item; everything else is observed of one."
        faults.append(Fault("item_or_outlets", message, "item"))
    if new.kind is SeriesKind.OUTLETS_OPEN and new.out_of is None:
        faults.append(Fault("outlets_unknown", "Say how many outlets there are in all.", "out_of"))
    if new.kind in PRICES and new.out_of is not None:
        faults.append(Fault("price_of_all", "A price is not a part of anything.", "out_of"))
    return faults


def change_series(work: Work, code: str, change: SeriesChange, if_match: Precondition = ANY_VERSION) -> MarketSeries:
    """Change the fields named of a series."""
    row = if_match.check(lock_series(work.session, code))
    before, given = SeriesView.snapshot(row), change.given()
    if row.kind is SeriesKind.OUTLETS_OPEN and given.get("out_of", row.out_of) is None:
        raise InvalidInputError.of("Say how many outlets there are in all.", where="out_of", code="outlets_unknown")
    set_fields(row, given)
    work.record_change("SERIES_CHANGED", "market_series", code, before=before, after=SeriesView.snapshot(row))
    return row


def baselines_of(session: Session, series_ids: Sequence[int]) -> dict[int, PriceBaseline]:
    """The baselines of series, by the series' id."""
    query = select(PriceBaseline).where(PriceBaseline.series_id.in_(series_ids))
    return {row.series_id: row for row in session.scalars(query).unique()}


def set_baseline(work: Work, code: str, new: NewBaseline, if_match: Precondition = ANY_VERSION) -> PriceBaseline:
    """Set the price that later ones of a series are held against; the one before is in the audit trail.

    Raises `InvalidInputError` for a series without prices.
    """
    series = lock_series(work.session, code)
    if series.kind not in PRICES:
        raise InvalidInputError.of("Only prices have a baseline.", code="no_price")
    row = baselines_of(work.session, [series.id]).get(series.id)
    before: dict[str, Any] | None = BaselineView.snapshot(if_match.check(row)) if row is not None else None
    if row is None:
        if_match.check_absent()
        row = PriceBaseline(series=series, **dict(new))
        work.session.add(row)
    else:
        set_fields(row, dict(new))
    work.session.flush()
    work.record("BASELINE_SET", "market_series", code, before=before, after=BaselineView.snapshot(row))
    return row
