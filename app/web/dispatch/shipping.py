"""A transfer order: what to pick for it, sending it off with its vehicle, calling it off, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor, Right, needs
from app.core.clock import Clock
from app.core.errors import ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.cases import select_cases
from app.dispatch.models import DeliveryCase, TransferOrder, TransferOrderLine
from app.dispatch.orders import cancel_order, order_by_code
from app.dispatch.schemas import NewShipment, OrderReason, PickView, TurnBack
from app.dispatch.shipping import pick_list, ship_order
from app.dispatch.turning_back import turn_back
from app.dispatch.types import TransferOrderState
from app.web.dispatch.goods import is_nothing, read_quantities, with_units
from app.web.kit.error_texts import at_rows
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, validated, whole_payload
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)

KNOWN_TRIPS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A row of the pick list with the line that it is for."""

    pick: PickView
    line: TransferOrderLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Units of a line that have not come in yet."""

    line: TransferOrderLine
    units: int


@router.get("/transfer-orders/{code}", dependencies=[needs(Right.DISPATCH_READ)])
def show_order(code: Code, page: Page, session: Reader) -> Response:
    """The order as it stands, with what can be done about it."""
    return _show(page, session, code)


@router.post("/transfer-orders/{code}/ship", dependencies=[needs(Right.DISPATCH)])
def ship(code: Code, sent: SentForm) -> Response:
    """What leaves, with its vehicle; or the order again with everything that is wrong."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        order = order_by_code(work.session, code, actor=work.actor)
        reader = FormReader(work.session)
        lots = rows_of(typed, "lots")
        leaving = [row for row, lot in enumerate(lots) if not is_nothing(lot, "quantity")]
        named = [lots[row] for row in leaving]
        try:
            read_quantities(reader, named, ["quantity"], order)
            ship_order(work, code, whole_payload(reader, NewShipment, {**typed, "lots": named}))
        except ServiceError as refusal:
            raise with_units(at_rows(refusal, "lots", leaving), order, page.words) from refusal
        return f"/transfer-orders/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, shipping=form))


@router.post("/transfer-orders/{code}/cancel", dependencies=[needs(Right.DISPATCH)])
def cancel(code: Code, sent: SentForm) -> Response:
    """The order called off, or the order again with the reason why not."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        cancel_order(work, code, validated(OrderReason, typed).reason)
        return f"/transfer-orders/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, cancelling=form))


@router.post("/transfer-orders/{code}/turn-back", dependencies=[needs(Right.DISPATCH)])
def take_back(code: Code, sent: SentForm) -> Response:
    """The shipment back in its warehouse, or the order again with the reason why not."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        turn_back(work, code, validated(TurnBack, typed))
        return f"/transfer-orders/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, cancelling=form))


def _show(
    page: PageContext, session: Session, code: str, *, shipping: Form | None = None, cancelling: Form | None = None
) -> Response:
    actor = page.actor
    order = order_by_code(session, code, actor=actor)
    picks, waiting = picks_of(session, order, actor, page.clock)
    is_mine = actor.may(Right.DISPATCH) and actor.has_warehouse(order.warehouse.code)
    answer = page.render(
        "dispatch/order.html",
        form=shipping or Form(values={"lots": [_typed_pick(one) for one in picks]}),
        cancelling=cancelling or Form(),
        order=order,
        picks=picks,
        counted_in=counted_in,
        waiting=waiting,
        is_open=order.state is TransferOrderState.OPEN,
        may_ship=is_mine,
        trips=_known_trips(session, order) if is_mine else (),
        case=_case_of(session, order, actor),
    )
    if cancelling is not None and cancelling.refusal is not None:
        answer.status_code = cancelling.refusal.status
    return answer


def picks_of(
    session: Session, order: TransferOrder, actor: Actor, clock: Clock
) -> tuple[Sequence[Pick], Sequence[Waiting]]:
    """What is to be taken from the shelf for an open order, and what it still waits for; of any other nothing."""
    if order.state is not TransferOrderState.OPEN:
        return (), ()
    lines = {line.position: line for line in order.lines}
    listed = pick_list(session, order.code, actor=actor, clock=clock)
    return (
        [Pick(pick=one, line=lines[one.line]) for one in listed.picks],
        [Waiting(line=lines[one.line], units=one.units) for one in listed.waiting],
    )


def _typed_pick(one: Pick) -> Typed:
    quantity = "0" if one.pick.unusable else as_typed(one.pick.quantity, one.line.item)
    return {"line": one.pick.line, "lot_id": one.pick.lot_id, "quantity": quantity}


def _known_trips(session: Session, order: TransferOrder) -> Sequence[TransferOrder]:
    """The last shipments of this warehouse: their vehicles and drivers are offered while typing."""
    query = select(TransferOrder).where(TransferOrder.warehouse_id == order.warehouse_id, TransferOrder.vehicle != "")
    rows = session.scalars(query.order_by(TransferOrder.shipped_at.desc()).limit(KNOWN_TRIPS_MAX)).unique()
    return list({(row.vehicle, row.driver, row.pass_number): row for row in rows}.values())


def _case_of(session: Session, order: TransferOrder, actor: Actor) -> DeliveryCase | None:
    return session.scalars(select_cases(actor=actor, order=order.code)).unique().one_or_none()
