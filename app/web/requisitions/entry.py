"""Needs handed in by a form, and drafts that are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import Fault, InvalidInputError, NotFoundError, ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.requisitions.history import UsualLine, UsualNeeds, active_items, usual_needs
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.models import Requisition
from app.requisitions.service import create_requisition, revise_requisition, submit
from app.requisitions.types import RequisitionKind, RequisitionState
from app.web.kit.form_pages import FormPage, Page, PageContext, SentForm
from app.web.kit.forms import Form, Typed
from app.web.kit.rendering import Words
from app.web.kit.units import as_typed, counted_in
from app.web.requisitions.lines import BLANK_ROWS, at_their_rows, program_of, read_requisition
from app.web.requisitions.places import chosen_facility, facility_choices
from app.web.requisitions.seen import refuse_changed, tag_of

router = APIRouter(include_in_schema=False)

NEW = "/requisitions/new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the form: a usual item, or one to be chosen where `item` is None."""

    position: int
    item: Item | None
    unit: str
    last: str
    norm: str


@router.get(NEW, dependencies=[needs(Right.REQUISITION_SUBMIT)])
def show_new(
    page: Page,
    session: Reader,
    program: Annotated[Program, Query()] = Program.MEDICAL,
    facility: Annotated[Code | None, Query()] = None,
) -> Response:
    """The form with the facility's usual items and their last figures; first the facility, where there are several."""
    chosen = chosen_facility(session, page.actor, facility)
    if chosen is None:
        return _choice(page, session, program)
    usual = usual_needs(session, chosen, program)
    today = page.clock.today()
    values: dict[str, Any] = {
        "facility": chosen.code,
        "program": program.value,
        "reported_on": today.isoformat(),
        "needed_by": (today + timedelta(days=usual.days - 1)).isoformat(),
        "lines": [
            {"usual": "1", "item": line.item.code, "requested_units": as_typed(line.last_requested_units, line.item)}
            for line in usual.lines
        ],
    }
    return _form(page, session, Form(values=values), chosen, program, usual=usual)


def _choice(page: PageContext, session: Session, program: Program, form: Form | None = None) -> Response:
    choices = facility_choices(session, page.actor, page.words)
    template = "requisitions/choose.html"
    return page.render(template, form=form or Form(), program=program, choices=choices, next_page=NEW)


@router.post(NEW, dependencies=[needs(Right.REQUISITION_SUBMIT)])
def hand_in(sent: SentForm) -> Response:
    """Hand the needs in, or keep them as a draft; the form again with everything typed and every fault."""
    return _write(sent, None)


