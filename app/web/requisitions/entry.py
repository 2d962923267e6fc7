"""Needs handed in by a form, and drafts that are changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor, Right, needs
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.errors import Fault, InvalidInputError, ServiceError
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.service import facilities_by_code
from app.requisitions.history import UsualLine, UsualNeeds, active_items, usual_needs
from app.requisitions.lifecycle import requisition_by_code
from app.requisitions.models import Requisition
from app.requisitions.schemas import NewRequisition
from app.requisitions.service import create_requisition, revise_requisition, submit
from app.requisitions.types import RequisitionState
from app.web.kit.forms import Form, Typed, TypedForm, done_once
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.requisitions.lines import (
    BLANK_ROWS,
    Asked,
    at_their_rows,
    program_of,
    read_requisition,
    unit_key,
    written,
)
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
    request: Request,
    session: Reader,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
    facility: Annotated[Code | None, Query()] = None,
) -> Response:
    """The form with the facility's usual items and their last figures; first the facility, where there are several."""
    chosen = chosen_facility(session, actor, facility)
    if chosen is None:
        choices = facility_choices(session, actor, Words(language))
        return render(request, "requisitions/choose.html", language, program=program, choices=choices, next_page=NEW)
    usual = usual_needs(session, chosen, program)
    today = clock.today()
    values: dict[str, Any] = {
        "facility": chosen.code,
        "program": program.value,
        "reported_on": today.isoformat(),
        "needed_by": (today + timedelta(days=usual.days - 1)).isoformat(),
        "lines": [
            {
                "usual": "1",
                "item": line.item.code,
                "requested_units": written(line.last_requested_units, line.item.base_unit),
            }
            for line in usual.lines
        ],
    }
    return _page(request, session, language, Form(values=values), chosen, program, usual=usual)


@router.post(NEW, dependencies=[needs(Right.REQUISITION_SUBMIT)])
def hand_in(
    request: Request,
    typed: TypedForm,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
) -> Response:
    """Hand the needs in, or keep them as a draft; the form again with everything typed and every fault."""
    return _write(request, typed, database, actor, clock, language, None)


