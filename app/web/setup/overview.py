"""What a city needs before its first plan, and what of it is missing."""

from fastapi import APIRouter, Response

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.interop.city.checklist import checklist, missing_needed
from app.interop.city.loading import refuse_facilities
from app.interop.city.one_row import FORM_KINDS
from app.web.kit.form_pages import Page

router = APIRouter(include_in_schema=False)


@router.get("/city-setup", dependencies=[needs(Right.CATALOG_READ)])
def show_checklist(page: Page, session: Reader) -> Response:
    """Every line is a link to where it is entered."""
    refuse_facilities(page.actor)
    lines = checklist(session)
    return page.render("setup/overview.html", lines=lines, missing=len(missing_needed(lines)), kinds=FORM_KINDS)
