"""Accounts in bulk from a sheet: checked first, then made, each with a first password that is shown this once."""

from fastapi import APIRouter, Response

from app.auth import Right, needs
from app.auth.api import HashedPasswords
from app.core.errors import ServiceError
from app.core.http.deps import OpenDatabase, Reader
from app.interop.city.accounts import accounts_workbook, check_accounts, create_accounts
from app.interop.sheets.files import BODY_BYTES_MAX, read_upload
from app.web.kit.downloads import XLSX_MEDIA_TYPE, file_answer
from app.web.kit.form_pages import Page, PageContext
from app.web.kit.forms import Form
from app.web.kit.uploads import Upload

router = APIRouter(include_in_schema=False, max_body_size=BODY_BYTES_MAX)

FAULTS_SHOWN_MAX = 200


@router.get("/account-sheet", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def show_upload(page: Page) -> Response:
    """The sheet to fill in, and the upload."""
    return _page(page, Form())


def _page(page: PageContext, form: Form) -> Response:
    return page.render("accounts/sheet.html", form=form, shown_max=FAULTS_SHOWN_MAX)


@router.get("/account-sheet.xlsx", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def download_sheet(page: Page, session: Reader) -> Response:
    """The sheet with its headings, and the places by name."""
    body = accounts_workbook(session, page.language)
    return file_answer(body, f"{page.words('List of accounts')}.xlsx", XLSX_MEDIA_TYPE)


@router.post("/account-sheet", dependencies=[needs(Right.ACCOUNT_MANAGE)])
def upload(sent: Upload, page: Page, database: OpenDatabase, passwords: HashedPasswords) -> Response:
    """First who would get an account; then all of them, or none.

    A repeat makes nothing twice: whoever has an account by then is left as they are.
    """
    try:
        book = read_upload(sent.content, sent.name)
        if not sent.enters:
            new, unchanged = check_accounts(database, page.actor, page.clock, book)
            return page.render("accounts/sheet_preview.html", new=new, unchanged=unchanged, sent=sent)
        made, unchanged = create_accounts(database, page.actor, page.clock, book, passwords)
    except ServiceError as refusal:
        return _page(page, Form(refusal=refusal))
    answer = page.render("accounts/sheet_passwords.html", made=made, unchanged=unchanged)
    answer.headers["Cache-Control"] = "no-store"
    return answer
