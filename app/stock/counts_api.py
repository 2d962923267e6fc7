"""The API of physical inventories."""

from app.auth import Right, Write, needs
from app.core.http.payloads import Code, Page, PageCursor, Reader, problem_answers, show_page
from app.core.http.routing import ServiceRouter
from app.stock import counts
from app.stock.models import PhysicalInventory
from app.stock.schemas import InventoryReason, NewPhysicalInventory, PhysicalInventoryView, Recount
from app.stock.types import InventoryState

router = ServiceRouter()


@router.get(
    "/physical-inventories", summary="List counts", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)]
)
def list_inventories(
    session: Reader, cursor: PageCursor, warehouse: Code | None = None, state: InventoryState | None = None
) -> Page[PhysicalInventoryView]:
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
def draft_inventory(new: NewPhysicalInventory, work: Write) -> PhysicalInventoryView:
    """What was counted, beside what the cards say for that day; nothing moves until it is posted."""
    return PhysicalInventoryView.of(counts.draft_inventory(work, new))


@router.get(
    "/physical-inventories/{code}",
    summary="Show a count",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def show_inventory(code: Code, session: Reader) -> PhysicalInventoryView:
    """One physical inventory."""
    return PhysicalInventoryView.of(counts.inventory_by_code(session, code))


@router.post(
    "/physical-inventories/{code}/recount",
    summary="Enter lots counted again",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def recount(code: Code, again: Recount, work: Write) -> PhysicalInventoryView:
    """New figures for lots of the draft, or further lots; the expected figures are taken anew for these."""
    return PhysicalInventoryView.of(counts.recount(work, code, again))


@router.post(
    "/physical-inventories/{code}/post",
    summary="Post a count",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def post_inventory(code: Code, work: Write) -> PhysicalInventoryView:
    """Differences become adjustments with their reasons; refused where a card moved since it was counted."""
    return PhysicalInventoryView.of(counts.post_inventory(work, code))


@router.post(
    "/physical-inventories/{code}/cancel",
    summary="Put a count aside",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def cancel_inventory(code: Code, why: InventoryReason, work: Write) -> PhysicalInventoryView:
    """The draft will not be posted."""
    return PhysicalInventoryView.of(counts.cancel_inventory(work, code, why.reason))
