"""Physical inventories: a sheet to count with, the differences, and the posting that sets the cards right."""

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.errors import InvalidInputError, ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.losses import post_count
from app.facilities.service import warehouse_by_code
from app.stock import counts
from app.stock.cards import stock_on
from app.stock.models import Lot, PhysicalInventory
from app.stock.schemas import InventoryReason, NewPhysicalInventory, Recount
from app.stock.service import select_lots
from app.stock.types import InventoryState
from app.web.kit.choices import warehouse_choices, word_choices
from app.web.kit.columns import Column, Kind, code_column, day_column, person_column
from app.web.kit.error_texts import at_rows
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Payload, Typed, rows_of, whole_payload
from app.web.kit.sheet_lines import ToldSheet
from app.web.kit.tables import Listing, choice_filter, day_filter, warehouse_filter
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)

Columns = list[Column[PhysicalInventory]]


@router.get("/counts", dependencies=[needs(Right.STOCK_READ)])
def show_counts(page: Page, session: Reader) -> Response:
    """All counts, the newest first."""
    words = page.words

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
        person_column("by", "By", lambda row: row.counted_by, PhysicalInventory.counted_by),
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
    return page.render_list(session, listing, "stock/counts.html")


@router.get("/counts/new", dependencies=[needs(Right.STOCK_ADJUST)])
def show_sheet(page: Page, session: Reader, warehouse: Code | None = None) -> Response:
    """Choose a warehouse, then its sheet: on paper, and here to be filled in."""
    known = dict(warehouse_choices(session, page.words, page.actor.warehouses))
    chosen = warehouse if warehouse in known else next(iter(known), None) if len(known) == 1 else None
    values = {"warehouse": chosen, "counted_on": page.clock.today().isoformat()}
    return sheet_page(page, session, Form(values=values))


def sheet_page(page: PageContext, session: Session, form: Form, told: ToldSheet | None = None) -> Response:
    """The sheet of a warehouse, and what became of the file that filled it."""
    warehouses = warehouse_choices(session, page.words, page.actor.warehouses)
    chosen = form.value("warehouse")
    lots: list[Lot] = []
    if chosen in dict(warehouses):
        lots = [row.lot for row in stock_on(session, page.clock.today(), warehouse=chosen)]
        # A sheet that comes back keeps its rows, whatever has moved meanwhile.
        typed = [str(row.get("lot_id", "")) for row in rows_of(dict(form.values), "lines")]
        if typed:
            by_id = {str(lot.id): lot for lot in session.scalars(select_lots().where(Lot.id.in_(_numbers(typed))))}
            lots = [by_id[lot_id] for lot_id in typed if lot_id in by_id]
    return page.render(
        "stock/count_sheet.html",
        form=form,
        told=told,
        warehouses=warehouses,
        chosen=chosen,
        place=warehouse_by_code(session, chosen) if chosen in dict(warehouses) else None,
        lots=[(lot, counted_in(lot.item)) for lot in lots],
    )


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


@router.post("/counts", dependencies=[needs(Right.STOCK_ADJUST)])
def draft_count(sent: SentForm) -> Response:
    """Write down what was counted; nothing moves yet."""
    page = sent.page

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

    return sent.run(act, lambda session, form: sheet_page(page, session, form))


def _read(session: Session, kind: type[Payload], typed: Typed, rows: list[Typed]) -> Payload:
    """Rows of counted lots as a payload: what is weighed was typed in kilograms."""
    reader = FormReader(session)
    ids = [str(row.get("lot_id", "")) for row in rows]
    items = {lot.id: lot.item for lot in session.scalars(select_lots().where(Lot.id.in_(_numbers(ids))))}
    for n, row in enumerate(rows):
        numbers = _numbers([ids[n]])
        row["lot_id"] = numbers[0] if numbers else 0
        reader.quantity(row, items.get(row["lot_id"]), "counted_units", f"lines.{n}.")
    return whole_payload(reader, kind, {**typed, "lines": rows})


@router.get("/counts/{code}", dependencies=[needs(Right.STOCK_READ)])
def show_count(code: Code, page: Page, session: Reader) -> Response:
    """What was counted beside the cards."""
    return _count_page(page, session, code, Form())


def _count_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    count = counts.inventory_by_code(session, code)
    is_draft = count.state is InventoryState.DRAFT
    moved = counts.moved_lots(session, count) if is_draft else frozenset()
    lines = [
        (n, line, counted_in(line.lot.item), as_typed(line.counted_units, line.lot.item), line.lot_id in moved)
        for n, line in enumerate(count.lines)
    ]
    may_change = is_draft and page.actor.may(Right.STOCK_ADJUST) and page.actor.has_warehouse(count.warehouse.code)
    return page.render(
        "stock/count.html",
        form=form,
        count=count,
        lines=lines,
        may_change=may_change,
        differing=sum(1 for line in count.lines if line.counted_units != line.expected_units),
    )


@router.post("/counts/{code}/recount", dependencies=[needs(Right.STOCK_ADJUST)])
def change_count(code: Code, sent: SentForm) -> Response:
    """New figures and reasons; where that was asked for, the count is posted with them."""
    page = sent.page

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
            post_count(work, code)
        return f"/counts/{code}"

    return sent.run(act, lambda session, form: _count_page(page, session, code, form))


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
def cancel_count(code: Code, sent: SentForm) -> Response:
    """Put aside; it will not be posted."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        why = whole_payload(FormReader(work.session), InventoryReason, typed)
        counts.cancel_inventory(work, code, why.reason)
        return f"/counts/{code}"

    return sent.run(act, lambda session, form: _count_page(page, session, code, form), part="cancel")
