"""Cases of discrepancy: opened by a delivery, heard from both ends, settled with an outcome."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.core.errors import ConflictError, ForbiddenError, NotFoundError, missing
from app.core.records import lock_row_by_code, row_by_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.models import DeliveryCase, TransferOrder
from app.dispatch.orders import within_reach
from app.dispatch.rules import case_state_after
from app.dispatch.schemas import CaseEnd, CaseOutcome, CaseStatement, DeliveryCaseView
from app.dispatch.types import DeliveryCaseState
from app.facilities.models import Facility

REFERENCE_KIND = "delivery_case"


class CaseStateError(ConflictError):
    """The case is settled, or both ends have not been heard yet."""

    code = "wrong_state"


def open_case(work: Work, code: str, order: TransferOrder) -> DeliveryCase:
    """A new case for an order that did not arrive as it was shipped."""
    case = DeliveryCase(
        code=code,
        order=order,
        state=DeliveryCaseState.OPEN,
        opened_at=work.now,
        opened_by=work.actor.name,
        warehouse_statement="",
        warehouse_stated_by="",
        facility_statement="",
        facility_stated_by="",
        outcome="",
        settled_by="",
    )
    work.session.add(case)
    work.session.flush()
    work.record("DELIVERY_CASE_OPENED", REFERENCE_KIND, case.code, after=DeliveryCaseView.snapshot(case))
    return case


def case_by_code(session: Session, code: str, *, actor: Actor) -> DeliveryCase:
    """The case with this code; raises `NotFoundError`, also where it is beyond the actor's reach."""
    return _within_reach(row_by_code(session, DeliveryCase, "delivery case", code), actor)


def lock_case(session: Session, code: str, *, actor: Actor) -> DeliveryCase:
    """As `case_by_code`, with the row locked until the transaction ends; same errors."""
    return _within_reach(lock_row_by_code(session, DeliveryCase, "delivery case", code), actor)


def _within_reach(case: DeliveryCase, actor: Actor) -> DeliveryCase:
    if not actor.has_facility(case.order.facility.code):
        raise NotFoundError(missing("delivery case", case.code))
    return case


def select_cases(
    *,
    actor: Actor,
    state: DeliveryCaseState | None = None,
    warehouse: str | None = None,
    facility: str | None = None,
    order: str | None = None,
) -> Select[DeliveryCase]:
    """The cases within the actor's reach that all the filters given let pass."""
    query = select(DeliveryCase).where(DeliveryCase.order.has(within_reach(actor)))
    if state is not None:
        query = query.where(DeliveryCase.state == state)
    if warehouse is not None:
        query = query.where(DeliveryCase.order.has(TransferOrder.warehouse.has(Facility.code == warehouse)))
    if facility is not None:
        query = query.where(DeliveryCase.order.has(TransferOrder.facility.has(Facility.code == facility)))
    if order is not None:
        query = query.where(DeliveryCase.order.has(TransferOrder.code == order))
    return query


def state_on_case(
    work: Work, code: str, end: CaseEnd, new: CaseStatement, if_match: Precondition = ANY_VERSION
) -> DeliveryCase:
    """Write down what one end says; it may say more until the case is settled. Raises `CaseStateError` after that."""
    case = if_match.check(lock_case(work.session, code, actor=work.actor))
    if end is CaseEnd.WAREHOUSE:
        work.actor.refuse_foreign_warehouses([("code", case.order.warehouse.code)])
    if case.state is DeliveryCaseState.SETTLED:
        raise CaseStateError.of("Case {case} is settled.", code="case_settled", case=code)
    before = DeliveryCaseView.snapshot(case)
    if end is CaseEnd.WAREHOUSE:
        case.warehouse_statement, case.warehouse_stated_by = new.statement, work.actor.name
    else:
        case.facility_statement, case.facility_stated_by = new.statement, work.actor.name
    case.state = case_state_after(
        {CaseEnd.WAREHOUSE: case.warehouse_statement, CaseEnd.FACILITY: case.facility_statement}
    )
    return _recorded(work, case, "DELIVERY_CASE_STATED", before)


def settle_case(work: Work, code: str, new: CaseOutcome, if_match: Precondition = ANY_VERSION) -> DeliveryCase:
    """End a case with its outcome; raises `CaseStateError` before both ends were heard and when it is settled.

    Raises `ForbiddenError` for people of a warehouse or a facility, who are its ends.
    """
    if work.actor.warehouses is not None or work.actor.facilities is not None:
        raise ForbiddenError.of("One end of a case cannot settle it.", code="own_case")
    case = if_match.check(lock_case(work.session, code, actor=work.actor))
    if case.state is not DeliveryCaseState.HEARD:
        message = "Case {case} is {state}; it is settled once both ends have been heard."
        raise CaseStateError.of(message, where="state", case=code, state=case.state.value)
    before = DeliveryCaseView.snapshot(case)
    case.state, case.outcome = DeliveryCaseState.SETTLED, new.outcome
    case.settled_at, case.settled_by = work.now, work.actor.name
    return _recorded(work, case, "DELIVERY_CASE_SETTLED", before)


def _recorded(work: Work, case: DeliveryCase, action: str, before: dict[str, object]) -> DeliveryCase:
    work.session.flush()
    work.record_change(action, REFERENCE_KIND, case.code, before=before, after=DeliveryCaseView.snapshot(case))
    return case
