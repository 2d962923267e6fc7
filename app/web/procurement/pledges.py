"""Donations and allocations that were promised: the list, and each with what can be done about it."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.procurement import pledges
from app.procurement.models import Pledge, Receipt
from app.procurement.receipts import select_receipts
from app.procurement.rules import PLEDGE_STEPS, Step
from app.procurement.schemas import Closing, PledgeConfirmation, Rescheduling
from app.procurement.types import PledgeState
from app.web.kit.columns import (
    Column,
    channel_column,
    code_column,
    day_column,
    name_column,
    quantity_column,
    state_column,
)
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, whole_payload
from app.web.kit.tables import (
    Listing,
    channel_filter,
    day_filter,
    item_filter,
    partner_filter,
    program_filter,
    state_filter,
    warehouse_filter,
)
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)


def _columns() -> list[Column[Pledge]]:
    return [
        code_column("/pledges", Pledge.id),
        name_column("partner", "Giver", lambda row: row.partner),
        name_column("item", "Item", lambda row: row.item, Pledge.item_id),
        quantity_column("quantity", "Promised", lambda row: row.quantity, Pledge.quantity),
        quantity_column("received", "Came", lambda row: row.received_units, Pledge.received_units),
        day_column("day", "Expected on", lambda row: row.expected_on, Pledge.expected_on),
        state_column(lambda row: row.state, Pledge.state),
        name_column("warehouse", "Warehouse", lambda row: row.warehouse),
        channel_column(lambda row: row.supply_channel, Pledge.supply_channel),
    ]


@router.get("/pledges", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_pledges(page: Page, session: Reader) -> Response:
    """Everything that was promised, the newest first."""
    words = page.words
    filters = [
        state_filter(words, PledgeState, Pledge.state),
        program_filter(words, lambda rows, program: rows.where(Pledge.item.has(Item.program == program))),
        item_filter(session, words, lambda rows, code: rows.where(Pledge.item.has(code=code))),
        partner_filter(session, words, lambda rows, code: rows.where(Pledge.partner.has(code=code))),
        warehouse_filter(session, words, lambda rows, code: rows.where(Pledge.warehouse.has(code=code))),
        channel_filter(words, lambda rows, channel: rows.where(Pledge.supply_channel == channel)),
        day_filter("until", "Expected until", lambda rows, day: rows.where(Pledge.expected_on <= day)),
    ]
    listing = Listing(
        file_name="Donations",
        rows=pledges.select_pledges(),
        columns=_columns(),
        filters=filters,
        key=Pledge.id,
        sort="-code",
        empty="Nothing has been promised yet. Record what donors announce, and plans can count on it.",
    )
    return page.render_list(session, listing, "procurement/pledges.html")


@router.get("/pledges/{code}", dependencies=[needs(Right.PROCUREMENT_READ)])
def show_pledge(code: Code, page: Page, session: Reader) -> Response:
    """One promise, what came of it, and what can be done now."""
    return pledge_page(page, session, code, Form())


def pledge_page(page: PageContext, session: Session, code: str, form: Form) -> Response:
    """The page of a promise, with a form that was refused."""
    pledge = pledges.pledge_by_code(session, code)
    came = session.scalars(select_receipts(pledge=code).order_by(Receipt.id)).unique().all()
    open_steps = {step.value for step, states in PLEDGE_STEPS.items() if pledge.state in states}
    return page.render(
        "procurement/pledge.html",
        form=form,
        pledge=pledge,
        receipts=came,
        open_steps=open_steps,
        open_typed=as_typed(pledge.quantity, pledge.item),
        counted_in=counted_in(pledge.item),
    )


def _confirm(work: Work, code: str, typed: Typed) -> None:
    reader = FormReader(work.session)
    reader.quantity(typed, pledges.pledge_by_code(work.session, code).item, "quantity")
    confirmation = whole_payload(reader, PledgeConfirmation, typed)
    pledges.confirm_pledge(work, code, confirmation)


def _reschedule(work: Work, code: str, typed: Typed) -> None:
    new = whole_payload(FormReader(work.session), Rescheduling, typed)
    pledges.reschedule_pledge(work, code, new)


def _cancel(work: Work, code: str, typed: Typed) -> None:
    closing = whole_payload(FormReader(work.session), Closing, typed)
    pledges.cancel_pledge(work, code, closing)


def _close_short(work: Work, code: str, typed: Typed) -> None:
    closing = whole_payload(FormReader(work.session), Closing, typed)
    pledges.close_pledge_short(work, code, closing)


_STEPS: Mapping[Step, Callable[[Work, str, Typed], None]] = {
    Step.CONFIRM: _confirm, Step.RESCHEDULE: _reschedule, Step.CANCEL: _cancel, Step.CLOSE_SHORT: _close_short,
}  # fmt: skip


def _take(sent: SentForm, code: str, step: Step) -> Response:
    def act(work: Work, typed: Typed) -> str:
        _STEPS[step](work, code, typed)
        return f"/pledges/{code}"

    return sent.run(act, lambda session, form: pledge_page(sent.page, session, code, form), part=step.value)


@router.post("/pledges/{code}/confirm", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def confirm_pledge(code: Code, sent: SentForm) -> Response:
    """The giver's final word."""
    return _take(sent, code, Step.CONFIRM)


@router.post("/pledges/{code}/reschedule", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def reschedule_pledge(code: Code, sent: SentForm) -> Response:
    """Expected on another day."""
    return _take(sent, code, Step.RESCHEDULE)


@router.post("/pledges/{code}/cancel", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def cancel_pledge(code: Code, sent: SentForm) -> Response:
    """Called off."""
    return _take(sent, code, Step.CANCEL)


@router.post("/pledges/{code}/close-short", dependencies=[needs(Right.PROCUREMENT_WRITE)])
def close_pledge_short(code: Code, sent: SentForm) -> Response:
    """Nothing more will come."""
    return _take(sent, code, Step.CLOSE_SHORT)
