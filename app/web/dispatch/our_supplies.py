"""What comes to a facility: on which day, how sure it is, why no more, and the way to say that less is needed."""

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor, Right, needs
from app.core.errors import NotFoundError, missing
from app.core.http.deps import Reader
from app.core.http.payloads import Identifier
from app.core.work import Work
from app.dispatch.lowering import lower_need
from app.dispatch.outlook import Outlook, outlook_of
from app.dispatch.outlook_schemas import LoweredNeed
from app.facilities.models import Facility
from app.requisitions.models import RequisitionLine
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.units import counted_in

router = APIRouter(include_in_schema=False)


@router.get("/our-supplies", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def show_supplies(page: Page, session: Reader) -> Response:
    """For each of one's facilities: what comes, its needs with the reasons, the steps of the policy."""
    return _show(page, session, Form())


def _show(page: PageContext, session: Session, form: Form) -> Response:
    return page.render(
        "dispatch/our_supplies.html", form=form, places=_outlooks(page, session), counted_in=counted_in, part=part_of
    )


def part_of(line: RequisitionLine) -> str:
    """What comes before the names of the fields of a line's form."""
    return f"line{line.id}"


def _outlooks(page: PageContext, session: Session) -> list[Outlook]:
    return [
        outlook_of(session, code, actor=page.actor, today=page.clock.today(), language=page.language)
        for code in _own_codes(session, page.actor)
    ]


def _own_codes(session: Session, actor: Actor) -> list[str]:
    query = select(Facility).where(Facility.active.is_(True)).order_by(Facility.code)
    if actor.facilities is not None:
        query = query.where(Facility.code.in_(sorted(actor.facilities)))
    return [one.code for one in session.scalars(query).unique() if not one.facility_type.keeps_stock]


@router.post("/our-supplies/lower/{line_id}", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def lower(line_id: Identifier, sent: SentForm) -> Response:
    """Need less of a line, or nothing of it any more."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        line = work.session.get(RequisitionLine, line_id)
        if line is None or not page.actor.has_facility(line.requisition.facility.code):
            raise NotFoundError(missing("requisition line", line_id))
        reader = FormReader(work.session)
        named = {"item": line.item.code, "needed_by": line.needed_by.isoformat(), **typed}
        reader.quantity(named, line.item, "units")
        lower_need(work, line.requisition.code, whole_payload(reader, LoweredNeed, named))
        return "/our-supplies"

    return sent.run(act, lambda session, form: _show(page, session, form), part=f"line{line_id}")
