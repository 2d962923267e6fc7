"""The city workbook on a page: download it, upload it, see what would be new and changed, enter it."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from app.auth import Right, needs
from app.core.errors import ServiceError
from app.core.http.deps import OpenDatabase, Reader
from app.core.work import Work
from app.interop.city.loading import check_city, load_city, refuse_facilities
from app.interop.city.outcome import CityOutcome
from app.interop.city.showing import workbook_for
from app.interop.city.starters import Starter
from app.interop.sheets.files import BODY_BYTES_MAX, UPLOAD_BYTES_MAX, read_upload
from app.web.kit.downloads import XLSX_MEDIA_TYPE, file_answer
from app.web.kit.form_pages import Page, PageContext
from app.web.kit.forms import FIELDS_MAX, Form, done_once

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)

ADDRESS = "/city-setup/workbook"
CARRIED_BYTES_MAX = 4 << 20
"""A file that is carried along in a hidden field, in letters."""
SHOWN_MAX = 200
"""Faults and rows of one kind that are shown; of the others their number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The upload: the file, chosen now or carried along from the preview, and whether it shall be entered."""

    content: bytes
    name: str
    enters: bool
    form_key: str

    @property
    def carried(self) -> str:
        """The file as letters, for the hidden field of the preview."""
        return base64.b64encode(self.content).decode("ascii")


async def _sent(request: Request) -> Sent:
    async with request.form(max_fields=FIELDS_MAX, max_part_size=CARRIED_BYTES_MAX) as form:
        texts = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        file = form.get("file")
        chosen = isinstance(file, UploadFile) and bool(file.filename)
        content = await file.read(UPLOAD_BYTES_MAX + 1) if isinstance(file, UploadFile) else b""
        name = (file.filename or "") if isinstance(file, UploadFile) else texts.get("name", "")
    if not chosen:
        try:
            content, name = base64.b64decode(texts.get("carried", ""), validate=True), texts.get("name", "")
        except binascii.Error:
            content = b""
    enters = not chosen and texts.get("enter") == "yes"
    return Sent(content=content, name=name, enters=enters, form_key=texts.get("form_key", ""))


@router.get(ADDRESS, dependencies=[needs(Right.CATALOG_READ)])
def show_workbook(page: Page) -> Response:
    """What the workbook is, its starters, and the upload."""
    refuse_facilities(page.actor)
    return _page(page, Form())


def _page(page: PageContext, form: Form) -> Response:
    entered = page.count_told("entered")
    return page.render("setup/workbook.html", form=form, starters=list(Starter), entered=entered, shown_max=SHOWN_MAX)


@router.get("/city-setup/workbook.xlsx", dependencies=[needs(Right.CATALOG_READ)])
def download_workbook(page: Page, session: Reader, starter: Annotated[Starter | None, Query()] = None) -> Response:
    """The workbook, filled with what is there or begun with a starter."""
    body = workbook_for(session, page.actor, page.language, starter)
    return file_answer(body, f"{page.words('City workbook')}.xlsx", XLSX_MEDIA_TYPE)


@router.post(ADDRESS, dependencies=[needs(Right.CATALOG_READ)])
def upload(sent: Annotated[Sent, Depends(_sent)], page: Page, database: OpenDatabase) -> Response:
    """First what would be new and changed; then, where the person says so, all of it is entered."""
    refuse_facilities(page.actor)
    outcome: CityOutcome | None = None
    try:
        book = read_upload(sent.content, sent.name)
        if not sent.enters:
            outcome = check_city(database, page.actor, page.clock, book)
        else:
            with database.write() as session:
                work = Work(session, page.actor, page.clock)
                typed = {"form_key": sent.form_key, "carried": sent.carried}
                address = done_once(page.request, work, typed, lambda: _entered(load_city(work, book)))
            return RedirectResponse(address, status.HTTP_303_SEE_OTHER)
    except ServiceError as refusal:
        return _page(page, Form(refusal=refusal))
    return page.render("setup/preview.html", form=Form(), outcome=outcome, sent=sent, shown_max=SHOWN_MAX)


def _entered(outcome: CityOutcome) -> str:
    return f"{ADDRESS}?entered={max(outcome.writes, 1)}"
