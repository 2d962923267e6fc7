"""Papers of a transfer order: the pick list for the shelves, and the waybill that goes with the goods."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from app.auth import CurrentActor, Right, needs
from app.core.errors import NotFoundError, missing
from app.core.http.deps import Now, Reader
from app.core.http.payloads import Code
from app.dispatch.orders import order_by_code
from app.dispatch.types import TransferOrderState
from app.dispatch.waybill import address_svg
from app.web.dispatch.shipping import picks_of
from app.web.kit.rendering import PageLanguage, inline_svg, own_address, render

router = APIRouter(include_in_schema=False)

Paper = Literal["a4", "a5"]


@router.get("/transfer-orders/{code}/pick-list", dependencies=[needs(Right.DISPATCH_READ)])
def show_pick_list(
    request: Request, code: Code, session: Reader, actor: CurrentActor, clock: Now, language: PageLanguage
) -> Response:
    """In large letters, with a box to tick for each lot; first to expire first."""
    order = order_by_code(session, code, actor=actor)
    picks, waiting = picks_of(session, order, actor, clock)
    return render(
        request,
        "dispatch/pick_list.html",
        language,
        order=order,
        picks=picks,
        waiting=waiting,
        printed_at=clock.now().astimezone(clock.city_zone),
    )


@router.get("/transfer-orders/{code}/waybill", dependencies=[needs(Right.DISPATCH_READ)])
def show_waybill(
    request: Request,
    code: Code,
    session: Reader,
    actor: CurrentActor,
    clock: Now,
    language: PageLanguage,
    paper: Annotated[Paper, Query()] = "a4",
) -> Response:
    """What goes where, with a QR code that opens the page on which the delivery is confirmed."""
    order = order_by_code(session, code, actor=actor)
    if order.state is TransferOrderState.CANCELLED:
        raise NotFoundError(missing("waybill", code))
    picks, _ = picks_of(session, order, actor, clock)
    address = own_address(request, f"/deliveries/{order.code}")
    return render(
        request,
        "dispatch/waybill.html",
        language,
        order=order,
        picks=picks,
        paper=paper,
        address=address,
        qr=inline_svg(address_svg(address, title=order.code)),
    )
