"""REST of trips: orders of a day put into vehicles, loaded and shipped as one."""

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Now, Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Day
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, OptionalIfMatch, tagged
from app.dispatch import trip_shipping, trips
from app.dispatch.models import Trip
from app.dispatch.trip_schemas import (
    LoadingList,
    NewTrip,
    PlannedTrips,
    TripChange,
    TripDay,
    TripReason,
    TripShipment,
    TripView,
)
from app.dispatch.types import TripState

router = APIRouter()


@router.get("/trips", summary="List trips", responses=problem_answers(), dependencies=[needs(Right.STOCK_READ)])
def list_trips(
    session: Reader,
    cursor: PageCursor,
    warehouse: Code | None = None,
    day: Day | None = None,
    state: TripState | None = None,
) -> Rendered[Page[TripView]]:
    """Vehicles' rounds, in the order in which they were made."""
    query = trips.select_trips(warehouse=warehouse, day=day, state=state)
    return show_page(session, query, Trip.id, cursor, TripView)


@router.post(
    "/trips/plan",
    status_code=status.HTTP_201_CREATED,
    summary="Put the orders of a day into vehicles",
    responses=problem_answers(409),
    dependencies=[needs(Right.DISPATCH)],
)
def plan_trips(wanted: TripDay, work: Write, once: Once) -> Rendered[PlannedTrips]:
    """Open orders of a warehouse and day go together by zone, the largest first, each into the first vehicle that
    holds it. Orders that are larger than every vehicle are named and stay by themselves."""

    def plan() -> Rendered[PlannedTrips]:
        made = trips.plan_trips(work, wanted)
        shown = [TripView.of(trip) for trip in made.trips]
        return Rendered(PlannedTrips(trips=shown, too_large=list(made.too_large)))

    return once(work, plan)


@router.post(
    "/trips",
    status_code=status.HTTP_201_CREATED,
    summary="Put named orders into a vehicle",
    responses=problem_answers(409),
    dependencies=[needs(Right.DISPATCH)],
)
def create_trip(new: NewTrip, work: Write, once: Once) -> Rendered[TripView]:
    """409 `trip_too_large` where they take more than the vehicle carries."""
    return once(work, lambda: tagged(trips.create_trip(work, new), TripView.of))


@router.get(
    "/trips/{code}", summary="Show a trip", responses=problem_answers(404), dependencies=[needs(Right.STOCK_READ)]
)
def show_trip(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[TripView]:
    """One trip with its orders."""
    return known.answer(trips.trip_by_code(session, code), TripView.of)


@router.get(
    "/trips/{code}/loading-list",
    summary="Show what a trip loads",
    responses=problem_answers(404),
    dependencies=[needs(Right.STOCK_READ)],
)
def show_loading_list(code: Code, session: Reader, clock: Now) -> Rendered[LoadingList]:
    """Stop by stop: what is reserved for its open orders, what left of the others."""
    return Rendered(trips.loading_list(session, trips.trip_by_code(session, code), clock=clock))


@router.put(
    "/trips/{code}",
    summary="Change a trip",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def change_trip(code: Code, change: TripChange, work: Write, if_match: IfMatch) -> Rendered[TripView]:
    """Other orders or another vehicle class, while it has not left."""
    return tagged(trips.change_trip(work, code, change, if_match), TripView.of)


@router.post(
    "/trips/{code}/ship",
    summary="Ship a trip",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def ship_trip(code: Code, new: TripShipment, work: Write, if_match: IfMatch, once: Once) -> Rendered[TripView]:
    """All its orders leave with one vehicle; exceptions are told line by line. Each order has its own waybill and
    proof of delivery."""
    return once(work, lambda: tagged(trip_shipping.ship_trip(work, code, new, if_match), TripView.of))


@router.post(
    "/trips/{code}/cancel",
    summary="Call off a trip",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.DISPATCH)],
)
def cancel_trip(code: Code, why: TripReason, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[TripView]:
    """Before it has left; its orders stay open and may go on another trip."""
    return once(work, lambda: tagged(trips.cancel_trip(work, code, why.reason, if_match), TripView.of))
