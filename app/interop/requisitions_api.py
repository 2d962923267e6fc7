"""Needs of a facility as a sheet over HTTP: the template to be filled in, and the sheet that comes back."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile, status
from pydantic import ValidationError

from app.auth import CurrentActor, Right, needs
from app.catalog.types import Program
from app.core.errors import InvalidInputError, NotFoundError, missing
from app.core.http.answers import Rendered
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.idempotency import Once
from app.core.http.payloads import Code, Day, Text
from app.core.http.problem_details import problem_answers, shape_fault
from app.core.i18n import choose_language
from app.core.work import Work
from app.facilities.service import facility_by_code
from app.interop.requisition_import import import_sheet
from app.interop.requisition_template import MEDIA_TYPE, requisition_template
from app.interop.sheet_schemas import ImportedRequisition, SheetAnswers
from app.interop.sheet_views import imported_view
from app.interop.sheets.files import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, read_upload
from app.requisitions.queries import requisition_view
from app.requisitions.rules import Thresholds

router = APIRouter(tags=["requisitions"], max_body_size=BODY_BYTES_MAX)


@router.get(
    "/facilities/{code}/requisition-template",
    summary="The workbook in which a facility states its needs",
    response_class=Response,
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
    responses={**problem_answers(404), 200: {"content": {MEDIA_TYPE: {}}, "description": "An .xlsx workbook"}},
)
def read_template(
    code: Code,
    request: Request,
    reader: Reader,
    actor: CurrentActor,
    clock: Now,
    program: Annotated[Program, Query()] = Program.MEDICAL,
) -> Response:
    """Made for the facility: its usual items with units, last figures and norms, and drop-downs for others.

    In the language of Accept-Language.
    """
    if not actor.has_facility(code):
        raise NotFoundError(missing("facility", code))
    facility = facility_by_code(reader, code)
    language = choose_language(request.headers.get("accept-language"), request.app.state.settings.default_language)
    template = requisition_template(reader, facility, program, language=language, today=clock.today())
    disposition = f'attachment; filename="needs-{facility.code}-{program.value}.xlsx"'
    return Response(template.body, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


class Take(StrEnum):
    """Which rows of a sheet become the draft."""

    ALL = "all"
    """All of them, or none."""
    CLEAR = "clear"
    """Those that are clear; the others are left, and told."""


def _answers(text: str) -> SheetAnswers:
    """The answers of a form field; raises `InvalidInputError` with every fault below `answers`."""
    try:
        return SheetAnswers.model_validate_json(text or "{}")
    except ValidationError as error:
        found = [shape_fault(one).below("answers") for one in error.errors(include_url=False)]
        raise InvalidInputError(*found) from error


@router.post(
    "/requisitions/import",
    status_code=status.HTTP_201_CREATED,
    responses=problem_answers(404, 413),
    summary="Enter a requisition from a sheet",
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def import_requisition(
    request: Request,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    once: Once,
    file: Annotated[
        UploadFile, File(description=f"A .xlsx, .xls, .ods, .csv or .tsv file of at most {UPLOAD_BYTES_MAX} bytes.")
    ],
    facility: Annotated[Code, Form()],
    reported_on: Annotated[Day | None, Form(description="The day that the sheet describes; today if left out.")] = None,
    note: Annotated[Text, Form()] = "",
    answers: Annotated[
        str, Form(max_length=400_000, description="Answers to what was asked about this file, as JSON.")
    ] = "",
    take: Annotated[Take, Form(description="all: every row or none; clear: the rows that are clear.")] = Take.ALL,
) -> Rendered[ImportedRequisition]:
    """A draft of what the sheet asks for, and what became of every row: rows_in = taken + asked + refused.

    Where rows are asked about or refused and `take` is not `clear`, nothing is entered: the problem has the faults at
    `rows.{number}.{field}` and, as further members, `lines`, `taken`, `asked`, `refused`, `aside` and `sheets`. Each
    reason in `asked` says in `ask` which of `answers` settles it; send the file again with them.
    """

    def enter() -> Rendered[ImportedRequisition]:
        actor.refuse_foreign_facility(facility)
        answered = _answers(answers).answers()
        book = read_upload(file.file.read(UPLOAD_BYTES_MAX + 1), file.filename or "")
        language = choose_language(request.headers.get("accept-language"), request.app.state.settings.default_language)
        with database.write() as session:
            imported = import_sheet(
                Work(session, actor, clock),
                book,
                facility=facility,
                reported_on=reported_on or clock.today(),
                note=note,
                answers=answered,
                take_clear=take is Take.CLEAR,
            )
            shown = requisition_view(imported.requisition, today=clock.today(), thresholds=Thresholds())
            return Rendered(imported_view(imported.sheet, shown, language))

    return once.apart(database, actor, clock, enter)
