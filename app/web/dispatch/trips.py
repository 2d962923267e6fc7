"""Trips: the orders of a day put into vehicles; one loading list, picked, printed and shipped as one."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.catalog.models import Item
from app.core.errors import ServiceError
from app.core.http.deps import Now, Reader
from app.core.http.payloads import Code
from app.core.work import Work
from app.dispatch import trip_shipping, trips
from app.dispatch.models import Trip
from app.dispatch.trip_schemas import LoadingList, TripChange, TripDay, TripReason, TripShipment
from app.dispatch.types import TransferOrderState, TripState
from app.facilities.vehicles import select_vehicle_classes
from app.web.dispatch.goods import told_in_units
from app.web.kit.choices import warehouse_choices, word_choices
from app.web.kit.columns import Column, Kind, day_column
from app.web.kit.form_pages import Page, PageContext, SentForm
from app.web.kit.forms import Chosen, Form, FormReader, Typed, rows_of, whole_payload
from app.web.kit.rendering import PageLanguage, render
from app.web.kit.tables import Listing, choice_filter, day_filter, warehouse_filter
from app.web.kit.units import as_typed, counted_in

router = APIRouter(include_in_schema=False)

Items = Mapping[tuple[str, str], Item]
"""What is sent, by the code of an order and the position of its line."""


@router.get("/trips", dependencies=[needs(Right.STOCK_READ)])
def show_trips(page: Page, session: Reader) -> Response:
    """All trips, and a form that puts the orders of a day into vehicles."""
    return _list(page, session, Form())


@router.post("/trips/plan", dependencies=[needs(Right.DISPATCH)])
def plan_trips(sent: SentForm) -> Response:
    """The trips of a warehouse's day; or the list again with the reason why there are none."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        wanted = whole_payload(FormReader(work.session), TripDay, typed)
        made = trips.plan_trips(work, wanted)
        told = f"&too_large={len(made.too_large)}" if made.too_large else ""
        return f"/trips?warehouse={wanted.warehouse}&day={wanted.day}&made={len(made.trips)}{told}"

    return sent.run(act, lambda session, form: _list(page, session, form), part="plan")


def _list(page: PageContext, session: Session, form: Form) -> Response:
    words = page.words
    columns: list[Column[Trip]] = [
        Column(
            key="code", title="Code", value=lambda row: row.code, order=Trip.id, link=lambda row: f"/trips/{row.code}"
        ),
        day_column("day", "Leaves on", lambda row: row.day, Trip.day),
        Column(key="from", title="Warehouse", value=lambda row: row.warehouse, kind=Kind.NAME),
        Column(key="zone", title="Goes to", value=lambda row: words.names(_zones(row))),
        Column(key="orders", title="Orders on it", value=lambda row: len(row.orders), kind=Kind.NUMBER),
        Column(key="class", title="Vehicle class", value=lambda row: row.vehicle_class, kind=Kind.NAME),
        Column(key="vehicle", title="Vehicle", value=lambda row: row.vehicle, order=Trip.vehicle),
        Column(key="state", title="State", value=lambda row: row.state, kind=Kind.STATE, order=Trip.state),
    ]
    states = word_choices(words, "state", TripState)
    listing = Listing(
        file_name="Trips",
        rows=trips.select_trips(),
        columns=columns,
        filters=[
            day_filter("day", "Leaves on", lambda rows, day: rows.where(Trip.day == day)),
            warehouse_filter(session, words, lambda rows, code: rows.where(Trip.warehouse.has(code=code))),
            choice_filter("state", "State", states, lambda rows, text: rows.where(Trip.state == TripState(text))),
        ],
        key=Trip.id,
        sort="-code",
        empty="No trip yet. Choose a warehouse and a day: its open orders are put into vehicles by zone.",
    )
    return page.render_list(
        session,
        listing,
        "dispatch/trips.html",
        form=form,
        warehouses=warehouse_choices(session, words, page.actor.warehouses),
        made=page.count_told("made"),
        too_large=page.count_told("too_large"),
    )


def _zones(trip: Trip) -> list[object]:
    return list({order.facility.zone.code: order.facility.zone for order in trip.orders}.values())


@router.get("/trips/{code}", dependencies=[needs(Right.STOCK_READ)])
def show_trip(code: Code, page: Page, session: Reader) -> Response:
    """What it loads, stop by stop, and what can be done about it."""
    return _show(page, session, code, Form())


