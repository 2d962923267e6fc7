"""Directives: one leader proposes, another confirms; served by the next plan, or at once from free stock."""

from fastapi import APIRouter, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.directives import confirm_directive
from app.dispatch.models import TransferOrder
from app.dispatch.outlook import outlook_of
from app.facilities.models import Facility
from app.planning.approval.models import PromisedLot
from app.planning.directives import service
from app.planning.directives.models import Directive
from app.planning.directives.schemas import DirectiveReason, NewDirective
from app.planning.plans.models import AllocationLine, AllocationPlan
from app.web.kit.choices import facility_choices, facility_names, item_choices
from app.web.kit.columns import Column, Kind, code_column, day_column, name_column, quantity_column, word_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, validated, whole_payload
from app.web.kit.tables import Listing

router = APIRouter(include_in_schema=False)

WAYS = {"plan": (False, False), "at_once": (True, False), "reserve": (True, True)}
"""How it is given: whether at once, and whether the reserve may be used; by the choice on the form."""


@router.get("/directives", dependencies=[needs(Right.PLAN_READ)])
def show_directives(page: Page, session: Reader) -> Response:
    """All directives, the newest first."""
    columns: list[Column[Directive]] = [
        code_column("/directives", Directive.id),
        name_column("facility", "Facility", lambda row: row.facility),
        name_column("item", "Item", lambda row: row.item),
        quantity_column("quantity", "Quantity", lambda row: row.quantity),
        day_column("needed_by", "Needed by", lambda row: row.needed_by, Directive.needed_by),
        word_column("state", "State", "directive", lambda row: row.state),
        Column(key="way", title="How", value=_way, kind=Kind.WORD),
        Column(key="reason", title="Reason", value=lambda row: row.reason),
    ]
    listing = Listing(
        file_name="Directives",
        rows=service.select_directives(),
        columns=columns,
        key=Directive.id,
        sort="-code",
        empty="No directive has been given.",
    )
    return page.render_list(session, listing, "planning/directives.html")


def _way(directive: Directive) -> str:
    chosen = (directive.at_once, directive.may_use_reserve)
    return f"way.{next(name for name, way in WAYS.items() if way == chosen)}"


@router.get("/directives/new", dependencies=[needs(Right.DIRECTIVE)])
def show_entry(page: Page, session: Reader) -> Response:
    """A form to fill."""
    return _entry(page, session, Form(values={"needed_by": page.clock.today().isoformat(), "way": "plan"}))


def _entry(page: PageContext, session: Session, form: Form) -> Response:
    return page.render(
        "planning/directive_entry.html",
        form=form,
        facilities=facility_choices(session, page.words),
        items=item_choices(session, page.words),
        ways=[(way, page.words(f"way.{way}")) for way in WAYS],
    )


@router.post("/directives", dependencies=[needs(Right.DIRECTIVE)])
def order_directive(sent: SentForm) -> Response:
    """Propose one with one's own name."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        reader = FormReader(work.session)
        reader.name(typed, "facility", facility_names(work.session), "facility")
        reader.quantity(typed, reader.item(typed), "quantity")
        at_once, may_use_reserve = WAYS.get(str(typed.pop("way", "plan")), WAYS["plan"])
        said = {**typed, "at_once": at_once, "may_use_reserve": may_use_reserve}
        return f"/directives/{service.order_directive(work, whole_payload(reader, NewDirective, said)).code}"

    return sent.run(act, lambda session, form: _entry(page, session, form))


@router.get("/directives/{code}", dependencies=[needs(Right.PLAN_READ)])
def show_directive(code: Code, page: Page, session: Reader) -> Response:
    """Who proposed it and why, who confirmed it, what stock there is for it, what was shipped."""
    return _directive_page(page, session, code, Form())


def _directive_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    directive = service.directive_by_code(session, code)
    today = page.clock.today()
    is_waiting = directive.state.value == "PROPOSED"
    outlook = outlook_of(session, directive.facility.code, actor=page.actor, today=today, language=page.language)
    own_need = directive.confirmation.requisition_line_id if directive.confirmation is not None else None
    return page.render(
        "planning/directive.html",
        form=form,
        directive=directive,
        way=_way(directive),
        stock=service.stock_of(session, directive, today) if is_waiting else None,
        needs=[one for one in outlook.needs if one.line.item_id == directive.item_id and one.line.id != own_need],
        orders=_orders(session, directive),
    )


def _orders(session: Session, directive: Directive) -> list[TransferOrder]:
    """The transfer orders of a directive at once."""
    query = select(TransferOrder).join(AllocationPlan, AllocationPlan.id == TransferOrder.plan_id)
    return list(session.scalars(query.where(AllocationPlan.code == directive.code).order_by(TransferOrder.id)).unique())


@router.post("/directives/{code}/confirm", dependencies=[needs(Right.DIRECTIVE)])
def confirm(code: Code, sent: SentForm) -> Response:
    """Show what it does; with one's own name, stand behind another leader's directive."""
    page = sent.page

    def act(work: Work, _: Typed) -> str:
        confirm_directive(work, code)
        return f"/directives/{code}"

    return sent.confirm(
        act,
        lambda session, form: _directive_page(page, session, code, form),
        lambda work, form, _: _consequences(page, work.session, code, form),
    )


def _consequences(page: PageContext, session: Session, code: str, form: Form) -> Response:
    """What the confirmation has just written, in the transaction that is rolled back afterwards."""
    line = AllocationLine
    query = (
        select(line.warehouse_id, line.item_id, func.sum(PromisedLot.quantity))
        .join(line, line.id == PromisedLot.allocation_line_id)
        .join(AllocationPlan, AllocationPlan.id == line.plan_id)
        .where(AllocationPlan.code == code)
        .group_by(line.warehouse_id, line.item_id)
        .order_by(line.warehouse_id)
    )
    sent_from = [
        (session.get_one(Facility, warehouse_id), session.get_one(Item, item_id), int(units))
        for warehouse_id, item_id, units in session.execute(query)
    ]
    directive = service.directive_by_code(session, code)
    return page.render(
        "planning/directive_confirm.html", form=form, directive=directive, sent_from=sent_from, way=_way(directive)
    )


@router.post("/directives/{code}/end", dependencies=[needs(Right.DIRECTIVE)])
def end(code: Code, sent: SentForm) -> Response:
    """Turn it down, or call it off."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        service.end_directive(work, code, validated(DirectiveReason, typed).reason)
        return f"/directives/{code}"

    return sent.run(act, lambda session, form: _directive_page(page, session, code, form))
