"""Needs handed in as a sheet: what was taken, what is asked and what is refused, then the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor, Right, needs
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import NotFoundError, ServiceError, missing
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code, Day, Payload, Text
from app.core.work import Work
from app.facilities.service import facilities_by_code
from app.interop.requisition_import import UnclearSheetError, import_sheet, read_sheet
from app.interop.requisition_sheet import RequisitionSheet
from app.interop.requisition_template import MEDIA_TYPE, requisition_template
from app.interop.sheet_schemas import SheetAnswers
from app.interop.sheets.files import BODY_BYTES_MAX, read_upload
from app.interop.sheets.headings import SheetField
from app.interop.sheets.outcome import NeedRow, Reading, RowState
from app.web.kit.choices import item_names, items_in_use
from app.web.kit.downloads import file_answer
from app.web.kit.forms import Form, Typed, done_once, validated
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.requisitions.places import chosen_facility, facility_choices
from app.web.requisitions.upload_form import ANSWERED, Posted, PostedSheet, answers_before, answers_of
from app.web.requisitions.upload_questions import Questions

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)

UPLOAD = "/requisitions/upload"
SHOWN_ROWS_MAX = 200
"""Rows of one kind that are shown; of the others their number is told."""
SHEET_FIELDS = tuple(one.value for one in SheetField)


class Upload(Payload):
    """What is written beside the file."""

    facility: Code
    reported_on: Day
    note: Text = ""


def _beside(typed: Typed) -> Typed:
    return {name: typed[name] for name in Upload.model_fields if name in typed}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSheet:
    """What became of the sheet, for the page."""

    reading: Reading
    questions: Questions
    answered: str
    """The answers so far, for the hidden field."""
    carried: str
    file_name: str
    items: Mapping[str, Item]
    can_take: bool
    """Whether any row is clear."""

    def rows(self, state: str) -> tuple[NeedRow, ...]:
        """The rows of which this became."""
        return self.reading.of(RowState(state))

    @property
    def several(self) -> bool:
        """Whether rows of more than one sheet are shown."""
        return len({row.sheet for row in self.reading.rows}) > 1


@router.get("/requisitions/template", dependencies=[needs(Right.REQUISITION_SUBMIT)])
def download_template(
    session: Reader,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
    program: Annotated[Program, Query()] = Program.MEDICAL,
    facility: Annotated[Code | None, Query()] = None,
) -> Response:
    """The workbook made for a facility."""
    chosen = chosen_facility(session, actor, facility)
    if chosen is None:
        raise NotFoundError(missing("facility", facility or ""))
    template = requisition_template(session, chosen, program, language=language, today=clock.today())
    return file_answer(template.body, f"{template.name}.xlsx", MEDIA_TYPE)


@router.get(UPLOAD, dependencies=[needs(Right.REQUISITION_SUBMIT)])
def show_upload(
    request: Request,
    session: Reader,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
    facility: Annotated[Code | None, Query()] = None,
) -> Response:
    """The form for the file, and the template to be filled in; first the facility, where there are several."""
    chosen = chosen_facility(session, actor, facility)
    if chosen is None:
        choices = facility_choices(session, actor, Words(language))
        return render(request, "requisitions/choose.html", language, program=None, choices=choices, next_page=UPLOAD)
    form = Form(values={"facility": chosen.code, "reported_on": clock.today().isoformat()})
    return render(request, "requisitions/upload.html", language, form=form, facility=chosen, sheet=None)


@router.post(UPLOAD, dependencies=[needs(Right.REQUISITION_SUBMIT)])
def upload(
    request: Request,
    posted: PostedSheet,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
) -> Response:
    """A draft of all that the sheet asks for; else the table of what was taken, asked and refused, to be answered."""
    typed = posted.typed
    answers = SheetAnswers()
    try:
        beside = validated(Upload, _beside(typed))
        actor.refuse_foreign_facility(beside.facility)
        with database.read() as session:
            answers = answers_of(typed, item_names(session))
        book = read_upload(posted.content, posted.file_name)
        with database.write() as session:
            work = Work(session, actor, clock)

            def act() -> str:
                imported = import_sheet(
                    work,
                    book,
                    facility=beside.facility,
                    reported_on=beside.reported_on,
                    note=beside.note,
                    answers=answers.answers(),
                    take_clear=typed.get("take") == "clear",
                )
                reading = imported.sheet.reading
                left = len(reading.rows) - len(reading.of(RowState.TAKEN))
                return f"/requisitions/{imported.requisition.code}?uploaded=1" + (f"&left={left}" if left else "")

            known = {**typed, "cells": [[str(cell) for cell in row] for sheet in book.sheets for row in sheet.rows]}
            address = done_once(request, work, known, act)
    except ServiceError as refusal:
        return _refused(request, database, language, actor, clock, posted, answers, refusal)
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _refused(
    request: Request,
    database: Database,
    language: str,
    actor: Actor,
    clock: Clock,
    posted: Posted,
    answers: SheetAnswers,
    refusal: ServiceError,
) -> Response:
    form = Form(values=posted.typed, refusal=refusal)
    code = str(posted.typed.get("facility", ""))
    words = Words(language)
    with database.read() as session:
        known = facilities_by_code(session, [code], faults=[]).get(code) if actor.has_facility(code) else None
        if known is None:
            choices = facility_choices(session, actor, words)
            page = "requisitions/choose.html"
            values: dict[str, object] = {"program": None, "choices": choices, "next_page": UPLOAD}
        else:
            page = "requisitions/upload.html"
            values = {"facility": known, "sheet": None, "shown_rows_max": SHOWN_ROWS_MAX, "sheet_fields": SHEET_FIELDS}
            values["sheet"] = _sheet(session, posted, answers, refusal, clock, words)
        return render(request, page, language, status=refusal.status, form=form, **values)


def _sheet(
    session: Session, posted: Posted, answers: SheetAnswers, refusal: ServiceError, clock: Clock, words: Words
) -> ShownSheet | None:
    """What became of the sheet; as it was before, where an answer of this page cannot be read."""
    if isinstance(refusal, UnclearSheetError):
        return _shown(session, posted, answers, refusal.sheet, words)
    if not posted.is_carried or not any(one.where.startswith(ANSWERED) for one in refusal.faults):
        return None
    before = answers_before(posted.typed)
    sheet = read_sheet(
        session,
        read_upload(posted.content, posted.file_name),
        facility=str(posted.typed["facility"]),
        reported_on=validated(Upload, _beside(posted.typed)).reported_on,
        answers=before.answers(),
        clock=clock,
    )
    return _shown(session, posted, before, sheet, words)


def _shown(
    session: Session, posted: Posted, answers: SheetAnswers, sheet: RequisitionSheet, words: Words
) -> ShownSheet:
    items = items_in_use(session)
    reading = sheet.reading
    return ShownSheet(
        reading=reading,
        questions=Questions(reading, items, words),
        answered=answers.model_dump_json(exclude_defaults=True),
        carried=posted.carried,
        file_name=posted.file_name,
        items=items,
        can_take=bool(sheet.lines),
    )
