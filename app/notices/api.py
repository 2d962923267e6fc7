"""REST of notices."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.auth import CurrentActor, Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.notices import service
from app.notices.models import Notice
from app.notices.schemas import NoticeView

router = APIRouter(tags=["notices"])

Kind = Annotated[str, Query(max_length=64, pattern=r"^[a-z_]*$")]


@router.get("/notices", summary="List notices", responses=problem_answers(), dependencies=[needs(Right.DISPATCH_READ)])
def list_notices(
    session: Reader,
    cursor: PageCursor,
    actor: CurrentActor,
    unread: Annotated[
        bool | None, Query(description="Only those that nobody has read yet, or only the others.")
    ] = None,
    kind: Kind | None = None,
) -> Rendered[Page[NoticeView]]:
    """Those for the caller's role, or for the caller's facilities or warehouses."""
    return show_page(
        session, service.select_notices(actor=actor, unread=unread, kind=kind), Notice.id, cursor, NoticeView
    )


@router.get(
    "/notices/{notice_id}",
    summary="Show a notice",
    responses=problem_answers(404),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_notice(
    notice_id: Identifier, session: Reader, actor: CurrentActor, known: IfNoneMatch
) -> Rendered[NoticeView]:
    """One notice."""
    return known.answer(service.notice_by_id(session, notice_id, actor=actor), NoticeView.of)


@router.post(
    "/notices/{notice_id}/read",
    summary="Say that a notice was read",
    responses=problem_answers(404),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def read_notice(notice_id: Identifier, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[NoticeView]:
    """For all whom it is for; the first who says so is kept."""
    return once(work, lambda: tagged(service.read_notice(work, notice_id, if_match), NoticeView.of))
