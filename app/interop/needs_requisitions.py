"""Brings needs from a file into the database as submitted requisitions, all or nothing."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.rules import fold_name
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError
from app.core.http.payloads import QUANTITY_MAX
from app.core.work import Work
from app.facilities.models import Facility
from app.interop.mapping import TakenNeed
from app.interop.sheet_facts import facility_index
from app.requisitions.models import Requisition
from app.requisitions.rules import inactive_fault
from app.requisitions.schemas import LINES_MAX, NewRequisition, NewRequisitionLine
from app.requisitions.service import create_requisitions, submit_all
from app.requisitions.types import RequisitionKind


class FacilityFinder:
    """Finds facilities by code, alias or name in either language; a district tells namesakes apart."""

    def __init__(self, session: Session) -> None:
        self._index = facility_index(session)
        self._by_code = {one.code: one for one in session.scalars(select(Facility)).unique()}

    def find(self, name: str, district: str) -> list[Facility]:
        """All facilities that the name may mean."""
        found = [self._by_code[name]] if name in self._by_code else [self._by_code[c] for c in self._index.codes(name)]
        if len(found) > 1 and district:
            zones = {fold_name(district)}
            return [one for one in found if zones & {fold_name(one.zone.name_zh), fold_name(one.zone.name_en)}]
        return found

    def the_one(self, need: TakenNeed, faults: list[Fault]) -> Facility | None:
        """The facility that is meant; None, and the fault noted, where none or several may be."""
        found = self.find(need.facility, need.district)
        where = f"{need.place}.facility"
        if len(found) == 1:
            if not found[0].active:
                faults.append(inactive_fault(found[0].code).at(where))
            return found[0]
        if found:
            message = "Several facilities are called “{facility}”: give the code of the one that is meant."
            faults.append(Fault("several_facilities", message, where, {"facility": need.facility}))
            return None
        near = [self._by_code[code] for code in self._index.nearest(need.facility)]
        if near:
            names = ", ".join(f"{one.name_zh} ({one.code})" for one in near)
            message = "No facility has the code or name “{facility}”; near to it are {near}."
            params = {"facility": need.facility, "near": names}
            faults.append(Fault("unknown_facility", message, where, params))
        else:
            message = "No facility has the code or name “{facility}”."
            faults.append(Fault("unknown_facility", message, where, {"facility": need.facility}))
        return None


def import_requisitions(
    work: Work,
    needs: Sequence[TakenNeed],
    programs: dict[str, Program],
    *,
    reported_on: date,
    note: str,
) -> list[Requisition]:
    """Enter and submit one requisition per facility and program, in the order of the file.

    Raises `InvalidInputError` with every fault by its place in the file: facilities that are not known, closed or
    of which there are several, days before the report, and a line that repeats another under another name.
    """
    finder = FacilityFinder(work.session)
    faults: list[Fault] = []
    lines: dict[tuple[str, Program], dict[tuple[str, date], list[TakenNeed]]] = defaultdict(dict)
    for need in needs:
        facility = finder.the_one(need, faults)
        if need.needed_by < reported_on:
            message = "It is needed by {needed_by}, before the day of the report, {reported_on}."
            days = {"needed_by": need.needed_by.isoformat(), "reported_on": reported_on.isoformat()}
            faults.append(Fault("needed_before_report", message, f"{need.place}.needed_by", days))
        if facility is None:
            continue
        same = lines[facility.code, programs[need.item]].setdefault((need.item, need.needed_by), [])
        if same and not (need.adds_up and all(one.adds_up and one.reason != need.reason for one in same)):
            message = "This repeats {place}: the same facility, item and day."
            faults.append(Fault("repeated_line", message, need.place, {"place": same[0].place}))
        elif sum(one.quantity for one in same) + need.quantity > QUANTITY_MAX:
            params = {"low": 1, "high": QUANTITY_MAX}
            faults.append(
                Fault("out_of_bounds", "This must be from {low} to {high}.", f"{need.place}.quantity", params)
            )
        same.append(need)
    InvalidInputError.raise_if(faults)
    news = [
        NewRequisition(
            facility=facility,
            program=program,
            reported_on=reported_on,
            note=note,
            # A requisition holds so many lines: what is left continues the report, it does not replace it.
            kind=RequisitionKind.EXTRA if n else RequisitionKind.REPORT,
            extra_reason=f"continued ({n + 1})" if n else "",
            lines=part,
        )
        for (facility, program), asked in lines.items()
        for n, part in enumerate(_parts([_line(item, day, same) for (item, day), same in asked.items()]))
    ]
    created = create_requisitions(work, news)
    return submit_all(work, [one.code for one in created])


def _line(item: str, day: date, same: Sequence[TakenNeed]) -> NewRequisitionLine:
    reasons = dict.fromkeys(need.reason for need in same if need.reason)
    return NewRequisitionLine(
        item=item,
        requested_units=sum(need.quantity for need in same),
        needed_by=day,
        reason="; ".join(reasons)[:2000],
    )


def _parts(lines: list[NewRequisitionLine]) -> list[list[NewRequisitionLine]]:
    return [lines[begin : begin + LINES_MAX] for begin in range(0, len(lines), LINES_MAX)]
