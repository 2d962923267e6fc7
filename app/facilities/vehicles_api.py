"""The API of vehicle classes."""

from fastapi import APIRouter

from app.auth import Right, Write, needs
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, show_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfMatch, IfNoneMatch, tagged
from app.facilities import vehicles
from app.facilities.models import VehicleClass
from app.facilities.schemas import NewVehicleClass, VehicleClassChange, VehicleClassView

router = APIRouter()


@router.get(
    "/vehicle-classes",
    summary="List vehicle classes",
    responses=problem_answers(),
    dependencies=[needs(Right.CATALOG_READ)],
)
def list_vehicle_classes(
    session: Reader, cursor: PageCursor, active: bool | None = None
) -> Rendered[Page[VehicleClassView]]:
    """What kinds of vehicles there are, and the volume that each carries."""
    return show_page(session, vehicles.select_vehicle_classes(active=active), VehicleClass.id, cursor, VehicleClassView)


@router.post(
    "/vehicle-classes",
    status_code=201,
    summary="Enter a vehicle class",
    responses=problem_answers(409),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def create_vehicle_class(new: NewVehicleClass, work: Write, once: Once) -> Rendered[VehicleClassView]:
    """Lanes name it by its code."""
    return once(work, lambda: tagged(vehicles.create_vehicle_class(work, new), VehicleClassView.of))


@router.get(
    "/vehicle-classes/{code}",
    summary="Show a vehicle class",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_READ)],
)
def show_vehicle_class(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[VehicleClassView]:
    """One vehicle class."""
    return known.answer(vehicles.vehicle_class_by_code(session, code), VehicleClassView.of)


@router.patch(
    "/vehicle-classes/{code}",
    summary="Change a vehicle class",
    responses=problem_answers(404),
    dependencies=[needs(Right.CATALOG_WRITE)],
)
def change_vehicle_class(
    code: Code, change: VehicleClassChange, work: Write, if_match: IfMatch
) -> Rendered[VehicleClassView]:
    """Only the fields named are changed."""
    return tagged(vehicles.change_vehicle_class(work, code, change, if_match), VehicleClassView.of)
