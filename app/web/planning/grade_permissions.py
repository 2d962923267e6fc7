"""Permissions for substitutes of a lower grade at key facilities: given by a leader, with a reason and an end."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.planning.grades import service
from app.planning.grades.models import GradePermission
from app.planning.grades.schemas import GradeReason, NewGradePermission
from app.web.kit.choices import facility_choices, facility_names, item_choices, item_names
from app.web.kit.columns import Column, Kind, day_column, name_column, person_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, validated, whole_payload
from app.web.kit.tables import Listing

router = APIRouter(include_in_schema=False)


@router.get("/grade-permissions", dependencies=[needs(Right.PLAN_READ)])
def show_permissions(page: Page, session: Reader) -> Response:
    """All permissions, the newest first."""
    today = page.clock.today()
    columns: list[Column[GradePermission]] = [
        name_column(
            "facility",
            "Facility",
            lambda row: row.facility,
            GradePermission.facility_id,
            lambda row: f"/grade-permissions/{row.id}",
        ),
        name_column("item", "Substitute", lambda row: row.item),
        name_column("serves", "In place of", lambda row: row.serves_item),
        day_column("from", "From what day", lambda row: row.valid_from, GradePermission.valid_from),
        day_column("until", "Until", lambda row: row.valid_until, GradePermission.valid_until),
        Column(
            key="state",
            title="State",
            value=lambda row: "permitted" if row.ended_at is None and row.valid_until >= today else "over",
            kind=Kind.WORD,
        ),
        person_column("by", "Given by", lambda row: row.given_by, GradePermission.given_by),
        Column(key="reason", title="Reason", value=lambda row: row.reason),
    ]
    listing = Listing(
        file_name="Lower grades",
        rows=select(GradePermission),
        columns=columns,
        key=GradePermission.id,
        sort="-from",
        empty="No lower grade has been permitted.",
    )
    return page.render_list(session, listing, "planning/grade_permissions.html")


@router.get("/grade-permissions/new", dependencies=[needs(Right.GRADE_PERMIT)])
def show_entry(page: Page, session: Reader) -> Response:
    """A form to fill."""
    return _entry(page, session, Form(values={"valid_from": page.clock.today().isoformat()}))


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    return page.render(
        "planning/grade_permission_entry.html",
        form=form,
        facilities=facility_choices(session, page.words),
        items=item_choices(session, page.words),
    )


@router.post("/grade-permissions", dependencies=[needs(Right.GRADE_PERMIT)])
def permit(sent: SentForm) -> Response:
    """Give one with one's own name."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        reader.name(typed, "facility", facility_names(work.session), "facility")
        reader.item(typed)
        reader.name(typed, "serves_item", item_names(work.session), "item")
        return f"/grade-permissions/{service.permit(work, whole_payload(reader, NewGradePermission, typed)).id}"

    return sent.run(act, lambda session, form: _entry(page, session, form))


@router.get("/grade-permissions/{permission_id}", dependencies=[needs(Right.PLAN_READ)])
def show_permission(permission_id: Identifier, page: Page, session: Reader) -> Response:
    """Who gave it, why, and until when."""
    return _permission_page(page, session, permission_id, Form())


def _permission_page(page: PageContext, session: Session, permission_id: int, form: Form) -> Response:
    permission = service.permission_by_id(session, permission_id)
    return page.render("planning/grade_permission.html", form=form, permission=permission)


@router.post("/grade-permissions/{permission_id}/end", dependencies=[needs(Right.GRADE_PERMIT)])
def end_permission(permission_id: Identifier, sent: SentForm) -> Response:
    """End it before its day."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        service.end_permission(work, permission_id, validated(GradeReason, typed).reason)
        return f"/grade-permissions/{permission_id}"

    return sent.run(act, lambda session, form: _permission_page(page, session, permission_id, form))
