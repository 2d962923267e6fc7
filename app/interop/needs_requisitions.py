"""Brings needs from a file into the database as submitted requisitions, all or nothing."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.rules import fold_name
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.work import Work
from app.facilities.models import Facility
from app.interop.mapping import TakenNeed
from app.requisitions.models import Requisition
from app.requisitions.rules import inactive_fault
from app.requisitions.schemas import LINES_MAX, NewRequisition, NewRequisitionLine
from app.requisitions.service import create_requisitions, submit_all


def item_programs(session: Session) -> dict[str, Program]:
    """The program of every active item, by its code."""
    return dict(session.execute(select(Item.code, Item.program).where(Item.active.is_(True))).all())


def facility_finder(facilities: Sequence[Facility]) -> Callable[[str, str], list[Facility]]:
    """Finds facilities by code, else by a name in either language; a district tells namesakes apart."""
    by_code = {facility.code: facility for facility in facilities}
    by_name: dict[str, list[Facility]] = defaultdict(list)
    for facility in facilities:
        for name in dict.fromkeys((fold_name(facility.name_zh), fold_name(facility.name_en))):
            by_name[name].append(facility)

    def find(name: str, district: str) -> list[Facility]:
        if name in by_code:
            return [by_code[name]]
        found = by_name.get(fold_name(name), [])
        if len(found) > 1 and district:
            zones = {fold_name(district)}
            return [one for one in found if zones & {fold_name(one.zone.name_zh), fold_name(one.zone.name_en)}]
        return found

    return find


def import_requisitions(
    work: Work, needs: Sequence[TakenNeed], programs: Mapping[str, Program], *, reported_on: date, note: str
) -> list[Requisition]:
    """Enter and submit one requisition per facility and program, in the order of the file.

    Raises `InvalidInputError` with every fault by its place in the file: facilities that are not known, closed or
    of which there are several, days before the report, and a line that repeats another under another name.
    """
    facilities = work.session.scalars(select(Facility).order_by(Facility.code)).unique().all()
    find = facility_finder(facilities)
    faults: list[Fault] = []
    lines: dict[tuple[str, Program], list[NewRequisitionLine]] = defaultdict(list)
    seen: dict[tuple[str, str, date], str] = {}
    for need in needs:
        facility = _the_one(find(need.facility, need.district), need, faults)
        if need.needed_by < reported_on:
            message = "It is needed by {needed_by}, before the day of the report, {reported_on}."
            days = {"needed_by": need.needed_by.isoformat(), "reported_on": reported_on.isoformat()}
            faults.append(Fault("needed_before_report", message, f"{need.place}.needed_by", days))
        if facility is None:
            continue
        key = facility.code, need.item, need.needed_by
        if key in seen:
            message = "This repeats {place}: the same facility, item and day."
            faults.append(Fault("repeated_line", message, need.place, {"place": seen[key]}))
        seen.setdefault(key, need.place)
        lines[facility.code, programs[need.item]].append(
            NewRequisitionLine(
                item=need.item, requested_units=need.quantity, needed_by=need.needed_by, reason=need.reason
            )
        )
    InvalidInputError.raise_if(faults)
    news = [
        NewRequisition(
            facility=facility,
            program=program,
            reported_on=reported_on,
            note=note,
            lines=asked[begin : begin + LINES_MAX],
        )
        for (facility, program), asked in lines.items()
        for begin in range(0, len(asked), LINES_MAX)
    ]
    created = create_requisitions(work, news)
    return submit_all(work, [one.code for one in created])


def _the_one(found: Sequence[Facility], need: TakenNeed, faults: list[Fault]) -> Facility | None:
    where = f"{need.place}.facility"
    if len(found) == 1:
        if not found[0].active:
            faults.append(replace(inactive_fault(found[0].code), where=where))
        return found[0]
    params = {"facility": need.facility}
    if found:
        message = "Several facilities are called “{facility}”: give the code of the one that is meant."
        faults.append(Fault("several_facilities", message, where, params))
    else:
        faults.append(Fault("unknown_facility", "No facility has the code or name “{facility}”.", where, params))
    return None
