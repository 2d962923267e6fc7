"""Physical inventories: a sheet to count with, the differences, and the posting that sets the cards right."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import InvalidInputError, ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.facilities.service import warehouse_by_code
from app.stock import counts
from app.stock.cards import stock_on
from app.stock.models import Lot, PhysicalInventory
from app.stock.schemas import InventoryReason, NewPhysicalInventory, Recount
from app.stock.service import select_lots
from app.stock.types import InventoryState
from app.web.kit.choices import warehouse_choices, word_choices
from app.web.kit.columns import Column, Kind
from app.web.kit.error_texts import at_rows
from app.web.kit.form_pages import AtDesk, AtPage, Visit
from app.web.kit.forms import Form, Payload, Typed
from app.web.kit.table_parts import choice_filter, code_column, day_column, day_filter, warehouse_filter
from app.web.kit.tables import Listing
from app.web.kit.typed_lines import Reading, rows_of, whole_payload
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)

Columns = list[Column[PhysicalInventory]]


@router.get("/counts", dependencies=[needs(Right.STOCK_READ)])
def show_counts(visit: AtPage, session: Reader) -> Response:
    """All counts, the newest first."""
    words = visit.words

    def differing(row: PhysicalInventory) -> int:
        return sum(1 for line in row.lines if line.counted_units != line.expected_units)

    columns: Columns = [
        code_column("/counts", PhysicalInventory.id),
        Column(key="warehouse", title="Warehouse", value=lambda row: row.warehouse, kind=Kind.NAME),
        day_column("day", "Counted on", lambda row: row.counted_on, PhysicalInventory.counted_on),
        Column(key="state", title="State", value=lambda row: row.state, kind=Kind.STATE, order=PhysicalInventory.state),
        Column(key="lots", title="Lots", value=lambda row: len(row.lines), kind=Kind.NUMBER),
        Column(
            key="differences",
            title="Differences",
            value=differing,
            kind=Kind.NUMBER,
            tone=lambda row: "low" if differing(row) else "",
        ),
        Column(key="by", title="By", value=lambda row: row.counted_by, order=PhysicalInventory.counted_by),
    ]
    states = word_choices(words, "state", InventoryState)
    filters = [
        warehouse_filter(session, words, lambda rows, code: rows.where(PhysicalInventory.warehouse.has(code=code))),
        choice_filter(
            "state", "State", states, lambda rows, text: rows.where(PhysicalInventory.state == InventoryState(text))
        ),
        day_filter("from", "From day", lambda rows, day: rows.where(PhysicalInventory.counted_on >= day)),
    ]
    listing = Listing(
        file_name="Counts",
        rows=counts.select_inventories(),
        columns=columns,
        filters=filters,
        key=PhysicalInventory.id,
        sort="-code",
        empty="Nothing was counted yet. Begin with a count of your warehouse.",
    )
    return visit.list_page(session, listing, "stock/counts.html")


@router.get("/counts/new", dependencies=[needs(Right.STOCK_ADJUST)])
def show_sheet(visit: AtPage, session: Reader, warehouse: Code | None = None) -> Response:
    """Choose a warehouse, then its sheet: on paper, and here to be filled in."""
    known = dict(warehouse_choices(session, visit.words, visit.actor.warehouses))
    chosen = warehouse if warehouse in known else next(iter(known), None) if len(known) == 1 else None
    values = {"warehouse": chosen, "counted_on": visit.clock.today().isoformat()}
    return _sheet(visit, session, Form(values=values))


def _sheet(visit: Visit, session: Session, form: Form) -> Response:
    warehouses = warehouse_choices(session, visit.words, visit.actor.warehouses)
    chosen = form.value("warehouse")
    lots: list[Lot] = []
    if chosen in dict(warehouses):
        lots = [row.lot for row in stock_on(session, visit.clock.today(), warehouse=chosen)]
        # A sheet that comes back keeps its rows, whatever has moved meanwhile.
        typed = [str(row.get("lot_id", "")) for row in rows_of(dict(form.values), "lines")]
        if typed:
            by_id = {str(lot.id): lot for lot in session.scalars(select_lots().where(Lot.id.in_(_numbers(typed))))}
            lots = [by_id[lot_id] for lot_id in typed if lot_id in by_id]
    return visit.page(
        "stock/count_sheet.html",
        form=form,
        warehouses=warehouses,
        chosen=chosen,
        place=warehouse_by_code(session, chosen) if chosen in dict(warehouses) else None,
        lots=[(lot, counted_in(lot.item)) for lot in lots],
    )


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


@router.post("/counts", dependencies=[needs(Right.STOCK_ADJUST)])
def draft_count(desk: AtDesk) -> Response:
    """Write down what was counted; nothing moves yet."""
    visit = desk.visit

    def act(work: Work, typed: Typed) -> str:
        rows = rows_of(typed, "lines")
        counted = [n for n, row in enumerate(rows) if "counted_units" in row]
        if rows and not counted:
            message = "Nothing is filled in yet."
            raise InvalidInputError.of(message, where="lines.0.counted_units", code="nothing_filled_in")
        try:
            new = _read(work.session, NewPhysicalInventory, typed, [rows[n] for n in counted])
            made = counts.draft_inventory(work, new)
        except ServiceError as refusal:
            raise at_rows(refusal, "lines", counted) from None
        return f"/counts/{made.code}"

    return desk.do(act, lambda session, form: _sheet(visit, session, form))


def _read(session: Session, kind: type[Payload], typed: Typed, rows: list[Typed]) -> Payload:
    """Rows of counted lots as a payload: what is weighed was typed in kilograms."""
    reading = Reading(session)
    ids = [str(row.get("lot_id", "")) for row in rows]
    items = {lot.id: lot.item for lot in session.scalars(select_lots().where(Lot.id.in_(_numbers(ids))))}
    for n, row in enumerate(rows):
        numbers = _numbers([ids[n]])
        row["lot_id"] = numbers[0] if numbers else 0
        reading.quantity(row, items.get(row["lot_id"]), "counted_units", f"lines.{n}.")
    return whole_payload(reading, kind, {**typed, "lines": rows})


@router.get("/counts/{code}", dependencies=[needs(Right.STOCK_READ)])
def show_count(code: Code, visit: AtPage, session: Reader) -> Response:
    """What was counted beside the cards."""
    return _count_page(visit, session, code, Form())


def _count_page(visit: Visit, session: Session, code: str, form: Form) -> Response:
    count = counts.inventory_by_code(session, code)
    is_draft = count.state is InventoryState.DRAFT
    moved = counts.moved_lots(session, count) if is_draft else frozenset()
    lines = [
        (n, line, counted_in(line.lot.item), as_typed(line.counted_units, line.lot.item), line.lot_id in moved)
        for n, line in enumerate(count.lines)
    ]
    may_change = is_draft and visit.actor.may(Right.STOCK_ADJUST) and visit.actor.has_warehouse(count.warehouse.code)
    return visit.page(
        "stock/count.html",
        form=form,
        count=count,
        lines=lines,
        may_change=may_change,
        differing=sum(1 for line in count.lines if line.counted_units != line.expected_units),
    )


@router.post("/counts/{code}/recount", dependencies=[needs(Right.STOCK_ADJUST)])
def change_count(code: Code, desk: AtDesk) -> Response:
    """New figures and reasons; where that was asked for, the count is posted with them."""
    visit = desk.visit

    def act(work: Work, typed: Typed) -> str:
        is_posted = typed.pop("post", None) == "yes"
        rows = rows_of(typed, "lines")
        changed = _changed(work.session, code, rows)
        if changed:
            try:
                again = _read(work.session, Recount, {}, [rows[n] for n in changed])
                counts.recount(work, code, again)
            except ServiceError as refusal:
                raise at_rows(refusal, "lines", changed) from None
        if is_posted:
            counts.post_inventory(work, code)
        return f"/counts/{code}"

    return desk.do(act, lambda session, form: _count_page(visit, session, code, form))


def _changed(session: Session, code: str, rows: list[Typed]) -> list[int]:
    """Positions of the rows with something new. Others stay as counted: a card that has moved since must be seen."""
    known = {str(line.lot_id): line for line in counts.inventory_by_code(session, code).lines}
    changed = []
    for n, row in enumerate(rows):
        line = known.get(str(row.get("lot_id", "")))
        if "counted_units" not in row:
            continue
        before = (as_typed(line.counted_units, line.lot.item), line.reason) if line is not None else None
        if before != (row["counted_units"], row.get("reason", "")):
            changed.append(n)
    return changed


@router.post("/counts/{code}/cancel", dependencies=[needs(Right.STOCK_ADJUST)])
def cancel_count(code: Code, desk: AtDesk) -> Response:
    """Put aside; it will not be posted."""
    visit = desk.visit

    def act(work: Work, typed: Typed) -> str:
        why = whole_payload(Reading(work.session), InventoryReason, typed)
        counts.cancel_inventory(work, code, why.reason)
        return f"/counts/{code}"

    return desk.do(act, lambda session, form: _count_page(visit, session, code, form), part="cancel")
