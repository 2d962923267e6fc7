"""REST of recalls: where every unit of a lot is, what facilities say became of theirs, and the end of it."""

from fastapi import APIRouter

from app.auth import CurrentActor, Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code, Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import TAGGED, OptionalIfMatch, tagged
from app.dispatch.recalls import holders_with_vehicles, recall_detail, recall_summary
from app.dispatch.schemas import Holders, RecallDetail
from app.stock import recalls
from app.stock.models import LotRecall
from app.stock.schemas import RecallAnswerPayload, RecallClosing, RecallView
from app.stock.service import lot_by_id
from app.stock.types import RecallState

router = APIRouter()


@router.get(
    "/lots/{lot_id}/holders",
    summary="Who has a lot's units",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def list_holders(lot_id: Identifier, session: Reader, actor: CurrentActor) -> Rendered[Holders]:
    """Warehouses, vehicles on the road and facilities, each with whom to call."""
    lot_by_id(session, lot_id)
    return Rendered(Holders(holders=holders_with_vehicles(session, lot_id, actor=actor)))


@router.get("/recalls", summary="List recalls", responses=problem_answers(), dependencies=[needs(Right.DISPATCH_READ)])
def list_recalls(
    session: Reader,
    cursor: PageCursor,
    actor: CurrentActor,
    state: RecallState | None = None,
    lot_id: Identifier | None = None,
) -> Rendered[Page[RecallView]]:
    """A recall is opened where a lot is blocked of which units are outside the warehouses."""
    query = recalls.select_recalls(actor=actor, state=state, lot_id=lot_id)
    rows, after = read_page(session, query, LotRecall.id, cursor)
    return Rendered(Page(items=[recall_summary(row, actor=actor) for row in rows], next=after))


@router.get(
    "/recalls/{code}",
    summary="Show a recall",
    responses={200: TAGGED, **problem_answers(404)},
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_recall(code: Code, session: Reader, actor: CurrentActor) -> Rendered[RecallDetail]:
    """Where every unit is now, and what facilities say became of theirs."""
    recall = recalls.recall_by_code(session, code, actor=actor)
    return tagged(recall, lambda row: recall_detail(session, row, actor=actor))


@router.post(
    "/recalls/{code}/answer",
    summary="Say what became of a facility's units",
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.DELIVERY_CONFIRM)],
)
def answer_recall(
    code: Code, new: RecallAnswerPayload, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[RecallDetail]:
    """How many are set apart and how many were used; it may be said anew while the recall is open."""
    return once(
        work,
        lambda: tagged(
            recalls.answer_recall(work, code, new, if_match),
            lambda row: recall_detail(work.session, row, actor=work.actor),
        ),
    )


@router.post(
    "/recalls/{code}/close",
    summary="Close a recall",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.LOT_BLOCK)],
)
def close_recall(
    code: Code, new: RecallClosing, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[RecallDetail]:
    """With what became of the lot, which stays blocked. 409 names what is on the road and who has not answered."""
    return once(
        work,
        lambda: tagged(
            recalls.close_recall(work, code, new, if_match),
            lambda row: recall_detail(work.session, row, actor=work.actor),
        ),
    )
