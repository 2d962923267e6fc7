"""What reminders look like on the wire."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from app.catalog.types import Program
from app.core.http.payloads import Choice, Code, CodeOf, Name, Payload, Text, View
from app.requisitions.schemas import REQUISITIONS_MAX


class NewReminders(Payload):
    """Facilities that were told, by somebody and somehow, that their report is missing."""

    program: Choice[Program]
    facilities: Annotated[list[Code], Field(min_length=1, max_length=REQUISITIONS_MAX)]
    addressee: Name
    """Who was told, and how: a name, a telephone number."""
    note: Text = ""


class ReminderView(View):
    """One reminder to one facility."""

    facility: CodeOf
    program: Program
    last_reported_on: date | None = Field(description="The facility's last report as it was then.")
    reminded_at: datetime
    reminded_by: str
    addressee: str
    note: str
