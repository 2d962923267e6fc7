"""The API of stock: lots, what is where, movements and their reversal; counts are in the router beside it."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page, show_page
from app.core.http.payloads import Code, Day, Identifier, LotCode
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.partners.types import SupplyChannel
from app.stock import cards, counts_api, movements, service
from app.stock.cards import EventFilter, StockFilter
from app.stock.models import Lot, StockCardLine, StockEvent, StockReservation
from app.stock.schemas import (
    ConservationView,
    LotReason,
    LotShown,
    LotView,
    NewLot,
    ReservationView,
    ReversalReason,
    StockCardLineView,
    StockEventView,
    StockView,
)
from app.stock.types import StockEventKind

router = APIRouter(tags=["stock"])

# The cursor of the expiry list holds two numbers, the day and the row, as one.
_ROWS_A_DAY = 10**11


async def _stock_filter(
    item: Code | None = None,
    program: Program | None = None,
    warehouse: Code | None = None,
    zone: Annotated[Code | None, Query(description="Warehouses in the zone and everything below it.")] = None,
) -> StockFilter:
    return StockFilter(item=item, program=program, warehouse=warehouse, zone=zone)


WantedStock = Annotated[StockFilter, Depends(_stock_filter)]


@router.get("/lots", summary="List lots", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)])
def list_lots(
    session: Reader,
    cursor: PageCursor,
    code: LotCode | None = None,
    item: Code | None = None,
    program: Program | None = None,
    partner: Code | None = None,
    supply_channel: SupplyChannel | None = None,
    blocked: bool | None = None,
) -> Rendered[Page[LotView]]:
    """Lots with their channel, giver, expiry, earmark and block."""
    query = service.select_lots(
        code=code, item=item, program=program, partner=partner, supply_channel=supply_channel, blocked=blocked
    )
    return show_page(session, query, Lot.id, cursor, LotView)


@router.post(
    "/lots",
    status_code=201,
    summary="Register a lot",
    responses=problem_answers(409),
    dependencies=[needs(Right.STOCK_RECEIVE)],
)
def register_lot(new: NewLot, work: Write, once: Once) -> Rendered[LotView]:
    """A lot of which nothing is there yet; its units come with a receipt."""
    return once(work, lambda: tagged(service.register_lot(work, new), LotView.of))


@router.get(
    "/lots/{lot_id}", summary="Show a lot", responses=problem_answers(404), dependencies=[needs(Right.STOCK_READ)]
)
def show_lot(lot_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[LotView]:
    """One lot."""
    return known.answer(service.lot_by_id(session, lot_id), LotView.of)


@router.post(
    "/lots/{lot_id}/block",
    summary="Block a lot",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.LOT_BLOCK)],
)
def block_lot(
    lot_id: Identifier, why: LotReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[LotView]:
    """Failed inspection, recall: the lot is neither reserved nor shipped until it is unblocked."""
    return once(work, lambda: tagged(service.block_lot(work, lot_id, why.reason, if_match), LotView.of))


@router.post(
    "/lots/{lot_id}/unblock",
    summary="Unblock a lot",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.LOT_BLOCK)],
)
def unblock_lot(
    lot_id: Identifier, why: LotReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[LotView]:
    """The lot may be used again."""
    return once(work, lambda: tagged(service.unblock_lot(work, lot_id, why.reason, if_match), LotView.of))


def _conservation_views(session: Reader, lots: list[Lot]) -> list[ConservationView]:
    found = cards.conservation_of(session, (lot.id for lot in lots))
    return [
        ConservationView(lot=LotShown.of(lot), **asdict(found[lot.id]), difference=found[lot.id].difference)
        for lot in lots
    ]


@router.get(
    "/lots/{lot_id}/conservation",
    summary="Where a lot's units are",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def show_conservation(lot_id: Identifier, session: Reader) -> Rendered[ConservationView]:
    """Received = on hand + in transit + delivered + lost + returned."""
    return Rendered(_conservation_views(session, [service.lot_by_id(session, lot_id)])[0])


@router.get(
    "/stock-conservation",
    summary="Where the units of lots are",
    responses=problem_answers(),
    dependencies=[needs(Right.STOCK_READ)],
)
def list_conservation(
    session: Reader, cursor: PageCursor, item: Code | None = None, program: Program | None = None
) -> Rendered[Page[ConservationView]]:
    """Per lot: received = on hand + in transit + delivered + lost + returned; a difference would be named."""
    lots, after = read_page(session, service.select_lots(item=item, program=program), Lot.id, cursor)
    return Rendered(Page(items=_conservation_views(session, list(lots)), next=after))


@router.get(
    "/lots/{lot_id}/stock-cards/{warehouse}",
    summary="Read a stock card",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def list_card_lines(
    lot_id: Identifier, warehouse: Code, session: Reader, cursor: PageCursor
) -> Rendered[Page[StockCardLineView]]:
    """Every change of a lot in a warehouse with the running balance, in the order of recording."""
    query = cards.select_card(session, lot_id, warehouse)
    return show_page(session, query, StockCardLine.id, cursor, StockCardLineView)


@router.get("/stock", summary="List stock", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)])
def list_stock(
    session: Reader,
    cursor: PageCursor,
    clock: Now,
    wanted: WantedStock,
    day: Annotated[Day | None, Query(description="As of the end of this day; today if left out.")] = None,
) -> Rendered[Page[StockView]]:
    """On hand per lot and warehouse at the end of a day, beside what is reserved and available now."""
    rows, after = cards.stock_page(session, day or clock.today(), wanted, after=cursor.after, limit=cursor.limit)
    return Rendered(Page(items=[StockView.of(row) for row in rows], next=str(after) if after is not None else None))


@router.get(
    "/expiring-stock", summary="List what expires", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)]
)
def list_expiring_stock(
    session: Reader,
    cursor: PageCursor,
    clock: Now,
    wanted: WantedStock,
    days: Annotated[int, Query(ge=0, le=3660, description="From today on; what has expired is always shown.")] = 30,
) -> Rendered[Page[StockView]]:
    """Stock whose last day of use is near or past, the first to expire first."""
    today = clock.today()
    # A cursor that nobody was given may hold any number; the calendar does not.
    day = date.fromordinal(min(max(cursor.after // _ROWS_A_DAY, 1), date.max.toordinal()))
    rows, last = cards.expiring_stock(
        session,
        today + timedelta(days=days),
        wanted,
        today=today,
        after=(day, cursor.after % _ROWS_A_DAY),
        limit=cursor.limit,
    )
    following = str(last[0].toordinal() * _ROWS_A_DAY + last[1]) if last is not None else None
    return Rendered(Page(items=[StockView.of(row) for row in rows], next=following))


@router.get(
    "/stock-reservations",
    summary="List reservations",
    responses=problem_answers(),
    dependencies=[needs(Right.STOCK_READ)],
)
def list_reservations(
    session: Reader,
    cursor: PageCursor,
    lot_id: Identifier | None = None,
    warehouse: Code | None = None,
    reference_kind: Code | None = None,
    reference_key: Code | None = None,
    open_only: Annotated[bool, Query(description="Only promises that still stand.")] = False,
) -> Rendered[Page[ReservationView]]:
    """What is promised to documents, and what was."""
    query = cards.select_reservations(
        lot_id=lot_id,
        warehouse=warehouse,
        reference_kind=reference_kind,
        reference_key=reference_key,
        open_only=open_only,
    )
    return show_page(session, query, StockReservation.id, cursor, ReservationView)


async def _event_filter(
    lot_id: Identifier | None = None,
    item: Code | None = None,
    kind: StockEventKind | None = None,
    warehouse: Annotated[Code | None, Query(description="At either end.")] = None,
    facility: Code | None = None,
    reference_kind: Code | None = None,
    reference_key: Code | None = None,
    since: Annotated[Day | None, Query(description="Happened on this day or later.")] = None,
    until: Annotated[Day | None, Query(description="Happened on this day or earlier.")] = None,
) -> EventFilter:
    return EventFilter(
        lot_id=lot_id,
        item=item,
        kind=kind,
        warehouse=warehouse,
        facility=facility,
        reference_kind=reference_kind,
        reference_key=reference_key,
        since=since,
        until=until,
    )


@router.get(
    "/stock-events", summary="List stock events", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)]
)
def list_events(
    session: Reader, cursor: PageCursor, wanted: Annotated[EventFilter, Depends(_event_filter)]
) -> Rendered[Page[StockEventView]]:
    """All movements in the order of recording."""
    return show_page(session, cards.select_events(wanted), StockEvent.id, cursor, StockEventView)


@router.get(
    "/stock-events/{event_id}",
    summary="Show a stock event",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def show_event(event_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[StockEventView]:
    """One movement."""
    return known.answer(movements.event_by_id(session, event_id), StockEventView.of)


@router.post(
    "/stock-events/{event_id}/reverse",
    status_code=201,
    summary="Reverse a stock event",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def reverse_event(
    event_id: Identifier, why: ReversalReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[StockEventView]:
    """Undo a movement by an opposite one of today: once, never a reversal, while the units are still there."""
    return once(work, lambda: tagged(service.reverse(work, event_id, why.reason, if_match), StockEventView.of))


router.include_router(counts_api.router)
