"""Reminders to facilities that have not reported over HTTP."""

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.requisitions.reminder_models import ReportingReminder
from app.requisitions.reminder_schemas import NewReminders, ReminderView
from app.requisitions.reminders import remind, select_reminders

router = APIRouter(tags=["requisitions"])


@router.post(
    "/reporting-reminders",
    status_code=status.HTTP_201_CREATED,
    responses=problem_answers(404),
    summary="Record reminders to facilities that have not reported",
    dependencies=[needs(Right.REQUISITION_REVIEW)],
)
def create_reminders(new: NewReminders, work: Write, once: Once) -> Rendered[list[ReminderView]]:
    """Somebody called or wrote; the facility's own first page shows it, too. Recorded for all of them, or for none."""
    return once(work, lambda: Rendered([ReminderView.of(one) for one in remind(work, new)]))


@router.get(
    "/reporting-reminders",
    responses=problem_answers(),
    summary="List reminders",
    dependencies=[needs(Right.NEEDS_READ)],
)
def list_reminders(
    reader: Reader, cursor: PageCursor, program: Program | None = None, facility: Code | None = None
) -> Rendered[Page[ReminderView]]:
    """In the order in which they were recorded."""
    query = select_reminders(program=program, facility=facility)
    return show_page(reader, query, ReportingReminder.id, cursor, ReminderView)
