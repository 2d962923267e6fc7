"""Balances of lots under row locks, always taken in the same order; writes stock cards and balances.

Lock order: the document (count, order), then lots by id, then balances by lot and warehouse, then the audit head.
Whoever changes anything of a lot takes the row lock on the lot first, so what is read under it stays true.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import InvalidInputError, missing
from app.facilities.models import Facility
from app.stock.ledger import ENDS_OF_A_FACILITY, Movement, Pool, PoolKey, Settlement, Short, pools_of
from app.stock.models import Lot, StockBalance, StockCardLine, StockEvent
from app.stock.rules import LotFacts, StockShortage
from app.stock.types import StockEnd

Place = tuple[int, int]
"""Ids of a lot and a warehouse."""


def lock_lots(session: Session, lot_ids: Iterable[int], *, where: str = "lot_id") -> dict[int, Lot]:
    """The lots by id, locked in the order of their ids until the transaction ends.

    A document that moves several lots calls it first with all of them, so that two documents cannot wait for each
    other. Raises `InvalidInputError` naming every unknown id; `{n}` in `where` is its position.
    """
    asked = list(lot_ids)
    query = select(Lot).where(Lot.id.in_(sorted(set(asked)))).order_by(Lot.id)
    # FOR NO KEY UPDATE: rows that merely refer to the lot may still be written beside us.
    query = query.with_for_update(of=Lot, key_share=True).execution_options(populate_existing=True)
    lots = {lot.id: lot for lot in session.scalars(query)}
    InvalidInputError.raise_if(
        [
            missing("lot", lot_id, where=where.replace("{n}", str(n)))
            for n, lot_id in enumerate(asked)
            if lot_id not in lots
        ]
    )
    return lots


def facts_of(lot: Lot) -> LotFacts:
    """What the rules need to know of a lot."""
    return LotFacts(
        lot=lot.code,
        item=lot.item.code,
        expiry_date=lot.expiry_date,
        blocked_reason=lot.blocked_reason,
        earmark=frozenset(row.facility_id for row in lot.earmarks),
    )


def lock_balances(session: Session, places: Iterable[Place]) -> dict[Place, StockBalance]:
    """The balances of these places that exist, locked; the caller holds their lots."""
    wanted = set(places)
    query = (
        select(StockBalance)
        .where(
            StockBalance.lot_id.in_(sorted({lot_id for lot_id, _ in wanted})),
            StockBalance.warehouse_id.in_(sorted({warehouse_id for _, warehouse_id in wanted})),
        )
        .order_by(StockBalance.lot_id, StockBalance.warehouse_id)
        .with_for_update(of=StockBalance)
        .execution_options(populate_existing=True)
    )
    found = {(row.lot_id, row.warehouse_id): row for row in session.scalars(query)}
    return {place: row for place, row in found.items() if place in wanted}


def changes_after(session: Session, places: Iterable[Place], day: date) -> dict[Place, dict[date, int]]:
    """The changes on the stock cards of these places by day, for the days after `day`."""
    wanted = set(places)
    query = (
        select(StockCardLine.lot_id, StockCardLine.warehouse_id, StockEvent.occurred_on, func.sum(StockCardLine.change))
        .join(StockEvent, StockEvent.id == StockCardLine.event_id)
        .where(
            StockCardLine.lot_id.in_(sorted({lot_id for lot_id, _ in wanted})),
            StockCardLine.warehouse_id.in_(sorted({warehouse_id for _, warehouse_id in wanted})),
            StockEvent.occurred_on > day,
        )
        .group_by(StockCardLine.lot_id, StockCardLine.warehouse_id, StockEvent.occurred_on)
    )
    later: dict[Place, dict[date, int]] = defaultdict(dict)
    for lot_id, warehouse_id, changed_on, change in session.execute(query):
        if (lot_id, warehouse_id) in wanted:
            later[lot_id, warehouse_id][changed_on] = int(change)
    return later


def _pools_of_facilities(session: Session, keys: set[PoolKey]) -> dict[PoolKey, Pool]:
    """What is on its way to facilities, or delivered there: summed up from the events."""
    query = (
        select(
            StockEvent.lot_id,
            StockEvent.facility_id,
            StockEvent.from_end,
            StockEvent.to_end,
            StockEvent.occurred_on,
            func.sum(StockEvent.quantity),
        )
        .where(
            StockEvent.lot_id.in_(sorted({key.lot_id for key in keys})),
            StockEvent.facility_id.in_(sorted({key.place_id for key in keys})),
            or_(StockEvent.from_end.in_(ENDS_OF_A_FACILITY), StockEvent.to_end.in_(ENDS_OF_A_FACILITY)),
        )
        .group_by(
            StockEvent.lot_id, StockEvent.facility_id, StockEvent.from_end, StockEvent.to_end, StockEvent.occurred_on
        )
    )
    changes: dict[PoolKey, dict[date, int]] = {key: defaultdict(int) for key in keys}
    for lot_id, facility_id, from_end, to_end, day, units in session.execute(query):
        for end, change in ((from_end, -int(units)), (to_end, int(units))):
            key = PoolKey(lot_id, end, facility_id or 0)
            if key in changes:
                changes[key][day] += change
    return {key: Pool(on_hand=sum(by_day.values()), later=dict(by_day)) for key, by_day in changes.items()}


def load_pools(
    session: Session, movements: Sequence[Movement], *, today: date
) -> tuple[dict[PoolKey, Pool], dict[Place, StockBalance]]:
    """The pools that the movements touch, and the locked balance rows behind those in warehouses."""
    keys = {key for movement in movements for key in pools_of(movement) if key is not None}
    places = {(key.lot_id, key.place_id) for key in keys if key.end is StockEnd.WAREHOUSE}
    balances = lock_balances(session, places)
    first_day = min(movement.occurred_on for movement in movements)
    # Only what is written down late can meet later changes.
    later = changes_after(session, places, first_day) if first_day < today else {}
    pools = {
        PoolKey(row.lot_id, StockEnd.WAREHOUSE, row.warehouse_id): Pool(
            on_hand=row.on_hand, reserved=row.reserved, last_seq=row.last_seq, later=later.get(place, {})
        )
        for place, row in balances.items()
    }
    at_facilities = {key for key in keys if key.end is not StockEnd.WAREHOUSE}
    if at_facilities:
        pools |= _pools_of_facilities(session, at_facilities)
    return pools, balances


def name_shortages(
    session: Session, shorts: Sequence[Short], lots: Mapping[int, Lot], *, where: str
) -> list[StockShortage]:
    """The shortages with the codes that people know; `{n}` in `where` is the position."""
    if not shorts:
        return []
    place_ids = sorted({short.pool.place_id for short in shorts})
    places = session.scalars(select(Facility).where(Facility.id.in_(place_ids)))
    codes = {place.id: place.code for place in places}
    return [
        StockShortage(
            lot=lots[short.pool.lot_id].code,
            item=lots[short.pool.lot_id].item.code,
            place=codes[short.pool.place_id],
            wanted_units=short.wanted_units,
            available_units=short.available_units,
            where=where.replace("{n}", str(short.position)),
        )
        for short in shorts
    ]


def write_settlement(
    session: Session,
    movements: Sequence[Movement],
    settlement: Settlement,
    balances: Mapping[Place, StockBalance],
    *,
    actor: str,
    at: datetime,
) -> list[StockEvent]:
    """Write events, card lines and balances, in this order: the database checks each against the one before."""
    events = [
        StockEvent(
            lot_id=movement.lot_id,
            kind=movement.kind,
            quantity=movement.quantity,
            from_end=movement.from_end,
            from_warehouse_id=movement.from_warehouse_id,
            to_end=movement.to_end,
            to_warehouse_id=movement.to_warehouse_id,
            facility_id=movement.facility_id,
            reverses_event_id=movement.reverses_event_id,
            occurred_on=movement.occurred_on,
            recorded_at=at,
            actor=actor,
            reason=movement.reason,
            reference_kind=movement.reference_kind,
            reference_key=movement.reference_key,
        )
        for movement in movements
    ]
    session.add_all(events)
    session.flush()
    for line in settlement.lines:
        session.add(
            StockCardLine(
                lot_id=line.pool.lot_id,
                warehouse_id=line.pool.place_id,
                seq=line.seq,
                event_id=events[line.position].id,
                change=line.change,
                balance_after=line.balance_after,
            )
        )
    session.flush()
    for key in sorted({line.pool for line in settlement.lines}):
        pool = settlement.pools[key]
        balance = balances.get((key.lot_id, key.place_id)) or StockBalance(lot_id=key.lot_id, warehouse_id=key.place_id)
        balance.on_hand, balance.reserved, balance.last_seq = pool.on_hand, pool.reserved, pool.last_seq
        session.add(balance)
    session.flush()
    return events
