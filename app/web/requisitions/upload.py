"""Needs handed in as an Excel sheet: the template, the upload, and every fault in its cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, File, Query, Request, Response, UploadFile, status
from fastapi.responses import RedirectResponse

from app.auth import Actor, CurrentActor, Right, needs
from app.catalog.types import Program
from app.core.database import Database
from app.core.errors import Fault, NotFoundError, ServiceError, missing
from app.core.http.deps import Now, OpenDatabase, Reader
from app.core.http.payloads import Code, Day, Payload, Text
from app.core.work import Work
from app.facilities.service import facilities_by_code
from app.interop.requisition_import import import_sheet
from app.interop.requisition_sheet import COLUMNS
from app.interop.requisition_template import MEDIA_TYPE, requisition_template
from app.interop.sheets import Cell, column_places
from app.interop.uploads import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, uploaded_rows
from app.web.kit.downloads import file_answer
from app.web.kit.forms import Form, Typed, TypedForm, done_once, validated
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.requisitions.places import chosen_facility, facility_choices

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)

UPLOAD = "/requisitions/upload"
SHOWN_ROWS_MAX = 200
"""A sheet with faults is shown up to here, and every row with a fault beyond."""


class Upload(Payload):
    """What is written beside the file."""

    facility: Code
    reported_on: Day
    note: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """A cell of the sheet as it was uploaded, with what is wrong with it."""

    anchor: str
    text: str
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSheet:
    """The sheet as it was uploaded: the header, rows with their numbers, and where each fault is to be found."""

    header: Sequence[ShownCell]
    rows: Sequence[tuple[int, Sequence[ShownCell]]]
    hidden_rows: int


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
    typed: TypedForm,
    database: OpenDatabase,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    """A draft with all that the sheet asks for, or the sheet with every fault in its cell; nothing is entered then."""
    shown = dict(typed)
    rows: list[list[Cell]] | None = None
    try:
        beside = validated(Upload, {name: typed[name] for name in Upload.model_fields if name in typed})
        content = file.file.read(UPLOAD_BYTES_MAX + 1) if not isinstance(file, str) and file is not None else b""
        rows = uploaded_rows(content)
        sheet = rows
        with database.write() as session:
            work = Work(session, actor, clock)

            def act() -> str:
                draft = import_sheet(
                    work,
                    sheet,
                    facility=beside.facility,
                    reported_on=beside.reported_on,
                    note=beside.note,
                )
                return f"/requisitions/{draft.code}?uploaded=1"

            known = {**typed, "sheet": [[str(cell) for cell in row] for row in sheet]}
            address = done_once(request, work, known, act)
    except ServiceError as refusal:
        return _refused(request, database, language, actor, shown, refusal, rows)
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _refused(
    request: Request,
    database: Database,
    language: str,
    actor: Actor,
    typed: Typed,
    refusal: ServiceError,
    rows: Sequence[Sequence[Cell]] | None,
) -> Response:
    form = Form(values=typed, refusal=refusal)
    code = str(typed.get("facility", ""))
    with database.read() as session:
        faults: list[Fault] = []
        known = facilities_by_code(session, [code], faults=faults).get(code) if actor.has_facility(code) else None
        if known is None:
            choices = facility_choices(session, actor, Words(language))
            return render(
                request,
                "requisitions/choose.html",
                language,
                status=refusal.status,
                program=None,
                choices=choices,
                next_page=UPLOAD,
                form=form,
            )
        sheet = shown_sheet(rows, refusal.faults) if rows is not None else None
        return render(
            request, "requisitions/upload.html", language, status=refusal.status, form=form, facility=known, sheet=sheet
        )


def shown_sheet(rows: Sequence[Sequence[Cell]], faults: Sequence[Fault]) -> ShownSheet:
    """The sheet with its faults in their cells; of a long one the first rows, and all in which something is wrong."""
    places = column_places(rows[0], COLUMNS)
    width = max(map(len, rows))
    wrong: dict[tuple[int, int], list[Fault]] = {}
    for fault in faults:
        part, *path = fault.where.split(".")
        if part == "rows" and path and path[0].isdigit():
            wrong.setdefault((int(path[0]), _column(path[1:], places)), []).append(fault)

    def cells(number: int) -> list[ShownCell]:
        row = rows[number - 1]
        names = {at: name for name, at in places.items()}
        return [
            ShownCell(
                anchor=f"rows.{number}.{names.get(at, at + 1)}",
                text=str(row[at]) if at < len(row) and row[at] is not None else "",
                faults=wrong.get((number, at), []),
            )
            for at in range(width)
        ]

    faulty = {number for number, _ in wrong}
    # The template's empty rows say nothing but for whom and by when: a row is one with an item, or with a fault.
    item = places.get("item", 0)
    filled = [n for n in range(2, len(rows) + 1) if n in faulty or rows[n - 1][item : item + 1] not in ([], [None])]
    shown = [number for n, number in enumerate(filled) if n < SHOWN_ROWS_MAX or number in faulty]
    return ShownSheet(
        header=cells(1), rows=[(number, cells(number)) for number in shown], hidden_rows=len(filled) - len(shown)
    )


def _column(path: Sequence[str], places: Mapping[str, int]) -> int:
    """Where a fault's column stands, from 0; the first where the sheet does not have it."""
    if not path:
        return 0
    return places.get(path[0], int(path[0]) - 1 if path[0].isdigit() else 0)
