"""REST of delivery cases and of fairness over time."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.auth import CurrentActor, Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page, show_page
from app.core.http.payloads import Code, Day
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.dispatch import cases, fairness
from app.dispatch.fairness import ALARM_AFTER_PLANS, FairnessFilter
from app.dispatch.models import DeliveryCase
from app.dispatch.schemas import CaseEnd, CaseOutcome, CaseStatement, DeliveryCaseView, FairnessView
from app.dispatch.types import DeliveryCaseState
from app.facilities.models import Facility

router = APIRouter()


@router.get(
    "/delivery-cases",
    summary="List delivery cases",
    responses=problem_answers(),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def list_cases(
    session: Reader,
    cursor: PageCursor,
    actor: CurrentActor,
    state: DeliveryCaseState | None = None,
    warehouse: Code | None = None,
    facility: Code | None = None,
    order: Code | None = None,
) -> Rendered[Page[DeliveryCaseView]]:
    """Deliveries that differ from what was shipped, in the order in which they came up."""
    query = cases.select_cases(actor=actor, state=state, warehouse=warehouse, facility=facility, order=order)
    return show_page(session, query, DeliveryCase.id, cursor, DeliveryCaseView)


@router.get(
    "/delivery-cases/{code}",
    summary="Show a delivery case",
    responses=problem_answers(404),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_case(code: Code, session: Reader, actor: CurrentActor, known: IfNoneMatch) -> Rendered[DeliveryCaseView]:
    """What both ends say, and the outcome."""
    return known.answer(cases.case_by_code(session, code, actor=actor), DeliveryCaseView.of)


@router.post(
    "/delivery-cases/{code}/warehouse-statement",
    summary="Say what happened, for the warehouse",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def state_for_warehouse(
    code: Code, new: CaseStatement, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[DeliveryCaseView]:
    """Once both ends have been heard, the case can be settled."""
    return once(
        work, lambda: tagged(cases.state_on_case(work, code, CaseEnd.WAREHOUSE, new, if_match), DeliveryCaseView.of)
    )


@router.post(
    "/delivery-cases/{code}/facility-statement",
    summary="Say what happened, for the facility",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DELIVERY_CONFIRM)],
)
def state_for_facility(
    code: Code, new: CaseStatement, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[DeliveryCaseView]:
    """Once both ends have been heard, the case can be settled."""
    return once(
        work, lambda: tagged(cases.state_on_case(work, code, CaseEnd.FACILITY, new, if_match), DeliveryCaseView.of)
    )


@router.post(
    "/delivery-cases/{code}/settle",
    summary="Settle a delivery case",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def settle_case(
    code: Code, new: CaseOutcome, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[DeliveryCaseView]:
    """Ends the case with its outcome."""
    return once(work, lambda: tagged(cases.settle_case(work, code, new, if_match), DeliveryCaseView.of))


@router.get(
    "/fairness",
    summary="Cumulative shares of facilities",
    responses=problem_answers(),
    dependencies=[needs(Right.NEEDS_READ)],
)
def list_fairness(
    session: Reader,
    cursor: PageCursor,
    clock: Now,
    program: Program,
    day: Annotated[Day | None, Query(description="Needs due by this day count; today if left out.")] = None,
    facility: Code | None = None,
    item: Code | None = None,
    alarm_after_plans: Annotated[int, Query(ge=1, le=60, description="Plans in a row below the floor.")] = (
        ALARM_AFTER_PLANS
    ),
    alarm: Annotated[bool | None, Query(description="Only those with an alarm, or only those without.")] = None,
) -> Rendered[Page[FairnessView]]:
    """What each facility got of what was approved for it, and an alarm where it stayed below its floor too long.

    A page holds so many facilities, each with all its items; with `alarm` it may be shorter and yet not the last.
    """
    wanted = FairnessFilter(program=program, day=day or clock.today(), facility=facility, item=item)
    facilities, after = read_page(session, fairness.select_facilities(wanted), Facility.id, cursor)
    rows = fairness.fairness_of(session, facilities, wanted, alarm_after_plans=alarm_after_plans)
    return Rendered(Page(items=[row for row in rows if alarm is None or row.alarm is alarm], next=after))
