"""The API of the geography: zones, facilities, lanes, dispatch capacities."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code, Day, SearchText
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged
from app.facilities import aliases_api, lane_proposals_api, service, vehicles_api
from app.facilities.models import DispatchCapacity, Facility, GeographicZone, Lane
from app.facilities.schemas import (
    DispatchCapacityView,
    DispatchLimit,
    FacilityChange,
    FacilityView,
    LaneChange,
    LaneView,
    NewFacility,
    NewLane,
    NewZone,
    ZoneChange,
    ZoneView,
)
from app.facilities.types import ZoneKind

router = APIRouter(tags=["facilities"])


@router.get("/zones", summary="List zones", responses=problem_answers(), dependencies=[needs(Right.CATALOG_READ)])
def list_zones(
    session: Reader, cursor: PageCursor, kind: ZoneKind | None = None, parent: Code | None = None
) -> Rendered[Page[ZoneView]]:
    """The zones of the tree, each with its parent."""
    return show_page(session, service.select_zones(kind=kind, parent=parent), GeographicZone.id, cursor, ZoneView)


@router.post(
    "/zones",
    status_code=201,
    summary="Enter a zone",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_zone(new: NewZone, work: Write, once: Once) -> Rendered[ZoneView]:
    """A zone below its parent; the topmost has none."""
    return once(work, lambda: tagged(service.create_zone(work, new), ZoneView.of))


@router.get(
    "/zones/{code}", summary="Show a zone", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_READ)]
)
def show_zone(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ZoneView]:
    """One zone."""
    return known.answer(service.zone_by_code(session, code), ZoneView.of)


@router.patch(
    "/zones/{code}", summary="Change a zone", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_WRITE)]
)
def change_zone(code: Code, change: ZoneChange, work: Write, if_match: IfMatch) -> Rendered[ZoneView]:
    """Only the fields named are changed; a zone cannot be put below itself."""
    return tagged(service.change_zone(work, code, change, if_match), ZoneView.of)


@router.get(
    "/facilities", summary="List facilities", responses=problem_answers(404), dependencies=[needs(Right.CATALOG_READ)]
)
def list_facilities(
    session: Reader,
    cursor: PageCursor,
    facility_type: Code | None = None,
    zone: Annotated[Code | None, Query(description="With all zones below it.")] = None,
    keeps_stock: Annotated[bool | None, Query(description="Only warehouses, or all but them.")] = None,
    active: bool | None = None,
    synthetic: bool | None = None,
    q: SearchText | None = None,
) -> Rendered[Page[FacilityView]]:
    """Places that ask for supplies or keep them."""
    query = service.select_facilities(
        session,
        facility_type=facility_type,
        zone=zone,
        keeps_stock=keeps_stock,
        active=active,
        synthetic=synthetic,
        q=q,
    )
    return show_page(session, query, Facility.id, cursor, FacilityView)


@router.post(
    "/facilities",
    status_code=201,
    summary="Enter a facility",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_facility(new: NewFacility, work: Write, once: Once) -> Rendered[FacilityView]:
    """A place that asks for supplies, or a warehouse, by its type."""
    return once(work, lambda: tagged(service.create_facility(work, new), FacilityView.of))


@router.get(
    "/facilities/{code}",
    summary="Show a facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_facility(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[FacilityView]:
    """One facility."""
    return known.answer(service.facility_by_code(session, code), FacilityView.of)


@router.patch(
    "/facilities/{code}",
    summary="Change a facility",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_facility(code: Code, change: FacilityChange, work: Write, if_match: IfMatch) -> Rendered[FacilityView]:
    """Only the fields named are changed; a warehouse stays one, and nothing else becomes one."""
    return tagged(service.change_facility(work, code, change, if_match), FacilityView.of)


@router.get("/lanes", summary="List lanes", responses=problem_answers(), dependencies=[needs(Right.CATALOG_READ)])
def list_lanes(
    session: Reader, cursor: PageCursor, warehouse: Code | None = None, facility: Code | None = None
) -> Rendered[Page[LaneView]]:
    """Ways from warehouses to facilities; where there is none, nothing can be sent."""
    query = service.select_lanes(warehouse=warehouse, facility=facility)
    return show_page(session, query, Lane.id, cursor, LaneView)


@router.post(
    "/lanes",
    status_code=201,
    summary="Enter a lane",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_lane(new: NewLane, work: Write, once: Once) -> Rendered[LaneView]:
    """A way from a warehouse to a facility, with its days, its cost and the weekdays on which it is driven."""
    return once(work, lambda: tagged(service.create_lane(work, new), LaneView.of))


@router.get(
    "/lanes/{warehouse}/{facility}",
    summary="Show a lane",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_lane(warehouse: Code, facility: Code, session: Reader, known: IfNoneMatch) -> Rendered[LaneView]:
    """One lane."""
    return known.answer(service.lane_of(session, warehouse, facility), LaneView.of)


@router.patch(
    "/lanes/{warehouse}/{facility}",
    summary="Change a lane",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_lane(
    warehouse: Code, facility: Code, change: LaneChange, work: Write, if_match: IfMatch
) -> Rendered[LaneView]:
    """Only the fields named are changed."""
    return tagged(service.change_lane(work, warehouse, facility, change, if_match), LaneView.of)


@router.delete(
    "/lanes/{warehouse}/{facility}",
    status_code=204,
    summary="Close a lane",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def delete_lane(warehouse: Code, facility: Code, work: Write, if_match: IfMatch) -> None:
    """From now on nothing can be sent that way."""
    service.delete_lane(work, warehouse, facility, if_match)


@router.get(
    "/warehouses/{code}/dispatch-capacities",
    summary="List the limited days of a warehouse",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_dispatch_capacities(
    code: Code, session: Reader, cursor: PageCursor, day_from: Day | None = None, day_to: Day | None = None
) -> Rendered[Page[DispatchCapacityView]]:
    """Volume that can leave a warehouse on a day; a day that is not listed has no limit."""
    warehouse = service.warehouse_by_code(session, code)
    query = service.select_dispatch_capacities(warehouse, day_from=day_from, day_to=day_to)
    return show_page(session, query, DispatchCapacity.id, cursor, DispatchCapacityView)


@router.get(
    "/warehouses/{code}/dispatch-capacities/{day}",
    summary="Show the limit of a day",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_dispatch_capacity(code: Code, day: Day, session: Reader, known: IfNoneMatch) -> Rendered[DispatchCapacityView]:
    """What can leave a warehouse on a day."""
    capacity = service.capacity_of(session, service.warehouse_by_code(session, code), day)
    return known.answer(capacity, DispatchCapacityView.of)


@router.put(
    "/warehouses/{code}/dispatch-capacities/{day}",
    summary="Limit a day of a warehouse",
    responses=problem_answers(404),
    dependencies=[needs(Right.CAPACITY_SET)],
)
def set_dispatch_capacity(
    code: Code, day: Day, limit: DispatchLimit, work: Write, if_match: IfMatch
) -> Rendered[DispatchCapacityView]:
    """Replaces what was said of that day before; the first limit of a day needs no If-Match."""
    return tagged(service.set_dispatch_capacity(work, code, day, limit, if_match), DispatchCapacityView.of)


@router.delete(
    "/warehouses/{code}/dispatch-capacities/{day}",
    status_code=204,
    summary="Lift the limit of a day",
    responses=problem_answers(404),
    dependencies=[needs(Right.CAPACITY_SET)],
)
def lift_dispatch_capacity(code: Code, day: Day, work: Write, if_match: IfMatch) -> None:
    """From now on that day has no limit."""
    service.lift_dispatch_capacity(work, code, day, if_match)


router.include_router(aliases_api.router)
router.include_router(vehicles_api.router)
router.include_router(lane_proposals_api.router)
