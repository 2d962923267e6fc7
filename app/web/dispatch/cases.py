"""Delivery cases: what both ends say of a delivery that differs, and how it was settled."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor, Right, needs
from app.dispatch.cases import case_by_code, select_cases, settle_case, state_on_case
from app.dispatch.models import DeliveryCase, DeliveryCaseState, TransferOrder
from app.dispatch.schemas import CaseEnd, CaseOutcome, CaseStatement
from app.errors import ServiceError
from app.facilities.models import Facility
from app.web.forms import Form, Typed, TypedForm, done_once, validated
from app.web.listing import Column, Filter, Kind, Listing, show_list
from app.web.rendering import PageLanguage, Words, render
from app.wire import Code, Now, OpenDatabase, Reader

router = APIRouter(include_in_schema=False)

State = DeliveryCaseState


@router.get("/delivery-cases", dependencies=[needs(Right.DISPATCH_READ)])
def show_cases(request: Request, session: Reader, actor: CurrentActor, language: PageLanguage) -> Response:
    """Deliveries that differ from what was shipped, those that wait first."""
    words = Words(language)
    columns: list[Column[DeliveryCase]] = [
        Column(key="code", title="Code", value=lambda row: row.code, order=DeliveryCase.id,
               link=lambda row: f"/delivery-cases/{row.code}"),
        Column(key="order", title="Transfer order", value=lambda row: row.order.code,
               link=lambda row: f"/transfer-orders/{row.order.code}"),
        Column(key="from", title="Warehouse", value=lambda row: row.order.warehouse, kind=Kind.NAME),
        Column(key="to", title="Facility", value=lambda row: row.order.facility, kind=Kind.NAME),
        Column(key="state", title="State", value=lambda row: row.state, kind=Kind.STATE, order=DeliveryCase.state),
        Column(key="heard", title="Still to be heard", value=lambda row: _silent(words, row)),
        Column(key="opened", title="Opened", value=lambda row: row.opened_at, kind=Kind.MOMENT,
               order=DeliveryCase.opened_at),
    ]  # fmt: skip
    order = TransferOrder
    filters = [
        Filter(key="state", title="State", choices=[(one.value, words(f"state.{one.value}")) for one in State],
               narrow=lambda query, value: query.where(DeliveryCase.state == State(value))),
        Filter(key="warehouse", title="Warehouse (code)", narrow=lambda query, value: query.where(
               DeliveryCase.order.has(order.warehouse.has(Facility.code == value)))),
        Filter(key="facility", title="Facility (code)", narrow=lambda query, value: query.where(
               DeliveryCase.order.has(order.facility.has(Facility.code == value)))),
    ]  # fmt: skip
    listing = Listing(
        file_name="Delivery cases", rows=select_cases(actor=actor), columns=columns, filters=filters,
        key=DeliveryCase.id, sort="-code", empty="There is no case: every delivery came as it was shipped.",
    )  # fmt: skip
    return show_list(request, session, language, listing, "dispatch/cases.html")


def _silent(words: Words, case: DeliveryCase) -> str:
    ends = [("Warehouse", case.warehouse_statement), ("Facility", case.facility_statement)]
    return words(", ").join(words(end) for end, statement in ends if not statement)


@router.get("/delivery-cases/{code}", dependencies=[needs(Right.DISPATCH_READ)])
def show_case(
    request: Request, code: Code, session: Reader, actor: CurrentActor, language: PageLanguage
) -> Response:  # fmt: skip
    """What differs, what both ends say, and the outcome."""
    return _show(request, session, code, actor, language)


@router.post("/delivery-cases/{code}/warehouse-statement", dependencies=[needs(Right.DISPATCH)])
def state_for_warehouse(
    request: Request, code: Code, typed: TypedForm, database: OpenDatabase, actor: CurrentActor, clock: Now,
    language: PageLanguage,
) -> Response:  # fmt: skip
    """What the warehouse says."""

    def work(session: Session, sent: Typed) -> None:
        statement = validated(CaseStatement, sent)
        state_on_case(session, code, CaseEnd.WAREHOUSE, statement, actor=actor, clock=clock)

    return _done(request, database, typed, code, actor, clock, language, work, "warehouse")


@router.post("/delivery-cases/{code}/facility-statement", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def state_for_facility(
    request: Request, code: Code, typed: TypedForm, database: OpenDatabase, actor: CurrentActor, clock: Now,
    language: PageLanguage,
) -> Response:  # fmt: skip
    """What the facility says."""

    def work(session: Session, sent: Typed) -> None:
        statement = validated(CaseStatement, sent)
        state_on_case(session, code, CaseEnd.FACILITY, statement, actor=actor, clock=clock)

    return _done(request, database, typed, code, actor, clock, language, work, "facility")


@router.post("/delivery-cases/{code}/settle", dependencies=[needs(Right.DISPATCH)])
def settle(
    request: Request, code: Code, typed: TypedForm, database: OpenDatabase, actor: CurrentActor, clock: Now,
    language: PageLanguage,
) -> Response:  # fmt: skip
    """The outcome, by somebody who is neither end."""

    def work(session: Session, sent: Typed) -> None:
        settle_case(session, code, validated(CaseOutcome, sent), actor=actor, clock=clock)

    return _done(request, database, typed, code, actor, clock, language, work, "outcome")


def _done(
    request: Request, database: OpenDatabase, typed: Typed, code: str, actor: Actor, clock: Now, language: str,
    work: Callable[[Session, Typed], None], form: str,
) -> Response:  # fmt: skip
    sent = dict(typed)
    typed.pop("form_key", None)
    try:
        with database.write() as session:

            def once() -> str:
                work(session, sent)
                return f"/delivery-cases/{code}"

            address = done_once(request, session, sent, actor=actor, clock=clock, work=once)
    except ServiceError as refusal:
        with database.read() as session:
            return _show(request, session, code, actor, language, {form: Form(values=typed, refusal=refusal)})
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _show(
    request: Request, session: Session, code: str, actor: Actor, language: str, refused: dict[str, Form] | None = None
) -> Response:
    case = case_by_code(session, code, actor=actor)
    forms = {
        "warehouse": Form(values={"statement": case.warehouse_statement}),
        "facility": Form(values={"statement": case.facility_statement}), "outcome": Form(), **(refused or {}),
    }  # fmt: skip
    is_live = case.state is not DeliveryCaseState.SETTLED
    is_an_end = actor.warehouses is not None or actor.facilities is not None
    refusal = next((form.refusal for form in (refused or {}).values()), None)
    return render(
        request, "dispatch/case.html", language, status=refusal.status if refusal else 200, case=case, order=case.order,
        case_forms=forms,
        ends=(
            ("warehouse", "Warehouse", case.order.warehouse, case.warehouse_statement, case.warehouse_stated_by,
             is_live and actor.may(Right.DISPATCH) and actor.has_warehouse(case.order.warehouse.code)),
            ("facility", "Facility", case.order.facility, case.facility_statement, case.facility_stated_by,
             is_live and actor.may(Right.DELIVERY_CONFIRM)),
        ),
        # What was typed is shown again even where it came too early or too late.
        may_settle="outcome" in (refused or {})
        or (case.state is DeliveryCaseState.HEARD and actor.may(Right.DISPATCH) and not is_an_end),
    )  # fmt: skip
