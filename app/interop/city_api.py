"""The city workbook over REST: download it, check an upload, load it."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from app.auth import CurrentActor, Right, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.idempotency import Once
from app.core.http.problem_details import problem_answers
from app.core.i18n import choose_language
from app.core.work import Work
from app.interop.city.loading import check_city, load_city, refuse_facilities
from app.interop.city.schemas import CityOutcomeView
from app.interop.city.showing import workbook_for
from app.interop.city.starters import Starter
from app.interop.requisition_template import MEDIA_TYPE
from app.interop.sheets.files import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, read_upload

router = APIRouter(tags=["city"], max_body_size=BODY_BYTES_MAX)


def _no_facility(actor: CurrentActor) -> None:
    refuse_facilities(actor)


def _language(request: Request) -> str:
    return choose_language(request.headers.get("accept-language"), request.app.state.settings.default_language)


@router.get(
    "/city-workbook",
    summary="The workbook by which a city is set up",
    response_class=Response,
    dependencies=[needs(Right.CATALOG_READ), Depends(_no_facility)],
    responses={**problem_answers(403), 200: {"content": {MEDIA_TYPE: {}}, "description": "An .xlsx workbook"}},
)
def read_workbook(
    request: Request,
    reader: Reader,
    actor: CurrentActor,
    starter: Annotated[Starter | None, Query(description="Begin with this, not with what is there.")] = None,
) -> Response:
    """A sheet for each kind that the caller may read, filled with what is there; in the language of Accept-Language."""
    body = workbook_for(reader, actor, _language(request), starter)
    headers = {"Content-Disposition": 'attachment; filename="city.xlsx"'}
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


@router.post(
    "/city-workbook",
    summary="Enter a city from its workbook, or check it",
    responses=problem_answers(403, 413),
    dependencies=[needs(Right.CATALOG_READ), Depends(_no_facility)],
)
def load_workbook(
    request: Request,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    once: Once,
    file: Annotated[UploadFile, File(description=f"A workbook of at most {UPLOAD_BYTES_MAX} bytes.")],
    check: Annotated[bool, Query(description="Only tell what would be new and changed.")] = False,
) -> Rendered[CityOutcomeView]:
    """All or nothing; faults at `Sheet!C5`. Rows that need a right which the caller has not are left and counted."""

    def enter() -> Rendered[CityOutcomeView]:
        book = read_upload(file.file.read(UPLOAD_BYTES_MAX + 1), file.filename or "")
        if check:
            outcome = check_city(database, actor, clock, book)
        else:
            with database.write() as session:
                outcome = load_city(Work(session, actor, clock), book)
        return Rendered(CityOutcomeView.of(outcome, _language(request), entered=not check))

    return once.apart(database, actor, clock, enter)
