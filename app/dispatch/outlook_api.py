"""REST of what facilities are told about their supplies, and of needs that they lower."""

from datetime import date

from fastapi import APIRouter

from app.auth import CurrentActor, Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import OptionalIfMatch, tagged
from app.dispatch.lowering import lower_need
from app.dispatch.outlook import Outlook, outlook_of
from app.dispatch.outlook_schemas import (
    BandsView,
    ComingView,
    LoweredNeed,
    OutlookNeedView,
    OutlookView,
    TurnedDownView,
)
from app.procurement.orders_api import Language
from app.requisitions.models import Requisition
from app.requisitions.queries import requisition_view
from app.requisitions.rules import Thresholds
from app.requisitions.schemas import RequisitionView

router = APIRouter()


@router.get(
    "/facilities/{code}/outlook",
    summary="What a facility gets on which day",
    responses=problem_answers(404),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_outlook(
    code: Code, session: Reader, actor: CurrentActor, clock: Now, language: Language
) -> Rendered[OutlookView]:
    """What is on the road, firm and expected; its needs with why no more comes; what was rejected and why; the steps
    of the policy, in the order in which they serve."""
    found = outlook_of(session, code, actor=actor, today=clock.today(), language=language)
    return Rendered(outlook_view(found))


@router.post(
    "/requisitions/{code}/lower",
    summary="Need less of a line, or decline it",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def lower(
    code: Code, new: LoweredNeed, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[RequisitionView]:
    """What plans have promised beyond it is free at once; transfer orders that bring nothing then are cancelled. Never
    less than what has come or is on the road."""
    return once(work, lambda: tagged(lower_need(work, code, new, if_match), lambda row: _view(row, work.today)))


def _view(requisition: Requisition, today: date) -> RequisitionView:
    return requisition_view(requisition, today=today, thresholds=Thresholds())


def outlook_view(found: Outlook) -> OutlookView:
    """What a facility is told, as it goes over the wire."""
    return OutlookView(
        facility=found.facility.code,
        coming=[
            ComingView(
                item=one.item.code,
                serves_item=one.serves.code,
                unit=one.item.base_unit,
                units=one.units,
                warehouse=one.warehouse.code,
                leaves_on=one.leaves_on,
                arrives_on=one.arrives_on,
                state=one.state,
                transfer_order=one.order.code if one.order is not None else None,
            )
            for one in found.coming
        ],
        needs=[
            OutlookNeedView(
                requisition=one.line.requisition.code,
                program=one.line.requisition.program,
                item=one.line.item.code,
                unit=one.line.item.base_unit,
                needed_by=one.line.needed_by,
                requested_units=one.line.requested_units,
                approved_units=one.line.approved_units or 0,
                approval_reason=one.line.approval_reason,
                delivered_units=one.line.delivered_units,
                firm_units=one.firm_units,
                expected_units=one.expected_units,
                open_units=one.open_units,
                reasons=list(one.reasons),
                helps=list(one.helps),
            )
            for one in found.needs
        ],
        waiting=[one.code for one in found.waiting],
        turned_down=[
            TurnedDownView(
                requisition=one.code, program=one.program, reported_on=one.reported_on, reason=one.closing_reason
            )
            for one in found.turned_down
        ],
        policies=[BandsView(program=one.program, tier=one.tier, steps=list(one.steps)) for one in found.policies],
    )
