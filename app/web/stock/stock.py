"""Stock as of a day: on hand, reserved, available, by item and warehouse or lot by lot; and what expires."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import InvalidInputError
from app.core.http.deps import Reader
from app.facilities.models import Facility
from app.stock.cards import StockFilter, StockRow, expiring_stock, stock_on
from app.web.kit.choices import word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.form_pages import Page, PageContext
from app.web.kit.rendering import Words
from app.web.kit.tables import Filter, Listing, choice_filter, day_filter, item_filter, warehouse_filter
from app.web.kit.units import read_day

router = APIRouter(include_in_schema=False)

EXPIRING_DAYS = (0, 7, 30, 90, 365)
EXPIRING_ROWS_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a warehouse has of an item; `unusable` of it is expired or blocked."""

    item: Item
    warehouse: Facility
    lots: int
    on_hand: int
    reserved: int
    available: int
    unusable: int


def holdings(rows: Iterable[StockRow]) -> list[Holding]:
    """Rows of lots added up by item and warehouse, in the order in which they first occur."""
    groups: dict[tuple[str, str], list[StockRow]] = {}
    for row in rows:
        groups.setdefault((row.lot.item.code, row.warehouse.code), []).append(row)
    return [
        Holding(
            item=group[0].lot.item,
            warehouse=group[0].warehouse,
            lots=len(group),
            on_hand=sum(row.on_hand for row in group),
            reserved=sum(row.reserved for row in group),
            available=sum(row.available for row in group if not row.unusable),
            unusable=sum(row.on_hand for row in group if row.unusable),
        )
        for group in groups.values()
    ]


def _asked_day(request: Request, today: date) -> date:
    """The day asked for; a filter that makes no sense shows its own fault."""
    try:
        return read_day(request.query_params.get("day", "").strip() or today.isoformat())
    except InvalidInputError:
        return today


def _filters(page: PageContext, session: Session) -> list[Filter]:
    words = page.words
    programs = word_choices(words, "program", Program)
    return [
        day_filter("day", "At the end of", lambda rows, _: rows),
        choice_filter(
            "program",
            "Program",
            programs,
            lambda rows, text: [row for row in rows if _item(row).program is Program(text)],
        ),
        item_filter(session, words, lambda rows, code: [row for row in rows if _item(row).code == code]),
        warehouse_filter(session, words, lambda rows, code: [row for row in rows if row.warehouse.code == code]),
    ]


def _item(row: Holding | StockRow) -> Item:
    return row.item if isinstance(row, Holding) else row.lot.item


@router.get("/stock", dependencies=[needs(Right.STOCK_READ)])
def show_stock(page: Page, session: Reader) -> Response:
    """What is where at the end of a day; reserved and available as of now."""
    day = _asked_day(page.request, page.clock.today())
    by_lot = page.request.query_params.get("by") == "lot"
    # Medical supplies first, as in every list of items.
    rows = sorted(stock_on(session, day), key=lambda row: (row.lot.item.program is Program.LIVING, row.lot.item_id))
    listing: Listing[StockRow] | Listing[Holding]
    if by_lot:
        listing = Listing(
            file_name="Stock by lot",
            rows=rows,
            columns=lot_columns(page.words),
            filters=_filters(page, session),
            empty="Nothing lies here. Goods come in with a receipt.",
        )
    else:
        listing = Listing(
            file_name="Stock",
            rows=holdings(rows),
            columns=_item_columns(),
            filters=_filters(page, session),
            empty="Nothing lies here. Goods come in with a receipt.",
        )
    return page.render_list(session, listing, "stock/stock.html", by_lot=by_lot, day=day)


def _item_columns() -> list[Column[Holding]]:
    def unit(row: Holding) -> str:
        return row.item.base_unit.value

    return [
        Column(
            key="item",
            title="Item",
            value=lambda row: row.item,
            kind=Kind.NAME,
            link=lambda row: f"/stock?by=lot&item={row.item.code}&warehouse={row.warehouse.code}",
        ),
        Column(key="warehouse", title="Warehouse", value=lambda row: row.warehouse, kind=Kind.NAME),
        Column(
            key="on_hand", title="On hand", value=lambda row: row.on_hand, kind=Kind.QUANTITY, sortable=True, unit=unit
        ),
        Column(
            key="reserved",
            title="Reserved",
            value=lambda row: row.reserved,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=unit,
        ),
        Column(
            key="available",
            title="Available",
            value=lambda row: row.available,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=unit,
            tone=lambda row: "low" if row.available == 0 else "",
        ),
        Column(
            key="unusable",
            title="Expired or blocked",
            value=lambda row: row.unusable or None,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=unit,
            tone=lambda row: "low" if row.unusable else "",
        ),
        Column(key="lots", title="Lots", value=lambda row: row.lots, kind=Kind.NUMBER, sortable=True),
    ]


def lot_columns(words: Words) -> list[Column[StockRow]]:
    """Columns of rows that are lots in warehouses."""

    def units(key: str, title: str, value: Callable[[StockRow], int]) -> Column[StockRow]:
        return Column(
            key=key,
            title=title,
            value=value,
            kind=Kind.QUANTITY,
            sortable=True,
            unit=lambda row: row.lot.item.base_unit.value,
            exact=True,
        )

    return [
        Column(key="lot", title="Lot", value=lambda row: row.lot.code, link=lambda row: f"/lots/{row.lot.id}"),
        Column(key="item", title="Item", value=lambda row: row.lot.item, kind=Kind.NAME),
        Column(
            key="warehouse",
            title="Warehouse",
            value=lambda row: row.warehouse,
            kind=Kind.NAME,
            link=lambda row: f"/lots/{row.lot.id}/cards/{row.warehouse.code}",
        ),
        Column(
            key="expiry",
            title="Use by",
            value=lambda row: row.lot.expiry_date,
            kind=Kind.DAY,
            sortable=True,
            tone=lambda row: "low" if "lot_expired" in row.unusable else "",
        ),
        units("on_hand", "On hand", lambda row: row.on_hand),
        units("reserved", "Reserved", lambda row: row.reserved),
        units("available", "Available", lambda row: 0 if row.unusable else row.available),
        Column(
            key="unusable",
            title="Why it may not be used",
            value=lambda row: next(iter(row.unusable), None),
            kind=Kind.WORD,
            tone=lambda row: "low" if row.unusable else "",
        ),
        Column(
            key="earmark", title="Only for", value=lambda row: words.names(mark.facility for mark in row.lot.earmarks)
        ),
    ]


@router.get("/expiring-stock", dependencies=[needs(Right.STOCK_READ)])
def show_expiring(page: Page, session: Reader) -> Response:
    """What has expired or soon will, the first to expire first."""
    words, today = page.words, page.clock.today()
    asked = page.request.query_params.get("days", "")
    days = int(asked) if asked in map(str, EXPIRING_DAYS) else 30
    rows, _ = expiring_stock(
        session, today + timedelta(days=days), StockFilter(), today=today, after=(date.min, 0), limit=EXPIRING_ROWS_MAX
    )
    choices = [(str(n), words("{days} days", days=n)) for n in EXPIRING_DAYS]
    filters = [choice_filter("days", "Within", choices, lambda rows, _: rows), *_filters(page, session)[1:]]
    listing = Listing(
        file_name="What expires",
        rows=rows,
        columns=lot_columns(page.words),
        filters=filters,
        sort="expiry",
        empty="Nothing expires so soon.",
    )
    return page.render_list(session, listing, "stock/expiring.html", days=days)
