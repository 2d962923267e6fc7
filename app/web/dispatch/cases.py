"""Delivery cases: what both ends say of a delivery that differs, and how it was settled."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.auth import CurrentActor, Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.cases import case_by_code, select_cases, settle_case, state_on_case
from app.dispatch.models import DeliveryCase, TransferOrder
from app.dispatch.schemas import CaseEnd, CaseOutcome, CaseStatement
from app.dispatch.types import DeliveryCaseState
from app.facilities.models import Facility
from app.web.kit.columns import code_column, moment_column, name_column, state_column
from app.web.kit.form_pages import FormPage, Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed, validated
from app.web.kit.rendering import PageLanguage, Words
from app.web.kit.tables import Column, Filter, Listing, show_list, state_filter

router = APIRouter(include_in_schema=False)

State = DeliveryCaseState


@router.get("/delivery-cases", dependencies=[needs(Right.DISPATCH_READ)])
def show_cases(request: Request, session: Reader, actor: CurrentActor, language: PageLanguage) -> Response:
    """Deliveries that differ from what was shipped, those that wait first."""
    words = Words(language)
    columns: list[Column[DeliveryCase]] = [
        code_column("/delivery-cases", DeliveryCase.id),
        Column(
            key="order",
            title="Transfer order",
            value=lambda row: row.order.code,
            link=lambda row: f"/transfer-orders/{row.order.code}",
        ),
        name_column("from", "Warehouse", lambda row: row.order.warehouse),
        name_column("to", "Facility", lambda row: row.order.facility),
        state_column(lambda row: row.state, DeliveryCase.state),
        Column(key="heard", title="Still to be heard", value=lambda row: _silent(words, row)),
        moment_column("opened", "Opened", lambda row: row.opened_at, DeliveryCase.opened_at),
    ]
    order = TransferOrder
    filters = [
        state_filter(words, State, DeliveryCase.state),
        Filter(
            key="warehouse",
            title="Warehouse (code)",
            narrow=lambda query, value: query.where(
                DeliveryCase.order.has(order.warehouse.has(Facility.code == value))
            ),
        ),
        Filter(
            key="facility",
            title="Facility (code)",
            narrow=lambda query, value: query.where(DeliveryCase.order.has(order.facility.has(Facility.code == value))),
        ),
    ]
    listing = Listing(
        file_name="Delivery cases",
        rows=select_cases(actor=actor),
        columns=columns,
        filters=filters,
        key=DeliveryCase.id,
        sort="-code",
        empty="There is no case: every delivery came as it was shipped.",
    )
    return show_list(request, session, language, listing, "dispatch/cases.html")


def _silent(words: Words, case: DeliveryCase) -> str:
    ends = [("Warehouse", case.warehouse_statement), ("Facility", case.facility_statement)]
    return words(", ").join(words(end) for end, statement in ends if not statement)


@router.get("/delivery-cases/{code}", dependencies=[needs(Right.DISPATCH_READ)])
def show_case(code: Code, page: Page, session: Reader) -> Response:
    """What differs, what both ends say, and the outcome."""
    return _show(page, session, code)


@router.post("/delivery-cases/{code}/warehouse-statement", dependencies=[needs(Right.DISPATCH)])
def state_for_warehouse(code: Code, sent: SentForm) -> Response:
    """What the warehouse says."""
    return _state(code, sent, CaseEnd.WAREHOUSE)


@router.post("/delivery-cases/{code}/facility-statement", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def state_for_facility(code: Code, sent: SentForm) -> Response:
    """What the facility says."""
    return _state(code, sent, CaseEnd.FACILITY)


def _state(code: str, sent: FormPage, end: CaseEnd) -> Response:
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        statement = validated(CaseStatement, typed)
        state_on_case(work, code, end, statement)
        return f"/delivery-cases/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, {end.value.lower(): form}))


@router.post("/delivery-cases/{code}/settle", dependencies=[needs(Right.DISPATCH)])
def settle(code: Code, sent: SentForm) -> Response:
    """The outcome, by somebody who is neither end."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        settle_case(work, code, validated(CaseOutcome, typed))
        return f"/delivery-cases/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, {"outcome": form}))


def _show(page: PageContext, session: Session, code: str, refused: dict[str, Form] | None = None) -> Response:
    actor = page.actor
    case = case_by_code(session, code, actor=actor)
    forms = {
        "warehouse": Form(values={"statement": case.warehouse_statement}),
        "facility": Form(values={"statement": case.facility_statement}),
        "outcome": Form(),
        **(refused or {}),
    }
    is_live = case.state is not DeliveryCaseState.SETTLED
    is_an_end = actor.warehouses is not None or actor.facilities is not None
    refused_form = next(iter((refused or {}).values()), None)
    return page.render(
        "dispatch/case.html",
        form=refused_form,
        case=case,
        order=case.order,
        case_forms=forms,
        ends=(
            (
                "warehouse",
                "Warehouse",
                case.order.warehouse,
                case.warehouse_statement,
                case.warehouse_stated_by,
                is_live and actor.may(Right.DISPATCH) and actor.has_warehouse(case.order.warehouse.code),
            ),
            (
                "facility",
                "Facility",
                case.order.facility,
                case.facility_statement,
                case.facility_stated_by,
                is_live and actor.may(Right.DELIVERY_CONFIRM),
            ),
        ),
        # What was typed is shown again even where it came too early or too late.
        may_settle="outcome" in (refused or {})
        or (case.state is DeliveryCaseState.HEARD and actor.may(Right.DISPATCH) and not is_an_end),
    )
