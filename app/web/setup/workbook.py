"""The city workbook on a page: download it, upload it, see what would be new and changed, enter it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response, status
from fastapi.responses import RedirectResponse

from app.auth import Right, needs
from app.core.errors import ServiceError
from app.core.http.deps import OpenDatabase, Reader
from app.core.work import Work
from app.interop.city.loading import check_city, load_city, refuse_facilities
from app.interop.city.outcome import CityOutcome
from app.interop.city.showing import workbook_for
from app.interop.city.starters import Starter
from app.interop.sheets.files import BODY_BYTES_MAX, read_upload
from app.web.kit.downloads import XLSX_MEDIA_TYPE, file_answer
from app.web.kit.form_pages import Page, PageContext
from app.web.kit.forms import Form, done_once
from app.web.kit.uploads import Upload

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)

ADDRESS = "/city-setup/workbook"
SHOWN_MAX = 200
"""Faults and rows of one kind that are shown; of the others their number is told."""


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
def upload(sent: Upload, page: Page, database: OpenDatabase) -> Response:
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
