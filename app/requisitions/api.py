"""Requisitions, their review, the needs census and the reporting gaps over HTTP."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from app.auth import CurrentActor, Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code, Day
from app.core.http.problem_details import problem_answers
from app.core.http.versions import TAGGED, IfMatch, OptionalIfMatch, tagged
from app.facilities.models import Facility
from app.facilities.service import zone_ids_below
from app.requisitions import service
from app.requisitions.assessment import assess_with_others
from app.requisitions.census import needs_census
from app.requisitions.gaps import last_reports, reporting_gaps, select_silent_facilities
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.models import Requisition
from app.requisitions.queries import RequisitionFilter, requisition_view, select_requisitions
from app.requisitions.rules import Flag, Thresholds
from app.requisitions.schemas import (
    AssessmentView,
    BulkReview,
    Census,
    ClosingReason,
    NewRequisition,
    ReportingGap,
    RequisitionView,
    Review,
)
from app.requisitions.types import RequisitionState

router = APIRouter(tags=["requisitions"])


async def _thresholds(
    claim_permille: Annotated[
        int, Query(ge=0, le=1_000_000, description="A claim above so many thousandths of its norm is flagged.")
    ] = Thresholds().claim_permille,
    stale_after_days: Annotated[
        int, Query(ge=0, le=3660, description="An open requisition reported more days ago is flagged.")
    ] = Thresholds().stale_after_days,
) -> Thresholds:
    return Thresholds(claim_permille=claim_permille, stale_after_days=stale_after_days)


FlagThresholds = Annotated[Thresholds, Depends(_thresholds)]
NamedZone = Annotated[Code | None, Query(description="Facilities in this zone or in a zone below it.")]
TierOfType = Annotated[str, Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}:[1-9][0-9]?$")]


def _view_on(day: date) -> Callable[[Requisition], RequisitionView]:
    return lambda requisition: requisition_view(requisition, today=day, thresholds=Thresholds())


@router.post(
    "/requisitions",
    status_code=status.HTTP_201_CREATED,
    responses=problem_answers(),
    summary="Enter a requisition as a draft",
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def create_requisition(new: NewRequisition, work: Write, once: Once) -> Rendered[RequisitionView]:
    """Enter what a facility needs in one program; the norms are applied at once, so that the draft shows them."""
    return once(work, lambda: tagged(service.create_requisition(work, new), _view_on(work.today)))


@router.get(
    "/requisitions",
    responses=problem_answers(404),
    summary="List requisitions",
    dependencies=[needs(Right.REQUISITION_READ)],
)
def list_requisitions(
    reader: Reader,
    actor: CurrentActor,
    clock: Now,
    cursor: PageCursor,
    thresholds: FlagThresholds,
    facility: Code | None = None,
    zone: NamedZone = None,
    state: RequisitionState | None = None,
    program: Program | None = None,
    item: Annotated[Code | None, Query(description="With a line for this item.")] = None,
    flag: Annotated[Flag | None, Query(description="With this flag, on itself or on a line.")] = None,
    reported_from: Day | None = None,
    reported_to: Day | None = None,
) -> Rendered[Page[RequisitionView]]:
    """In the order of entry; every filter given must be met. The thresholds move the flags, also in the filter."""
    wanted = RequisitionFilter(
        facility=facility,
        zone_ids=None if zone is None else zone_ids_below(reader, zone),
        state=state,
        program=program,
        item=item,
        flag=flag,
        reported_from=reported_from,
        reported_to=reported_to,
    )
    query = select_requisitions(wanted, actor=actor, today=clock.today(), thresholds=thresholds)
    rows, after = read_page(reader, query, Requisition.id, cursor)
    items = [requisition_view(row, today=clock.today(), thresholds=thresholds) for row in rows]
    return Rendered(Page(items=items, next=after))


@router.get(
    "/requisitions/{code}",
    responses={200: TAGGED, **problem_answers(404)},
    summary="Show a requisition",
    dependencies=[needs(Right.REQUISITION_READ)],
)
def read_requisition(
    code: Code, reader: Reader, actor: CurrentActor, clock: Now, thresholds: FlagThresholds
) -> Rendered[RequisitionView]:
    """With its lines: requested, assessed, approved and delivered quantities, and what to look at."""
    requisition = requisition_by_code(reader, code, actor=actor)
    if thresholds != Thresholds():  # other flags than those of the requisition that a change is compared with
        return Rendered(requisition_view(requisition, today=clock.today(), thresholds=thresholds))
    # Never 304: the flags change with the day, and the names with the catalogue.
    return tagged(requisition, _view_on(clock.today()))


@router.put(
    "/requisitions/{code}",
    responses=problem_answers(404, 409),
    summary="Rewrite a draft",
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def revise_requisition(code: Code, new: NewRequisition, work: Write, if_match: IfMatch) -> Rendered[RequisitionView]:
    """Put new content in the place of a draft's; what has been submitted stays as it is."""
    return tagged(service.revise_requisition(work, code, new, if_match), _view_on(work.today))