@router.get("/requisitions/{code}/edit", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def show_edit(code: Code, page: Page, session: Reader) -> Response:
    """The form with a draft in it; what has been handed in leads back to its page."""
    draft = requisition_by_code(session, code, actor=page.actor)
    if draft.state is not RequisitionState.DRAFT:
        return RedirectResponse(f"/requisitions/{code}", status.HTTP_303_SEE_OTHER)
    values: dict[str, Any] = {
        "facility": draft.facility.code,
        "program": draft.program.value,
        "reported_on": draft.reported_on.isoformat(),
        "note": draft.note,
        "kind": draft.kind.value,
        "extra_reason": draft.extra_reason,
        "needed_by": max(line.needed_by for line in draft.lines).isoformat(),
        "lines": _lines_of(draft),
    }
    return _form(page, session, Form(values=values), draft.facility, draft.program, draft=draft)


def _lines_of(draft: Requisition) -> list[Mapping[str, str]]:
    common = max(line.needed_by for line in draft.lines)
    return [
        {
            "usual": "1",
            "item": line.item.code,
            "requested_units": as_typed(line.requested_units, line.item),
            "on_hand_units": as_typed(line.on_hand_units, line.item),
            "reason": line.reason,
            "needed_by": line.needed_by.isoformat() if line.needed_by != common else "",
        }
        for line in draft.lines
    ]


@router.post("/requisitions/{code}/edit", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def change(code: Code, sent: SentForm) -> Response:
    """Put what was typed in the place of the draft, and hand it in if asked to."""
    return _write(sent, code)


def _write(sent: FormPage, code: str | None) -> Response:
    def act(work: Work, typed: Typed) -> str:
        typed = {"program": Program.MEDICAL.value, **typed}
        is_handed_in, is_confirmed = typed.pop("action", "") == "submit", typed.pop("confirmed", "") == "1"
        if code is not None:
            requisition_by_code(work.session, code, actor=work.actor)
        asked = read_requisition(work.session, typed)
        try:
            if code is None:
                draft = create_requisition(work, asked.new)
            else:
                refuse_changed(work, code, typed)
                draft = revise_requisition(work, code, asked.new)
            if is_handed_in:
                if not is_confirmed:
                    _ask_back(draft)
                submit(work, draft.code)
        except NotFoundError:
            raise
        except ServiceError as refusal:
            raise at_their_rows(refusal, asked.positions, asked.without_day) from refusal
        return f"/requisitions/{draft.code}"

    return sent.run(act, lambda session, form: _refused(sent.page, session, form, code))


def _ask_back(draft: Requisition) -> None:
    """Raise `InvalidInputError` at every figure that can hardly be meant; the person may say that it is."""
    message = "Really {units}? It looks like a slip of the keyboard. Correct it, or tick below that it is meant."
    InvalidInputError.raise_if(
        [
            Fault("absurd_figure", message, f"lines.{n}.requested_units", {"units": f"{figure:,}"})
            for n, line in enumerate(draft.lines)
            if line.absurd
            for figure in [Decimal(as_typed(line.requested_units, line.item))]
        ]
    )


def _refused(page: PageContext, session: Session, form: Form, code: str | None) -> Response:
    """The form again; where its facility is not one of the actor's, the choice of a facility with the reason."""
    program = program_of(dict(form.values))
    named = form.value("facility")
    known = _facility(session, named) if named and page.actor.has_facility(named) else None
    if known is None:
        return _choice(page, session, program, form)
    draft = requisition_by_code(session, code, actor=page.actor) if code is not None else None
    return _form(page, session, form, known, program, draft=draft)


def _facility(session: Session, code: str) -> Facility | None:
    faults: list[Fault] = []
    return facilities_by_code(session, [code], faults=faults).get(code)


def _form(
    page: PageContext,
    session: Session,
    form: Form,
    facility: Facility,
    program: Program,
    *,
    usual: UsualNeeds | None = None,
    draft: Requisition | None = None,
) -> Response:
    words = page.words
    usual = usual or usual_needs(session, facility, program)
    items = active_items(session, program)
    return page.render(
        "requisitions/form.html",
        form=form,
        kinds=[(one.value, words(f"kind.{one.value}")) for one in RequisitionKind],
        asks_back=any(one.code == "absurd_figure" for one in form.refusal.faults) if form.refusal else False,
        facility=facility,
        program=program,
        days=usual.days,
        draft=draft,
        seen=tag_of(draft) if draft is not None else "",
        rows=_rows(form, items, {line.item.code: line for line in usual.lines}, words),
        choices=[(item.code, f"{words.name(item)} ({words(counted_in(item))})") for item in items],
    )


def _rows(form: Form, items: Sequence[Item], usual: Mapping[str, UsualLine], words: Words) -> list[Row]:
    known = {item.code: item for item in items}
    typed = form.values.get("lines")
    filled = len(typed) if isinstance(typed, list) else 0
    rows = []
    for position in range(filled + BLANK_ROWS):
        item = known.get(form.value(f"lines.{position}.item")) if form.value(f"lines.{position}.usual") else None
        line = usual.get(item.code) if item is not None else None
        rows.append(
            Row(
                position=position,
                item=item,
                unit=words(counted_in(item)) if item is not None else "",
                last=_amount(words, line.last_requested_units if line else None, item),
                norm=_amount(words, line.norm_units if line else None, item),
            )
        )
    return rows


def _amount(words: Words, units: int | None, item: Item | None) -> str:
    return "–" if units is None or item is None else words.number(float(as_typed(units, item)), 3)
