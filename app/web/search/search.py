"""Search: one box in the head of every page, and the page of what was found."""

from itertools import groupby

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import SearchBoxText
from app.search import service
from app.web.kit.form_pages import Page

router = APIRouter(include_in_schema=False)


@router.get("/search", dependencies=[needs(Right.CATALOG_READ)])
def show_found(page: Page, session: Reader, q: SearchBoxText = "") -> Response:
    """What has this number or name, by kind; straight to the thing where a whole number was typed or scanned."""
    answer = service.search(session, q, actor=page.actor)
    whole = answer.only_one(q)
    if whole is not None:
        return RedirectResponse(whole.address, 303)
    groups = [(kind, list(rows)) for kind, rows in groupby(answer.found, key=lambda one: one.kind)]
    return page.render("search/found.html", text=q.strip(), groups=groups, answer=answer, rows_max=service.ROWS_MAX)
