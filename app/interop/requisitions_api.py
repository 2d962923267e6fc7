"""Needs of a facility as a sheet over HTTP: the template to be filled in, and the sheet that comes back."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile, status

from app.auth import CurrentActor, Right, needs
from app.catalog.types import Program
from app.core.errors import NotFoundError, missing
from app.core.http.answers import Rendered
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.idempotency import Once
from app.core.http.payloads import Code, Day, Text
from app.core.http.problem_details import problem_answers
from app.core.http.versions import tagged
from app.core.i18n import choose_language
from app.core.work import Work
from app.facilities.service import facility_by_code
from app.interop.requisition_import import import_sheet
from app.interop.requisition_template import MEDIA_TYPE, requisition_template
from app.interop.uploads import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, uploaded_rows
from app.requisitions.queries import requisition_view
from app.requisitions.rules import Thresholds
from app.requisitions.schemas import RequisitionView

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


@router.post(
    "/requisitions/import",
    status_code=status.HTTP_201_CREATED,
    responses=problem_answers(404, 413),
    summary="Enter a requisition from an .xlsx or .csv sheet",
    dependencies=[needs(Right.REQUISITION_SUBMIT)],
)
def import_requisition(
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    once: Once,
    file: Annotated[UploadFile, File(description=f"An .xlsx or .csv file of at most {UPLOAD_BYTES_MAX} bytes.")],
    facility: Annotated[Code, Form()],
    reported_on: Annotated[Day | None, Form(description="The day that the sheet describes; today if left out.")] = None,
    note: Annotated[Text, Form()] = "",
) -> Rendered[RequisitionView]:
    """A draft with all rows of the sheet, or every fault at `rows.{number}.{column}` (the header is row 1).

    Columns: item, quantity, needed_by and, if wanted, facility, unit, on_hand, reason; those of the template.
    """

    def enter() -> Rendered[RequisitionView]:
        actor.refuse_foreign_facility(facility)
        rows = uploaded_rows(file.file.read(UPLOAD_BYTES_MAX + 1))
        day = reported_on or clock.today()
        with database.write() as session:
            requisition = import_sheet(Work(session, actor, clock), rows, facility=facility, reported_on=day, note=note)
            return tagged(
                requisition, lambda made: requisition_view(made, today=clock.today(), thresholds=Thresholds())
            )

    return once.apart(database, actor, clock, enter)
