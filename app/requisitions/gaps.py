"""The facilities from which no recent report has come, by program."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Norm
from app.catalog.types import Program
from app.facilities.models import Facility
from app.requisitions.models import Requisition
from app.requisitions.rules import COUNTED_STATES
from app.requisitions.schemas import ReportingGap
from app.requisitions.types import RequisitionKind, RequisitionState


def select_silent_facilities(program: Program, oldest: date) -> Select[Facility]:
    """Active facilities that should report in a program, but have not reported on the day given or a later one.

    Those should report for whose kind a norm speaks of an item of the program, and those that have reported before.
    An extra is no report: it says nothing of the facility's other needs.
    """
    has_norm = exists().where(
        Norm.facility_type_id == Facility.facility_type_id, Norm.item_id == Item.id, Item.program == program
    )
    reports = exists().where(
        Requisition.facility_id == Facility.id,
        Requisition.program == program,
        *_is_report(),
    )
    recent = reports.where(Requisition.reported_on >= oldest)
    return select(Facility).where(Facility.active.is_(True), or_(has_norm, reports), ~recent)


def _is_report() -> list[ColumnElement[bool]]:
    stands = Requisition.state.in_(sorted(COUNTED_STATES | {RequisitionState.REPLACED}))
    return [stands, Requisition.kind == RequisitionKind.REPORT]


def reporting_gaps(facilities: Sequence[Facility], last_reports: Mapping[int, date], today: date) -> list[ReportingGap]:
    """How long these facilities have been silent; `last_reports` gives the last day by facility id."""
    gaps = []
    for facility in facilities:
        last = last_reports.get(facility.id)
        gaps.append(
            ReportingGap(
                facility=facility.code,
                name_zh=facility.name_zh,
                name_en=facility.name_en,
                facility_type=facility.facility_type.code,
                zone=facility.zone.code,
                last_reported_on=last,
                days_since=None if last is None else (today - last).days,
            )
        )
    return gaps


def last_reports(session: Session, program: Program, facility_ids: Sequence[int]) -> dict[int, date]:
    """The last day that these facilities have reported on in a program, by facility id."""
    query = (
        select(Requisition.facility_id, func.max(Requisition.reported_on))
        .where(
            Requisition.program == program,
            *_is_report(),
            Requisition.facility_id.in_(facility_ids),
        )
        .group_by(Requisition.facility_id)
    )
    return dict(session.execute(query).all())
