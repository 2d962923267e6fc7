"""Vehicle classes: how much volume a vehicle of each class carries."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.records import add_row, lock_row_by_code, row_by_code, set_fields, taken
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import VehicleClass
from app.facilities.schemas import NewVehicleClass, VehicleClassChange, VehicleClassView

SUBJECT = "vehicle_class"


def select_vehicle_classes(*, active: bool | None = None) -> Select[VehicleClass]:
    """The vehicle classes, or only those in use."""
    query = select(VehicleClass)
    return query if active is None else query.where(VehicleClass.active == active)


def vehicle_class_by_code(session: Session, code: str) -> VehicleClass:
    """The vehicle class with this code; raises `NotFoundError`."""
    return row_by_code(session, VehicleClass, "vehicle class", code)


def lock_vehicle_class(session: Session, code: str) -> VehicleClass:
    """As `vehicle_class_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, VehicleClass, "vehicle class", code)


def create_vehicle_class(work: Work, new: NewVehicleClass) -> VehicleClass:
    """Enter a vehicle class; raises `ConflictError` where its code is taken."""
    row = VehicleClass(**dict(new))
    add_row(work.session, row, taken("vehicle class", new.code))
    work.record("VEHICLE_CLASS_CREATED", SUBJECT, new.code, after=VehicleClassView.snapshot(row))
    return row


def change_vehicle_class(
    work: Work, code: str, change: VehicleClassChange, if_match: Precondition = ANY_VERSION
) -> VehicleClass:
    """Change the fields named of a vehicle class; trips that were made with it stay as they are."""
    row = if_match.check(lock_vehicle_class(work.session, code))
    before = VehicleClassView.snapshot(row)
    set_fields(row, change.given())
    work.record_change("VEHICLE_CLASS_CHANGED", SUBJECT, code, before=before, after=VehicleClassView.snapshot(row))
    return row
