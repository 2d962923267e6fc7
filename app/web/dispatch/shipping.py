"""A transfer order: what to pick for it, sending it off with its vehicle, calling it off, and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor, CurrentActor, Right, needs
from app.clock import Clock
from app.dispatch.cases import select_cases
from app.dispatch.models import DeliveryCase, TransferOrder, TransferOrderLine, TransferOrderState
from app.dispatch.orders import cancel_order, order_by_code
from app.dispatch.schemas import NewShipment, OrderReason, PickView
from app.dispatch.shipping import pick_list, ship_order
from app.errors import Fault, ServiceError
from app.web.forms import Form, Typed, TypedForm, done_once, validated
from app.web.rendering import PageLanguage, render
from app.wire import Code, Now, OpenDatabase, Reader

router = APIRouter(include_in_schema=False)

KNOWN_TRIPS_MAX = 30
NOTHING_LEAVES = "0"


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
def show_order(
    request: Request, code: Code, session: Reader, actor: CurrentActor, clock: Now, language: PageLanguage
) -> Response:  # fmt: skip
    """The order as it stands, with what can be done about it."""
    return _show(request, session, code, actor, clock, language)


@router.post("/transfer-orders/{code}/ship", dependencies=[needs(Right.DISPATCH)])
def ship(
    request: Request, code: Code, typed: TypedForm, database: OpenDatabase, actor: CurrentActor, clock: Now,
    language: PageLanguage,
) -> Response:  # fmt: skip
    """What leaves, with its vehicle; or the order again with everything that is wrong."""

    def work(session: Session, sent: Typed) -> None:
        named, rows = _named_lots(sent)
        try:
            ship_order(session, code, validated(NewShipment, named), actor=actor, clock=clock)
        except ServiceError as refusal:
            _move_to_rows(refusal, rows)
            raise

    def again(session: Session, refusal: ServiceError) -> Response:
        return _show(request, session, code, actor, clock, language, shipping=(typed, refusal))

    return _done(request, database, typed, code, actor, clock, work, again)


@router.post("/transfer-orders/{code}/cancel", dependencies=[needs(Right.DISPATCH)])
def cancel(
    request: Request, code: Code, typed: TypedForm, database: OpenDatabase, actor: CurrentActor, clock: Now,
    language: PageLanguage,
) -> Response:  # fmt: skip
    """The order called off, or the order again with the reason why not."""

    def work(session: Session, sent: Typed) -> None:
        cancel_order(session, code, validated(OrderReason, sent).reason, actor=actor, clock=clock)

    def again(session: Session, refusal: ServiceError) -> Response:
        return _show(request, session, code, actor, clock, language, cancelling=(typed, refusal))

    return _done(request, database, typed, code, actor, clock, work, again)


def _done(
    request: Request, database: OpenDatabase, typed: Typed, code: str, actor: Actor, clock: Clock,
    work: Callable[[Session, Typed], None], again: Callable[[Session, ServiceError], Response],
) -> Response:  # fmt: skip
    """Do the work once and lead back to the order; where it is refused, the page again."""
    sent = dict(typed)
    typed.pop("form_key", None)  # a form that is shown again gets a new key
    try:
        with database.write() as session:

            def once() -> str:
                work(session, sent)
                return f"/transfer-orders/{code}"

            address = done_once(request, session, sent, actor=actor, clock=clock, work=once)
    except ServiceError as refusal:
        with database.read() as session:
            return again(session, refusal)
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _named_lots(typed: Mapping[str, Any]) -> tuple[Typed, Sequence[int]]:
    """The payload without the lots of which nothing leaves, and the row of each lot that stays in it."""
    lots = typed.get("lots")
    if not isinstance(lots, list):
        return dict(typed), ()
    kept = [
        row
        for row, lot in enumerate(lots)
        if not (isinstance(lot, dict) and lot.get("quantity", NOTHING_LEAVES) == NOTHING_LEAVES)
    ]
    return {**typed, "lots": [lots[row] for row in kept]}, kept


def _move_to_rows(refusal: ServiceError, rows: Sequence[int]) -> None:
    """Let the faults of the lots that were named point to the rows of the form."""

    def moved(fault: Fault) -> Fault:
        name, _, rest = fault.where.partition(".")
        number, _, field = rest.partition(".")
        if name != "lots" or not number.isdigit() or int(number) >= len(rows):
            return fault
        return replace(fault, where=f"lots.{rows[int(number)]}.{field}")

    refusal.faults = tuple(map(moved, refusal.faults))


def _show(
    request: Request, session: Session, code: str, actor: Actor, clock: Clock, language: str, *,
    shipping: tuple[Typed, ServiceError] | None = None, cancelling: tuple[Typed, ServiceError] | None = None,
) -> Response:  # fmt: skip
    order = order_by_code(session, code, actor=actor)
    picks, waiting = picks_of(session, order, actor, clock)
    is_mine = actor.may(Right.DISPATCH) and actor.has_warehouse(order.warehouse.code)
    refusal = next((given[1] for given in (shipping, cancelling) if given is not None), None)
    return render(
        request, "dispatch/order.html", language, status=refusal.status if refusal else 200, order=order, picks=picks,
        waiting=waiting, is_open=order.state is TransferOrderState.OPEN, may_ship=is_mine, today=clock.today(),
        form=_form(shipping, {"lots": [_typed_pick(one) for one in picks]}), cancelling=_form(cancelling, {}),
        trips=_known_trips(session, order) if is_mine else (), case=_case_of(session, order, actor),
    )  # fmt: skip


def _form(given: tuple[Typed, ServiceError] | None, blank: Typed) -> Form:
    return Form(values=given[0], refusal=given[1]) if given is not None else Form(values=blank)


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
    quantity = NOTHING_LEAVES if one.pick.unusable else str(one.pick.quantity)
    return {"line": one.pick.line, "lot_id": one.pick.lot_id, "quantity": quantity}


def _known_trips(session: Session, order: TransferOrder) -> Sequence[TransferOrder]:
    """The last shipments of this warehouse: their vehicles and drivers are offered while typing."""
    query = select(TransferOrder).where(TransferOrder.warehouse_id == order.warehouse_id, TransferOrder.vehicle != "")
    rows = session.scalars(query.order_by(TransferOrder.shipped_at.desc()).limit(KNOWN_TRIPS_MAX)).unique()
    return list({(row.vehicle, row.driver, row.pass_number): row for row in rows}.values())


def _case_of(session: Session, order: TransferOrder, actor: Actor) -> DeliveryCase | None:
    return session.scalars(select_cases(actor=actor, order=order.code)).unique().one_or_none()
