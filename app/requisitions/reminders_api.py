"""Reminders to facilities that have not reported over HTTP."""

from fastapi import status

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.payloads import Code, Page, PageCursor, Reader, problem_answers, show_page
from app.core.http.routing import ServiceRouter
from app.requisitions.reminder_models import ReportingReminder
from app.requisitions.reminder_schemas import NewReminders, ReminderView
from app.requisitions.reminders import remind, select_reminders

router = ServiceRouter(tags=["requisitions"])


@router.post(
    "/reporting-reminders",
    status_code=status.HTTP_201_CREATED,
    responses=problem_answers(404),
    summary="Record reminders to facilities that have not reported",
    dependencies=[needs(Right.REQUISITION_REVIEW)],
)
def create_reminders(new: NewReminders, work: Write) -> list[ReminderView]:
    """Somebody called or wrote; the facility's own first page shows it, too. Recorded for all of them, or for none."""
    return [ReminderView.of(one) for one in remind(work, new)]


@router.get(
    "/reporting-reminders",
    responses=problem_answers(),
    summary="List reminders",
    dependencies=[needs(Right.NEEDS_READ)],
)
def list_reminders(
    reader: Reader, cursor: PageCursor, program: Program | None = None, facility: Code | None = None
) -> Page[ReminderView]:
    """In the order in which they were recorded."""
    query = select_reminders(program=program, facility=facility)
    return show_page(reader, query, ReportingReminder.id, cursor, ReminderView)
