"""REST of permissions for substitutes of a lower grade."""

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Day, Identifier
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.planning.grades import service
from app.planning.grades.models import GradePermission
from app.planning.grades.schemas import GradePermissionView, GradeReason, NewGradePermission

router = APIRouter(tags=["planning"])


@router.post(
    "/grade-permissions",
    status_code=status.HTTP_201_CREATED,
    summary="Permit a substitute of a lower grade at a facility",
    responses=problem_answers(),
    dependencies=[needs(Right.GRADE_PERMIT)],
)
def permit(new: NewGradePermission, work: Write, once: Once) -> Rendered[GradePermissionView]:
    """At facilities of tier 1, a substitute of a lower grade is planned only while a permission is in force."""
    return once(work, lambda: tagged(service.permit(work, new), GradePermissionView.of))


@router.get(
    "/grade-permissions",
    summary="List permissions for substitutes of a lower grade",
    responses=problem_answers(),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_permissions(
    session: Reader, cursor: PageCursor, valid_on: Day | None = None
) -> Rendered[Page[GradePermissionView]]:
    """All, or those in force on a day."""
    query = service.select_permissions(valid_on=valid_on)
    return show_page(session, query, GradePermission.id, cursor, GradePermissionView)


@router.get(
    "/grade-permissions/{permission_id}",
    summary="Show a permission for a substitute of a lower grade",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def show_permission(permission_id: Identifier, session: Reader, known: IfNoneMatch) -> Rendered[GradePermissionView]:
    """Who gave it, why, and until when."""
    return known.answer(service.permission_by_id(session, permission_id), GradePermissionView.of)


@router.post(
    "/grade-permissions/{permission_id}/end",
    summary="End a permission before its day",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.GRADE_PERMIT)],
)
def end_permission(
    permission_id: Identifier, why: GradeReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[GradePermissionView]:
    """Plans computed from now on do without it."""
    return once(
        work,
        lambda: tagged(service.end_permission(work, permission_id, why.reason, if_match), GradePermissionView.of),
    )
