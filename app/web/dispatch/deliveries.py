"""Deliveries of a facility: what is on its way, and the page that confirms one by phone."""

import re
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response, status
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from app.auth import CurrentActor, Right, needs
from app.core.errors import Fault, InvalidInputError, Param, ServiceError
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch.cases import select_cases
from app.dispatch.delivery import deliver_order, why_unusable
from app.dispatch.models import ShippedLot, TransferOrder, TransferOrderLine
from app.dispatch.orders import OrderFilter, order_by_code, select_orders
from app.dispatch.schemas import ProofOfDelivery
from app.dispatch.types import RejectedGoods, TransferOrderState
from app.web.dispatch.goods import read_quantities, with_units
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Form, FormReader, Typed, rows_of, whole_payload
from app.web.kit.rendering import PageLanguage, Words
from app.web.kit.tables import Column, Kind, Listing, show_list
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)

# What a QR code or a person may give: the address of a delivery, a waybill's text, or the bare number.
_CODE = re.compile(r"(?:.*/deliveries/)?([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:[\s?#/].*)?", re.DOTALL)


@router.get("/deliveries", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def show_deliveries(
    request: Request, session: Reader, actor: CurrentActor, language: PageLanguage, code: str = ""
) -> Response:
    """What is on its way, and a field for the number on the waybill, or the camera that reads it."""
    found = _CODE.fullmatch(code.strip())
    refusal = None
    if code.strip():
        try:
            if found is not None:
                order = order_by_code(session, found[1], actor=actor)
                return RedirectResponse(f"/deliveries/{order.code}", status.HTTP_303_SEE_OTHER)
            refusal = _unknown(code)
        except ServiceError as error:
            refusal = error
    columns: list[Column[TransferOrder]] = [
        Column(
            key="code",
            title="Waybill",
            value=lambda row: row.code,
            link=lambda row: f"/deliveries/{row.code}",
            order=TransferOrder.id,
        ),
        Column(
            key="shipped_on",
            title="Shipped",
            value=lambda row: row.shipped_on,
            kind=Kind.DAY,
            order=TransferOrder.shipped_on,
        ),
        Column(key="from", title="Sending warehouse", value=lambda row: row.warehouse, kind=Kind.NAME),
        Column(key="vehicle", title="Vehicle", value=lambda row: row.vehicle),
    ]
    rows = select_orders(OrderFilter(state=TransferOrderState.SHIPPED), actor=actor)
    listing = Listing(
        file_name="Deliveries",
        rows=rows,
        columns=columns,
        key=TransferOrder.id,
        sort="shipped_on",
        empty="Nothing is on its way to you.",
    )
    form = Form(values={"code": code}, refusal=refusal)
    answer = show_list(request, session, language, listing, "dispatch/deliveries.html", form=form)
    if refusal is not None:
        answer.status_code = refusal.status
    return answer


def _unknown(code: str) -> ServiceError:
    message = "“{value}” is not the number of a waybill."
    return InvalidInputError.of(message, where="code", code="not_a_waybill", value=code[:100])


@router.get("/deliveries/{code}", dependencies=[needs(Right.DISPATCH_READ)])
def show_delivery(code: Code, page: Page, session: Reader) -> Response:
    """One delivery to be confirmed; once it is confirmed, what was confirmed."""
    return _show(page, session, code)


@router.post("/deliveries/{code}", dependencies=[needs(Right.DELIVERY_CONFIRM)])
def confirm_delivery(code: Code, sent: SentForm) -> Response:
    """Confirm a delivery; or the page again, with everything typed and every fault at its field."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        _deliver(work, code, typed, page.words)
        return f"/deliveries/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, form))


def _deliver(work: Work, code: str, typed: Typed, words: Words) -> None:
    """Enter what was typed; a page may also name the missing units, which must then make up what was shipped."""
    order = order_by_code(work.session, code, actor=work.actor)
    reader = FormReader(work.session)
    lots = [{"accepted_units": "0", **row} for row in rows_of(typed, "lots")]  # a number left blank is none
    read_quantities(reader, lots, ["accepted_units", "rejected_units", "missing_units"], order)
    missing = {n: lot.pop("missing_units") for n, lot in enumerate(lots) if "missing_units" in lot}
    named = {**typed, "lots": lots} if "lots" in typed else typed
    try:
        proof = whole_payload(reader, ProofOfDelivery, named)
        sums = _sum_faults(proof, missing, order)
        _enter(work, code, proof, sums)
    except ServiceError as refusal:
        raise with_units(refusal, order, words) from refusal


def _enter(work: Work, code: str, proof: ProofOfDelivery, sums: Sequence[Fault]) -> None:
    try:
        deliver_order(work, code, proof)
    except InvalidInputError as refusal:
        told = {fault.where for fault in refusal.faults}
        raise InvalidInputError(*refusal.faults, *(one for one in sums if one.where not in told)) from refusal
    InvalidInputError.raise_if(sums)


def _sum_faults(proof: ProofOfDelivery, missing: Mapping[int, object], order: TransferOrder) -> list[Fault]:
    shipped = {(line.position, lot.lot_id): lot.quantity for line, lot in lots_of(order)}
    faults = []
    for n, count in missing.items():
        told = proof.lots[n]
        units = shipped.get((told.line, told.lot_id))
        if units is None or not isinstance(count, int):
            continue
        total = told.accepted_units + told.rejected_units + count
        if total != units:
            message = "Accepted, rejected and missing make {told}, but {shipped} were shipped."
            params: dict[str, Param] = {"told": total, "shipped": units, "line": told.line}
            faults.append(Fault("sum_differs", message, f"lots.{n}.accepted_units", params))
    return faults


def lots_of(order: TransferOrder) -> list[tuple[TransferOrderLine, ShippedLot]]:
    """Every lot that left, with its line, in the order of the waybill."""
    return [(line, lot) for line in order.lines for lot in line.lots]


def _show(page: PageContext, session: Session, code: str, refused: Form | None = None) -> Response:
    actor, words = page.actor, page.words
    order = order_by_code(session, code, actor=actor)
    lots = lots_of(order)
    return page.render(
        "dispatch/delivery.html",
        order=order,
        lots=lots,
        counted_in=counted_in,
        as_typed=as_typed,
        form=refused or Form(values={"lots": [_as_expected(line, lot, page) for line, lot in lots]}),
        unusable={lot.lot_id: why_unusable(lot.lot, page.clock.today()) for _, lot in lots},
        is_due=order.state is TransferOrderState.SHIPPED,
        may_confirm=actor.may(Right.DELIVERY_CONFIRM),
        ways=[(one.value, words(f"rejected.{one.value}")) for one in RejectedGoods],
        case=session.scalars(select_cases(actor=actor, order=order.code)).unique().one_or_none(),
    )


def _as_expected(line: TransferOrderLine, lot: ShippedLot, page: PageContext) -> Typed:
    """All of a lot accepted; of one that was recalled or has expired on the road, all refused."""
    units, row = as_typed(lot.quantity, line.item), {"line": line.position, "lot_id": lot.lot_id}
    why = why_unusable(lot.lot, page.clock.today())
    if not why:
        return {**row, "accepted_units": units}
    text = "Recalled: {reason}" if lot.lot.blocked_reason is not None else "Expired after {reason}"
    return {**row, "accepted_units": "0", "rejected_units": units, "rejection_reason": page.words(text, reason=why)}