@router.get("/requisitions/{code}/edit", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def show_edit(request: Request, code: Code, session: Reader, actor: CurrentActor, language: PageLanguage) -> Response:
    """The form with a draft in it; what has been handed in leads back to its page."""
    draft = requisition_by_code(session, code, actor=actor)
    if draft.state is not RequisitionState.DRAFT:
        return RedirectResponse(f"/requisitions/{code}", status.HTTP_303_SEE_OTHER)
    values: dict[str, Any] = {
        "facility": draft.facility.code,
        "program": draft.program.value,
        "reported_on": draft.reported_on.isoformat(),
        "note": draft.note,
        "needed_by": max(line.needed_by for line in draft.lines).isoformat(),
        "lines": _lines_of(draft),
    }
    return _page(request, session, language, Form(values=values), draft.facility, draft.program, draft=draft)


def _lines_of(draft: Requisition) -> list[Mapping[str, str]]:
    common = max(line.needed_by for line in draft.lines)
    return [
        {
            "usual": "1",
            "item": line.item.code,
            "requested_units": written(line.requested_units, line.item.base_unit),
            "on_hand_units": written(line.on_hand_units, line.item.base_unit),
            "reason": line.reason,
            "needed_by": line.needed_by.isoformat() if line.needed_by != common else "",
        }
        for line in draft.lines
    ]


@router.post("/requisitions/{code}/edit", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def change(
    request: Request,
    code: Code,
    typed: TypedForm,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
) -> Response:
    """Put what was typed in the place of the draft, and hand it in if asked to."""
    with database.read() as session:
        requisition_by_code(session, code, actor=actor)
    return _write(request, typed, database, actor, clock, language, code)


def _write(
    request: Request,
    typed: Typed,
    database: OpenDatabase,
    actor: Actor,
    clock: Clock,
    language: str,
    code: str | None,
) -> Response:
    typed = {"program": Program.MEDICAL.value, **typed}
    shown = dict(typed)
    is_handed_in, is_confirmed = typed.pop("action", "") == "submit", typed.pop("confirmed", "") == "1"
    with database.read() as session:
        units = {item.code: item.base_unit for program in Program for item in active_items(session, program)}
    asked: Asked | None = None
    try:
        asked = read_requisition(typed, units)
        with database.write() as session:
            work = Work(session, actor, clock)
            act = _writing(work, asked.new, code, typed, is_handed_in=is_handed_in, is_confirmed=is_confirmed)
            address = done_once(request, work, shown.copy(), act)
    except ServiceError as refusal:
        moved = at_their_rows(refusal, asked.positions, asked.without_day) if asked is not None else refusal
        with database.read() as session:
            return _refused(request, session, language, actor, shown, moved, code)
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _writing(
    work: Work, new: NewRequisition, code: str | None, typed: Typed, *, is_handed_in: bool, is_confirmed: bool
) -> Callable[[], str]:
    def act() -> str:
        if code is None:
            draft = create_requisition(work, new)
        else:
            refuse_changed(work, code, typed)
            draft = revise_requisition(work, code, new)
        if is_handed_in:
            if not is_confirmed:
                _ask_back(draft)
            submit(work, draft.code)
        return f"/requisitions/{draft.code}"

    return act


def _ask_back(draft: Requisition) -> None:
    """Raise `InvalidInputError` at every figure that can hardly be meant; the person may say that it is."""
    message = "Really {units}? It looks like a slip of the keyboard. Correct it, or tick below that it is meant."
    InvalidInputError.raise_if(
        [
            Fault("absurd_figure", message, f"lines.{n}.requested_units", {"units": f"{figure:,}"})
            for n, line in enumerate(draft.lines)
            if line.absurd
            for figure in [Decimal(written(line.requested_units, line.item.base_unit))]
        ]
    )


def _refused(
    request: Request,
    session: Session,
    language: str,
    actor: Actor,
    typed: Typed,
    refusal: ServiceError,
    code: str | None,
) -> Response:
    """The form again; where its facility is not one of the actor's, the choice of a facility with the reason."""
    program = program_of(typed)
    named = str(typed.get("facility", ""))
    known = _facility(session, named) if named and actor.has_facility(named) else None
    draft = requisition_by_code(session, code, actor=actor) if code is not None else None
    form = Form(values=typed, refusal=refusal)
    if known is None:
        choices = facility_choices(session, actor, Words(language))
        return render(
            request,
            "requisitions/choose.html",
            language,
            status=refusal.status,
            program=program,
            choices=choices,
            next_page=NEW,
            form=form,
        )
    return _page(request, session, language, form, known, program, draft=draft)


def _facility(session: Session, code: str) -> Facility | None:
    faults: list[Fault] = []
    return facilities_by_code(session, [code], faults=faults).get(code)


def _page(
    request: Request,
    session: Session,
    language: str,
    form: Form,
    facility: Facility,
    program: Program,
    *,
    usual: UsualNeeds | None = None,
    draft: Requisition | None = None,
) -> Response:
    words = Words(language)
    usual = usual or usual_needs(session, facility, program)
    items = active_items(session, program)
    status_code = form.refusal.status if form.refusal is not None else status.HTTP_200_OK
    return render(
        request,
        "requisitions/form.html",
        language,
        status=status_code,
        form=form,
        asks_back=any(one.code == "absurd_figure" for one in form.refusal.faults) if form.refusal else False,
        facility=facility,
        program=program,
        days=usual.days,
        draft=draft,
        seen=tag_of(draft) if draft is not None else "",
        rows=_rows(form, items, {line.item.code: line for line in usual.lines}, words),
        choices=[(item.code, f"{words.name(item)} ({words(unit_key(item.base_unit))})") for item in items],
    )


def _rows(form: Form, items: Sequence[Item], usual: Mapping[str, UsualLine], words: Words) -> list[Row]:
    known = {item.code: item for item in items}
    typed = form.values.get("lines")
    filled = len(typed) if isinstance(typed, list) else 0
    rows = []
    for position in range(filled + BLANK_ROWS):
        item = known.get(form.value(f"lines.{position}.item")) if form.value(f"lines.{position}.usual") else None
        line = usual.get(item.code) if item is not None else None
        unit = item.base_unit if item is not None else ""
        rows.append(
            Row(
                position=position,
                item=item,
                unit=words(unit_key(unit)) if unit else "",
                last=_amount(words, line.last_requested_units if line else None, unit),
                norm=_amount(words, line.norm_units if line else None, unit),
            )
        )
    return rows


def _amount(words: Words, units: int | None, unit: str) -> str:
    return "–" if units is None else words.number(float(written(units, unit)), 3)