@router.get(
    "/requisitions/{code}/assessment",
    responses=problem_answers(404),
    summary="What each norm set supports",
    dependencies=[needs(Right.REQUISITION_READ)],
)
def read_assessment(code: Code, reader: Reader, actor: CurrentActor) -> Rendered[list[AssessmentView]]:
    """For every line and norm set: days, use by the norms as they are now, what is on hand, and what is left."""
    requisition = requisition_by_code(reader, code, actor=actor)
    return Rendered([AssessmentView.of(one) for one in assess_with_others(reader, requisition)])


@router.post(
    "/requisitions/{code}/submit",
    responses=problem_answers(404, 409),
    summary="Submit a draft",
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def submit_requisition(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[RequisitionView]:
    """Send a draft to the supplies group."""
    return once(work, lambda: tagged(service.submit(work, code, if_match), _view_on(work.today)))


@router.post(
    "/requisitions/{code}/withdraw",
    responses=problem_answers(404, 409),
    summary="Withdraw a requisition",
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def withdraw_requisition(
    code: Code, closing: ClosingReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[RequisitionView]:
    """The facility takes it back, before a plan has taken it up."""
    return once(work, lambda: tagged(service.withdraw(work, code, closing.reason, if_match), _view_on(work.today)))


@router.post(
    "/requisitions/{code}/reject",
    responses=problem_answers(404, 409),
    summary="Reject a requisition",
    dependencies=[needs(Right.REQUISITION_REVIEW)],
)
def reject_requisition(
    code: Code, closing: ClosingReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[RequisitionView]:
    """The supplies group refuses it as a whole."""
    return once(work, lambda: tagged(service.reject(work, code, closing.reason, if_match), _view_on(work.today)))


@router.post(
    "/requisitions/{code}/review",
    responses=problem_answers(404, 409),
    summary="Review a requisition",
    dependencies=[needs(Right.REQUISITION_REVIEW)],
)
def review_requisition(
    code: Code, decision: Review, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[RequisitionView]:
    """Set the approved quantity of every line, with a reason where it differs from the requested one."""
    return once(work, lambda: tagged(service.review(work, code, decision, if_match), _view_on(work.today)))


@router.post(
    "/requisition-reviews",
    responses=problem_answers(404, 409),
    summary="Review several requisitions",
    dependencies=[needs(Right.REQUISITION_REVIEW)],
)
def review_requisitions(bulk: BulkReview, work: Write, once: Once) -> Rendered[list[RequisitionView]]:
    """All reviews are made, or none; every fault of all of them is told."""
    show = _view_on(work.today)
    return once(work, lambda: Rendered([show(one) for one in service.review_all(work, bulk)]))


@router.get(
    "/needs-census",
    responses=problem_answers(),
    summary="Needs by item, zone and tier",
    dependencies=[needs(Right.NEEDS_READ)],
)
def read_census(
    reader: Reader,
    program: Program,
    tier: Annotated[
        list[TierOfType],
        Query(max_length=200, description="Tier of a facility type, such as `fever_clinic:1`; may be repeated."),
    ] = [],  # noqa: B006 - FastAPI copies it
    needed_from: Day | None = None,
    needed_to: Day | None = None,
) -> Rendered[Census]:
    """Sums of submitted, reviewed, planned and fulfilled requisitions; nothing is divided into pages."""
    tiers = {facility_type: int(number) for facility_type, number in (one.split(":") for one in tier)}
    rows = needs_census(reader, program, tiers=tiers, needed_from=needed_from, needed_to=needed_to)
    return Rendered(Census(program=program, rows=rows))


@router.get(
    "/reporting-gaps",
    responses=problem_answers(),
    summary="Facilities that have not reported",
    dependencies=[needs(Right.NEEDS_READ)],
)
def list_reporting_gaps(
    reader: Reader,
    clock: Now,
    cursor: PageCursor,
    program: Program,
    within_days: Annotated[
        int, Query(ge=0, le=3660, description="A report at most so many days old counts; 0 is today's only.")
    ] = Thresholds().stale_after_days,
) -> Rendered[Page[ReportingGap]]:
    """Active facilities that should report in the program and have not done so lately, with their last report."""
    oldest = clock.today() - timedelta(days=within_days)
    rows, after = read_page(reader, select_silent_facilities(program, oldest), Facility.id, cursor)
    last = last_reports(reader, program, [facility.id for facility in rows])
    return Rendered(Page(items=reporting_gaps(rows, last, clock.today()), next=after))
