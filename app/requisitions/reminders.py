"""Reminders to facilities that have not reported: recorded by the supplies group, shown to the facility.

The service sends no mail: somebody calls or writes, and says here whom.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.rules import repeated_faults
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.requisitions.gaps import last_reports
from app.requisitions.reminder_models import ReportingReminder
from app.requisitions.reminder_schemas import NewReminders, ReminderView
from app.requisitions.rules import inactive_fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """The reminders of one facility's present silence in a program."""

    times: int
    last_at: datetime
    last_by: str
    addressee: str


def remind(work: Work, new: NewReminders) -> list[ReportingReminder]:
    """Record that these facilities were told that their report is missing; all or none.

    Raises `InvalidInputError` with every fault: unknown, closed or repeated facilities, and those that have reported
    on today's situation.
    """
    faults = repeated_faults(new.facilities, "facilities")
    known = facilities_by_code(work.session, new.facilities, where="facilities.{n}", faults=faults)
    last = last_reports(work.session, new.program, sorted(facility.id for facility in known.values()))
    for n, code in enumerate(new.facilities):
        where = f"facilities.{n}"
        if code not in known:
            continue
        if not known[code].active:
            faults.append(inactive_fault(code).at(where))
        elif last.get(known[code].id) == work.today:
            message = "Facility {facility} has reported today."
            faults.append(Fault("reported_already", message, where, {"facility": code}))
    InvalidInputError.raise_if(faults)
    return [_remind(work, new, known[code], last.get(known[code].id)) for code in new.facilities]


def _remind(work: Work, new: NewReminders, facility: Facility, last: date | None) -> ReportingReminder:
    reminder = ReportingReminder(
        facility=facility,
        program=new.program,
        last_reported_on=last,
        reminded_at=work.now,
        reminded_by=work.actor.name,
        addressee=new.addressee,
        note=new.note,
    )
    work.session.add(reminder)
    work.session.flush()
    work.record("REPORT_REMINDED", "reporting_reminder", reminder.id, after=ReminderView.snapshot(reminder))
    return reminder


def select_reminders(*, program: Program | None = None, facility: str | None = None) -> Select[ReportingReminder]:
    """The reminders in a program and to a facility, as far as given."""
    query = select(ReportingReminder)
    if program is not None:
        query = query.where(ReportingReminder.program == program)
    if facility is not None:
        query = query.where(ReportingReminder.facility.has(Facility.code == facility))
    return query


def reminded(
    session: Session, program: Program, facility_ids: Sequence[int], last: Mapping[int, date]
) -> dict[int, Reminded]:
    """How often these facilities were reminded since their last report (`last`, by facility id), by facility id."""
    query = select_reminders(program=program).where(ReportingReminder.facility_id.in_(facility_ids))
    found: dict[int, list[ReportingReminder]] = defaultdict(list)
    for one in session.scalars(query.order_by(ReportingReminder.id)).unique():
        if one.last_reported_on == last.get(one.facility_id):
            found[one.facility_id].append(one)
    return {
        facility_id: Reminded(
            times=len(of_it),
            last_at=of_it[-1].reminded_at,
            last_by=of_it[-1].reminded_by,
            addressee=of_it[-1].addressee,
        )
        for facility_id, of_it in found.items()
    }
