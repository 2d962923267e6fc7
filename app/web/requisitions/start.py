"""Where a facility's people begin: what is missing, what is open, what is on its way, and the way to hand needs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor, Right, needs
from app.catalog.types import Program
from app.core.http.deps import Now, Reader
from app.dispatch.models import TransferOrder
from app.dispatch.orders import OrderFilter, select_orders
from app.dispatch.types import TransferOrderState
from app.facilities.models import Facility
from app.requisitions.gaps import last_reports, select_silent_facilities
from app.requisitions.models import Requisition
from app.requisitions.reminders import Reminded, reminded
from app.requisitions.rules import OPEN_STATES, Thresholds
from app.web.kit.rendering import PageLanguage, render
from app.web.requisitions.places import own_facilities
from app.worklist.service import work_list

router = APIRouter(include_in_schema=False)

SHOWN_MAX = 20
UNDERWAY = (TransferOrderState.OPEN, TransferOrderState.SHIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a facility stands with its reports in a program; `is_due` where one is missing."""

    program: Program
    last_reported_on: date | None
    is_due: bool
    reminders: Reminded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A facility with what concerns its people today."""

    facility: Facility
    reports: Sequence[Report]
    requisitions: Sequence[Requisition]
    deliveries: Sequence[TransferOrder]


@router.get("/our-facility", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def show_start(request: Request, session: Reader, actor: CurrentActor, clock: Now, language: PageLanguage) -> Response:
    """For each of one's facilities: reminders, open requisitions, deliveries on their way."""
    places = [_place(session, facility, actor, clock.today()) for facility in own_facilities(session, actor)]
    zone = request.app.state.settings.city_zone
    tasks = work_list(session, actor, clock)
    return render(
        request, "requisitions/start.html", language, places=places, zone=zone, shown_max=SHOWN_MAX, tasks=tasks
    )


def _place(session: Session, facility: Facility, actor: Actor, today: date) -> Place:
    requisitions = (
        select(Requisition)
        .where(Requisition.facility_id == facility.id, Requisition.state.in_(sorted(OPEN_STATES)))
        .order_by(Requisition.id.desc())
        .limit(SHOWN_MAX)
    )
    deliveries = (
        select_orders(OrderFilter(facility=facility.code), actor=actor)
        .where(TransferOrder.state.in_(UNDERWAY))
        .order_by(TransferOrder.ship_on, TransferOrder.id)
        .limit(SHOWN_MAX)
    )
    reports = [_report(session, facility, program, today) for program in Program]
    return Place(
        facility=facility,
        reports=[one for one in reports if one.is_due or one.last_reported_on is not None],
        requisitions=session.scalars(requisitions).unique().all(),
        deliveries=session.scalars(deliveries).unique().all(),
    )


def _report(session: Session, facility: Facility, program: Program, today: date) -> Report:
    oldest = today - timedelta(days=Thresholds().stale_after_days)
    is_silent = select_silent_facilities(program, oldest).where(Facility.id == facility.id)
    last = last_reports(session, program, [facility.id])
    reminders = reminded(session, program, [facility.id], last).get(facility.id)
    return Report(
        program=program,
        last_reported_on=last.get(facility.id),
        reminders=reminders,
        is_due=session.scalars(is_silent).unique().first() is not None,
    )
