"""REST of dispatch: transfer orders from plans, pick lists, shipments, proofs of delivery; cases are beside it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from app.auth import CurrentActor, Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Day
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.dispatch import (
    cases_api,
    delivery,
    directives_api,
    lapsing,
    losses_api,
    orders,
    outlook_api,
    recalls_api,
    returns_api,
    shipping,
    trips_api,
    turning_back,
    waybill,
)
from app.dispatch.models import TransferOrder
from app.dispatch.orders import OrderFilter
from app.dispatch.schemas import NewShipment, OrderReason, PickList, ProofOfDelivery, TransferOrderView, TurnBack
from app.dispatch.types import TransferOrderState
from app.planning.approval.api import decided
from app.planning.approval.schemas import DecidedPlanView, PlanReason

router = APIRouter(tags=["dispatch"])


async def _filter(
    plan: Code | None = None,
    warehouse: Code | None = None,
    facility: Code | None = None,
    day: Day | None = None,
    state: TransferOrderState | None = None,
    trip: Code | None = None,
) -> OrderFilter:
    return OrderFilter(plan=plan, warehouse=warehouse, facility=facility, day=day, state=state, trip=trip)


WantedOrders = Annotated[OrderFilter, Depends(_filter)]


@router.post(
    "/plans/{code}/approve",
    summary="Approve a plan",
    tags=["planning"],
    responses=problem_answers(403, 404, 409),
    dependencies=[needs(Right.PLAN_APPROVE)],
)
def approve_plan(code: Code, work: Write, if_match: IfMatch, once: Once) -> Rendered[DecidedPlanView]:
    """Reserves its lots and commits its money at once, and makes the transfer orders of its firm days. 409
    `plan_outdated` names what the plan takes and is not there any more; 403 for whoever proposed it. Other proposed
    plans of these days are superseded."""
    return once(work, lambda: decided(work, orders.approve_plan(work, code, if_match)))


@router.post(
    "/plans/{code}/give-back",
    summary="Give back the orders of a plan whose day has passed",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def give_lapsed_back(
    code: Code, why: OrderReason, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[list[TransferOrderView]]:
    """Every order that should have left before today and has not is cancelled: its stock and its needs are free for
    the next plan. Of the caller's warehouses only; 409 `nothing_lapsed` where there are none."""

    def give_back() -> Rendered[list[TransferOrderView]]:
        given_back = lapsing.give_lapsed_back(work, code, why.reason, if_match)
        return Rendered([TransferOrderView.of(one) for one in given_back])

    return once(work, give_back)


@router.post(
    "/plans/{code}/cancel",
    summary="Withdraw a plan",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PLAN_APPROVE)],
)
def cancel_plan(code: Code, why: PlanReason, work: Write, if_match: IfMatch, once: Once) -> Rendered[DecidedPlanView]:
    """Reservations, money and needs are given back; its open transfer orders are cancelled with it. 409 while one of
    them is on the road."""
    return once(work, lambda: decided(work, orders.cancel_plan(work, code, why.reason, if_match)))


@router.post(
    "/plans/{code}/transfer-orders",
    status_code=status.HTTP_201_CREATED,
    summary="Dispatch an approved plan",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def create_orders(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[list[TransferOrderView]]:
    """One transfer order a warehouse, facility and firm day. An approval makes them itself unless there are thousands;
    of a plan that has its orders they are answered, and nothing is done."""
    return once(
        work, lambda: Rendered([TransferOrderView.of(one) for one in orders.create_orders(work, code, if_match)])
    )


@router.get(
    "/transfer-orders",
    summary="List transfer orders",
    responses=problem_answers(),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def list_orders(
    session: Reader, cursor: PageCursor, actor: CurrentActor, wanted: WantedOrders
) -> Rendered[Page[TransferOrderView]]:
    """In the order in which they were made."""
    return show_page(session, orders.select_orders(wanted, actor=actor), TransferOrder.id, cursor, TransferOrderView)


@router.get(
    "/transfer-orders/{code}",
    summary="Show a transfer order",
    responses=problem_answers(404),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_order(code: Code, session: Reader, actor: CurrentActor, known: IfNoneMatch) -> Rendered[TransferOrderView]:
    """Its lines, what left of which lots, and what arrived."""
    return known.answer(orders.order_by_code(session, code, actor=actor), TransferOrderView.of)


@router.get(
    "/transfer-orders/{code}/pick-list",
    summary="Show what to pick",
    responses=problem_answers(404),
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_pick_list(code: Code, session: Reader, actor: CurrentActor, clock: Now) -> Rendered[PickList]:
    """Reserved lots, first to expire first, and what the order still waits for."""
    return Rendered(shipping.pick_list(session, code, actor=actor, clock=clock))


@router.get(
    "/transfer-orders/{code}/waybill",
    summary="QR code of the waybill",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "The QR code."}, **problem_answers(404)},
    dependencies=[needs(Right.DISPATCH_READ)],
)
def show_waybill(code: Code, session: Reader, actor: CurrentActor) -> Response:
    """Number, way, day, vehicle and pass as a QR code that can be read without a network."""
    return Response(waybill.waybill_svg(orders.order_by_code(session, code, actor=actor)), media_type="image/svg+xml")


@router.post(
    "/transfer-orders/{code}/ship",
    summary="Ship a transfer order",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def ship_order(code: Code, new: NewShipment, work: Write, if_match: IfMatch, once: Once) -> Rendered[TransferOrderView]:
    """Never more than is reserved for it, nothing expired, blocked, of a wrong grade or earmarked for others."""
    return once(work, lambda: tagged(shipping.ship_order(work, code, new, if_match), TransferOrderView.of))


@router.post(
    "/transfer-orders/{code}/deliver",
    summary="Confirm a delivery",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DELIVERY_CONFIRM)],
)
def deliver_order(
    code: Code, proof: ProofOfDelivery, work: Write, if_match: IfMatch, once: Once
) -> Rendered[TransferOrderView]:
    """Accepted, rejected and missing units of every shipped lot, with reasons; a difference opens a case."""
    return once(work, lambda: tagged(delivery.deliver_order(work, code, proof, if_match), TransferOrderView.of))


@router.post(
    "/transfer-orders/{code}/turn-back",
    summary="Take a shipment back",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def turn_order_back(
    code: Code, new: TurnBack, work: Write, if_match: OptionalIfMatch, once: Once
) -> Rendered[TransferOrderView]:
    """The vehicle turned round: all of it lies in its warehouse again, and the needs are open for the next plan."""
    return once(work, lambda: tagged(turning_back.turn_back(work, code, new, if_match), TransferOrderView.of))


@router.post(
    "/transfer-orders/{code}/cancel",
    summary="Cancel a transfer order",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def cancel_order(
    code: Code, why: OrderReason, work: Write, if_match: IfMatch, once: Once
) -> Rendered[TransferOrderView]:
    """Only before it has left; what is reserved for it is given back."""
    return once(work, lambda: tagged(orders.cancel_order(work, code, why.reason, if_match), TransferOrderView.of))


router.include_router(cases_api.router)
router.include_router(outlook_api.router)
router.include_router(recalls_api.router)
router.include_router(losses_api.router)
router.include_router(returns_api.router)
router.include_router(trips_api.router)
router.include_router(directives_api.router)
