"""One requisition: seen by its facility, decided on by the supplies group."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Actor, Right, needs
from app.catalog.models import Item
from app.catalog.types import BaseUnit
from app.core.errors import Fault, InvalidInputError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.models import Requisition
from app.requisitions.queries import requisition_view
from app.requisitions.rules import Step, Thresholds, next_state
from app.requisitions.schemas import ClosingReason, Review
from app.requisitions.service import reject, review, submit, withdraw
from app.requisitions.types import RequisitionState
from app.web.kit.form_pages import FormPage, Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, validated, whole_payload
from app.web.kit.rendering import Words
from app.web.kit.units import counted_in
from app.web.requisitions.reviewing import DECIDED_STATES, compare, suggestions
from app.web.requisitions.seen import refuse_changed, tag_of

router = APIRouter(include_in_schema=False)

_FIELD_OF_FAULT = {
    "reason_missing": "reason",
    "absurd_figure": "reason",
    "below_delivered": "approved_units",
    "no_decision": "approved_units",
}


@router.get("/requisitions/{code}", dependencies=[needs(Right.REQUISITION_READ)])
def show_requisition(code: Code, page: Page, session: Reader) -> Response:
    """What was asked, what the norms support, what was approved and came; and what can be done with it now."""
    return _page(page, session, code, Form())


@router.post("/requisitions/{code}/submit", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def hand_in(code: Code, sent: SentForm) -> Response:
    """Hand a draft in."""
    return _do(sent, code, lambda work, _: submit(work, code))


@router.post("/requisitions/{code}/withdraw", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def take_back(code: Code, sent: SentForm) -> Response:
    """Take a requisition back, with the reason."""
    return _do(sent, code, lambda work, given: withdraw(work, code, _reason(given)))


@router.post("/requisitions/{code}/reject", dependencies=[needs(Right.REQUISITION_REVIEW)])
def refuse(code: Code, sent: SentForm) -> Response:
    """Reject a requisition as a whole, with the reason."""
    return _do(sent, code, lambda work, given: reject(work, code, _reason(given)))


@router.post("/requisitions/{code}/review", dependencies=[needs(Right.REQUISITION_REVIEW)])
def decide(code: Code, sent: SentForm) -> Response:
    """Set the approved quantities."""

    def act(work: Work, given: Typed) -> None:
        requisition = requisition_by_code(work.session, code, actor=work.actor)
        items = {line.item.code: line.item for line in requisition.lines}
        try:
            review(work, code, _decision(work.session, given, items))
        except InvalidInputError as refusal:
            raise InvalidInputError(*map(_at_its_field, refusal.faults)) from refusal

    return _do(sent, code, act)


def _reason(typed: Typed) -> str:
    return validated(ClosingReason, {"reason": typed["reason"]} if "reason" in typed else {}).reason


def _decision(session: Session, typed: Typed, items: Mapping[str, Item]) -> Review:
    """The review that was typed; raises `InvalidInputError` with every fault at its field."""
    reader = FormReader(session)
    lines = [dict(row) for row in rows_of(typed, "lines")]
    for n, line in enumerate(lines):
        reader.quantity(line, items.get(str(line.get("item"))), "approved_units", f"lines.{n}.")
    return whole_payload(reader, Review, {"lines": lines})


def _at_its_field(fault: Fault) -> Fault:
    """A fault of a whole line at the field that mends it."""
    parts = fault.where.split(".")
    if len(parts) == 2 and fault.code in _FIELD_OF_FAULT:
        return fault.at(f"{fault.where}.{_FIELD_OF_FAULT[fault.code]}")
    return fault


def _do(sent: FormPage, code: str, step: Callable[[Work, Typed], object]) -> Response:
    """Take a step once and show the requisition as it is then; where it is refused, with what was typed."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        refuse_changed(work, code, typed)
        step(work, typed)
        return f"/requisitions/{code}"

    return sent.run(act, lambda session, form: _page(page, session, code, form))


def _page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    actor, words, today = page.actor, page.words, page.clock.today()
    requisition = requisition_by_code(session, code, actor=actor)
    comparison = compare(session, requisition, actor=actor, today=today)
    is_reviewer = actor.may(Right.REQUISITION_REVIEW) and requisition.state in DECIDED_STATES
    if is_reviewer and not isinstance(form.values.get("lines"), list):
        lines = suggestions(comparison, words("Cut to what the norms support."))
        form = Form(values={**form.values, "lines": lines}, refusal=form.refusal)
    view = requisition_view(requisition, today=today, thresholds=Thresholds())
    return page.render(
        "requisitions/show.html",
        form=form,
        requisition=requisition,
        view=view,
        comparison=comparison,
        is_reviewer=is_reviewer,
        is_draft=requisition.state is RequisitionState.DRAFT,
        is_owner=_is_owner(actor, requisition),
        may_withdraw=next_state(requisition.state, Step.WITHDRAW) is not None,
        seen=tag_of(requisition),
        counted_in=counted_in,
        amount=lambda units, unit: _amount(words, units, unit),
    )


def _is_owner(actor: Actor, requisition: Requisition) -> bool:
    return actor.may(Right.REQUISITION_SUBMIT) and actor.has_facility(requisition.facility.code)


def _amount(words: Words, units: int | None, unit: BaseUnit) -> str:
    return "–" if units is None else words.quantity(units, unit.value)
