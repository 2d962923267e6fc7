"""REST of movements and counts that may take promised goods: the answer names the orders that lose goods."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.idempotency import Once
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import OptionalIfMatch, tagged
from app.dispatch import losses
from app.dispatch.schemas import MovedStock
from app.stock.schemas import NewMovements, PhysicalInventoryView, StockEventView

router = APIRouter()


@router.post(
    "/stock-movements",
    status_code=201,
    summary="Record movements",
    tags=["stock"],
    responses=problem_answers(409),
    dependencies=[needs(Right.STOCK_MOVE)],
)
def record_movements(new: NewMovements, work: Write, once: Once) -> Rendered[MovedStock]:
    """Transfers between warehouses, losses, returns to the giver: all of them or none, every shortage named.

    A loss is recorded also where the units are promised: it takes from the lowest tier and the latest day first, names
    the orders in `touched`, and gives notice to all whom it concerns."""

    def record() -> Rendered[MovedStock]:
        done = losses.record_with_losses(work, new)
        events = [StockEventView.of(event) for event in done.events]
        return Rendered(MovedStock(events=events, touched=list(done.touched)))

    return once(work, record)


@router.post(
    "/physical-inventories/{code}/post",
    summary="Post a count",
    tags=["stock"],
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.STOCK_ADJUST)],
)
def post_inventory(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[PhysicalInventoryView]:
    """Differences become adjustments with their reasons; refused where a card moved since it was counted. A count
    below what is promised takes from the orders as a loss does."""
    return once(work, lambda: tagged(losses.post_count(work, code, if_match), PhysicalInventoryView.of))