@router.post("/trips/{code}/ship", dependencies=[needs(Right.DISPATCH)])
def ship_trip(code: Code, sent: SentForm) -> Response:
    """All leaves with its vehicle, in the quantities typed; or the trip again with everything that is wrong."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        items = _items(trips.trip_by_code(work.session, code))
        reader = FormReader(work.session)
        rows = [{"quantity": "0", **row} for row in rows_of(typed, "exceptions")]  # a number left blank is none
        for n, row in enumerate(rows):
            item = items.get((str(row.get("order")), str(row.get("line"))))
            reader.quantity(row, item, "quantity", f"exceptions.{n}.")
        try:
            trip_shipping.ship_trip(work, code, whole_payload(reader, TripShipment, {**typed, "exceptions": rows}))
        except ServiceError as refusal:
            raise told_in_units(
                refusal,
                lambda fault: items.get((str(fault.params.get("order")), str(fault.params.get("line")))),
                page.words,
            ) from refusal
        return f"/trips/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, form))


@router.post("/trips/{code}/orders", dependencies=[needs(Right.DISPATCH)])
def change_trip(code: Code, sent: SentForm, chosen: Chosen) -> Response:
    """The orders that stay on it, and its vehicle class."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        given = {name: value for name, value in typed.items() if name != "chosen"}
        change = whole_payload(FormReader(work.session), TripChange, {**given, "orders": chosen})
        trips.change_trip(work, code, change)
        return f"/trips/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, form))


@router.post("/trips/{code}/cancel", dependencies=[needs(Right.DISPATCH)])
def cancel_trip(code: Code, sent: SentForm) -> Response:
    """Called off; its orders stay open."""
    page = sent.page

    def act(work: Work, typed: Typed) -> str:
        why = whole_payload(FormReader(work.session), TripReason, typed)
        trips.cancel_trip(work, code, why.reason)
        return f"/trips/{code}"

    return sent.run(act, lambda session, form: _show(page, session, code, form), part="cancel")


@router.get("/trips/{code}/loading-list", dependencies=[needs(Right.STOCK_READ)])
def show_loading_list(request: Request, code: Code, session: Reader, clock: Now, language: PageLanguage) -> Response:
    """To be printed: stop by stop, with a box to tick for each lot, address and telephone."""
    trip = trips.trip_by_code(session, code)
    loading = trips.loading_list(session, trip, clock=clock)
    return render(
        request,
        "dispatch/loading_list.html",
        language,
        trip=trip,
        loading=loading,
        items=_items(trip),
        places={order.code: order.facility for order in trip.orders},
        printed_at=clock.now().astimezone(clock.city_zone),
    )


def _items(trip: Trip) -> Items:
    return {(order.code, str(line.position)): line.item for order in trip.orders for line in order.lines}


def _as_reserved(loading: LoadingList, items: Items) -> list[Typed]:
    return [
        {
            "order": stop.order,
            "line": lot.line,
            "lot_id": lot.lot_id,
            "quantity": "0" if lot.unusable else as_typed(lot.quantity, items[stop.order, str(lot.line)]),
        }
        for stop in loading.stops
        for lot in stop.lots
    ]


def _show(page: PageContext, session: Session, code: str, form: Form) -> Response:
    trip = trips.trip_by_code(session, code)
    loading, items = trips.loading_list(session, trip, clock=page.clock), _items(trip)
    values: Typed = {"vehicle_class": trip.vehicle_class.code, "exceptions": _as_reserved(loading, items)}
    is_open = trip.state is TripState.OPEN
    return page.render(
        "dispatch/trip.html",
        form=Form(values={**values, **form.values}, refusal=form.refusal, key=form.key),
        trip=trip,
        loading=loading,
        items=items,
        counted_in=counted_in,
        places={order.code: order.facility for order in trip.orders},
        is_open=is_open,
        may_ship=is_open and page.actor.may(Right.DISPATCH) and page.actor.has_warehouse(trip.warehouse.code),
        open_orders=[one for one in trip.orders if one.state is TransferOrderState.OPEN],
        classes=[
            (row.code, page.words.name(row)) for row in session.scalars(select_vehicle_classes(active=True)).unique()
        ],
    )
