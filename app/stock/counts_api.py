"""The API of physical inventories."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.stock import counts
from app.stock.models import PhysicalInventory
from app.stock.schemas import InventoryReason, NewPhysicalInventory, PhysicalInventoryView, Recount
from app.stock.types import InventoryState

router = APIRouter()


@router.get(
    "/physical-inventories", summary="List counts", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)]
)
def list_inventories(
    session: Reader, cursor: PageCursor, warehouse: Code | None = None, state: InventoryState | None = None
) -> Rendered[Page[PhysicalInventoryView]]:
    """Physical inventories with their lines."""
    query = counts.select_inventories(warehouse=warehouse, state=state)
    return show_page(session, query, PhysicalInventory.id, cursor, PhysicalInventoryView)


@router.post(
    "/physical-inventories",
    status_code=201,
    summary="Write down a count",
    responses=problem_answers(),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def draft_inventory(new: NewPhysicalInventory, work: Write, once: Once) -> Rendered[PhysicalInventoryView]:
    """What was counted, beside what the cards say for that day; nothing moves until it is posted."""
    return once(work, lambda: tagged(counts.draft_inventory(work, new), PhysicalInventoryView.of))


@router.get(
    "/physical-inventories/{code}",
    summary="Show a count",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def show_inventory(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[PhysicalInventoryView]:
    """One physical inventory."""
    return known.answer(counts.inventory_by_code(session, code), PhysicalInventoryView.of)


@router.post(
    "/physical-inventories/{code}/recount",
    summary="Enter lots counted again",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def recount(
    code: Code, again: Recount, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PhysicalInventoryView]:
    """New figures for lots of the draft, or further lots; the expected figures are taken anew for these."""
    return once(work, lambda: tagged(counts.recount(work, code, again, if_match), PhysicalInventoryView.of))


@router.post(
    "/physical-inventories/{code}/cancel",
    summary="Put a count aside",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def cancel_inventory(
    code: Code, why: InventoryReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[PhysicalInventoryView]:
    """The draft will not be posted."""
    return once(
        work, lambda: tagged(counts.cancel_inventory(work, code, why.reason, if_match), PhysicalInventoryView.of)
    )
