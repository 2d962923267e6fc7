"""The geography: zones as a tree, facilities (warehouses among them), lanes, dispatch capacities."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from app.catalog.models import FacilityType
from app.catalog.service import facility_types_by_code
from app.core.errors import Fault, InvalidInputError, NotFoundError, missing
from app.core.records import (
    add_row,
    lock_one_row,
    lock_row_by_code,
    one_row,
    refuse_merged,
    row_by_code,
    rows_by_code,
    set_fields,
    taken,
)
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.models import DispatchCapacity, Facility, GeographicZone, Lane
from app.facilities.rules import (
    bed_faults,
    departure_faults,
    kind_faults,
    lane_faults,
    parent_faults,
    position_faults,
    zones_below,
)
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


def zone_by_code(session: Session, code: str) -> GeographicZone:
    """The zone with this code; raises `NotFoundError`."""
    return row_by_code(session, GeographicZone, "zone", code)


def lock_zone(session: Session, code: str) -> GeographicZone:
    """As `zone_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, GeographicZone, "zone", code)


def zones_by_code(
    session: Session, codes: Iterable[str], *, where: str = "zone", faults: list[Fault] | None = None
) -> dict[str, GeographicZone]:
    """The zones with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, GeographicZone, "zone", codes, where=where, faults=faults)


def facility_by_code(session: Session, code: str) -> Facility:
    """The facility with this code; raises `NotFoundError`."""
    return row_by_code(session, Facility, "facility", code)


def lock_facility(session: Session, code: str) -> Facility:
    """As `facility_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, Facility, "facility", code)


def facilities_by_code(
    session: Session, codes: Iterable[str], *, where: str = "facility", faults: list[Fault] | None = None
) -> dict[str, Facility]:
    """The facilities with these codes; every unknown code is a fault (see `records.rows_by_code`)."""
    return rows_by_code(session, Facility, "facility", codes, where=where, faults=faults)


def warehouse_by_code(session: Session, code: str) -> Facility:
    """The facility with this code that keeps stock; raises `NotFoundError`, also for any other facility."""
    return _that_keeps_stock(row_by_code(session, Facility, "warehouse", code))


def lock_warehouse(session: Session, code: str) -> Facility:
    """As `warehouse_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return _that_keeps_stock(lock_row_by_code(session, Facility, "warehouse", code))


def _that_keeps_stock(facility: Facility) -> Facility:
    if not facility.facility_type.keeps_stock:
        raise NotFoundError(missing("warehouse", facility.code))
    return facility


def warehouses_by_code(
    session: Session, codes: Iterable[str], *, where: str = "warehouse", faults: list[Fault] | None = None
) -> dict[str, Facility]:
    """The warehouses with these codes; every code of none is a fault (see `records.rows_by_code`)."""
    return rows_by_code(
        session,
        Facility,
        "warehouse",
        codes,
        where=where,
        faults=faults,
        suits=lambda facility: facility.facility_type.keeps_stock,
    )


def zone_ids_below(session: Session, code: str) -> frozenset[int]:
    """The ids of the zone and of all zones below it; raises `NotFoundError`."""
    return zones_below(_parents(session), zone_by_code(session, code).id)


def _parents(session: Session) -> dict[int, int | None]:
    return dict(session.execute(select(GeographicZone.id, GeographicZone.parent_id)).all())


def select_zones(*, kind: ZoneKind | None = None, parent: str | None = None) -> Select[GeographicZone]:
    """The zones of a kind, and those directly below a zone, as far as given."""
    query = select(GeographicZone).options(joinedload(GeographicZone.parent))
    if kind is not None:
        query = query.where(GeographicZone.kind == kind)
    if parent is not None:
        query = query.where(GeographicZone.parent.has(GeographicZone.code == parent))
    return query


def create_zone(work: Work, new: NewZone) -> GeographicZone:
    """Enter a zone below its parent; all faults at once, `ConflictError` when its code is taken."""
    faults = position_faults(new.longitude_e6, new.latitude_e6)
    parents = zones_by_code(work.session, [new.parent] if new.parent is not None else [], where="parent", faults=faults)
    InvalidInputError.raise_if(faults)
    values = dict(new) | {"parent": parents[new.parent] if new.parent is not None else None}
    zone = GeographicZone(**values)
    add_row(work.session, zone, taken("zone", new.code))
    work.record("ZONE_CREATED", "geographic_zone", new.code, after=ZoneView.snapshot(zone))
    return zone


def change_zone(work: Work, code: str, change: ZoneChange, if_match: Precondition = ANY_VERSION) -> GeographicZone:
    """Change the fields named of a zone; all faults at once."""
    # All zones are locked in the order of their ids: two moves at once could close a circle that neither sees.
    locked = {zone.id: zone for zone in _locked_zones(work.session)}
    zone = if_match.check(zone_by_code(work.session, code))
    before, values = ZoneView.snapshot(zone), change.given()
    after = before | values
    faults = position_faults(after["longitude_e6"], after["latitude_e6"])
    if values.get("parent") is not None:
        found = zones_by_code(work.session, [change.parent or ""], where="parent", faults=faults)
        parents = {one.id: one.parent_id for one in locked.values()}
        for parent in found.values():
            faults += parent_faults(parents, zone.id, parent.id, parent=parent.code)
            values["parent"] = parent
    InvalidInputError.raise_if(faults)
    set_fields(zone, values)
    work.record_change("ZONE_CHANGED", "geographic_zone", code, before=before, after=ZoneView.snapshot(zone))
    return zone


def _locked_zones(session: Session) -> list[GeographicZone]:
    query = select(GeographicZone).order_by(GeographicZone.id).with_for_update()
    return list(session.scalars(query.execution_options(populate_existing=True)))


def select_facilities(
    session: Session,
    *,
    facility_type: str | None = None,
    zone: str | None = None,
    keeps_stock: bool | None = None,
    active: bool | None = None,
    synthetic: bool | None = None,
    q: str | None = None,
) -> Select[Facility]:
    """The facilities that all the filters given let pass.

    `zone` includes all zones below it; `q` is a part of the code or of a name. `NotFoundError` for an unknown zone.
    """
    query = select(Facility)
    if facility_type is not None:
        query = query.where(Facility.facility_type.has(FacilityType.code == facility_type))
    if zone is not None:
        query = query.where(Facility.zone_id.in_(sorted(zone_ids_below(session, zone))))
    if keeps_stock is not None:
        query = query.where(Facility.facility_type.has(FacilityType.keeps_stock == keeps_stock))
    if active is not None:
        query = query.where(Facility.active == active)
    if synthetic is not None:
        query = query.where(Facility.synthetic == synthetic)
    if q is not None:
        parts = (Facility.code, Facility.name_zh, Facility.name_en)
        query = query.where(or_(*(part.icontains(q, autoescape=True) for part in parts)))
    return query


def create_facility(work: Work, new: NewFacility) -> Facility:
    """Enter a facility; all faults at once, `ConflictError` when its code is taken."""
    faults = position_faults(new.longitude_e6, new.latitude_e6) + bed_faults(new.beds, new.isolation_beds)
    types = facility_types_by_code(work.session, [new.facility_type], faults=faults)
    zones = zones_by_code(work.session, [new.zone], faults=faults)
    InvalidInputError.raise_if(faults)
    facility = Facility(**dict(new) | {"facility_type": types[new.facility_type], "zone": zones[new.zone]})
    add_row(work.session, facility, taken("facility", new.code))
    work.record("FACILITY_CREATED", "facility", new.code, after=FacilityView.snapshot(facility))
    return facility


def change_facility(work: Work, code: str, change: FacilityChange, if_match: Precondition = ANY_VERSION) -> Facility:
    """Change the fields named of a facility; all faults at once."""
    facility = if_match.check(lock_facility(work.session, code))
    refuse_merged(facility)
    before, values = FacilityView.snapshot(facility), change.given()
    after = before | values
    faults = position_faults(after["longitude_e6"], after["latitude_e6"])
    faults += bed_faults(after["beds"], after["isolation_beds"])
    if "facility_type" in values:
        for facility_type in facility_types_by_code(work.session, [change.facility_type], faults=faults).values():
            faults += kind_faults(
                keeps_stock=facility.facility_type.keeps_stock, will_keep_stock=facility_type.keeps_stock
            )
            values["facility_type"] = facility_type
    if "zone" in values:
        values["zone"] = zones_by_code(work.session, [change.zone], faults=faults).get(change.zone)
    InvalidInputError.raise_if(faults)
    set_fields(facility, values)
    work.record_change("FACILITY_CHANGED", "facility", code, before=before, after=FacilityView.snapshot(facility))
    return facility


def select_lanes(*, warehouse: str | None = None, facility: str | None = None) -> Select[Lane]:
    """The lanes from a warehouse and to a facility, as far as given."""
    query = select(Lane)
    if warehouse is not None:
        query = query.where(Lane.warehouse.has(Facility.code == warehouse))
    if facility is not None:
        query = query.where(Lane.facility.has(Facility.code == facility))
    return query


def lane_of(session: Session, warehouse: str, facility: str) -> Lane:
    """The lane from a warehouse to a facility; raises `NotFoundError`."""
    query = select_lanes(warehouse=warehouse, facility=facility)
    return one_row(session, query, "lane", _lane_key(warehouse, facility))


def lock_lane(session: Session, warehouse: str, facility: str) -> Lane:
    """As `lane_of`, with the row locked until the transaction ends; raises `NotFoundError`."""
    query = select_lanes(warehouse=warehouse, facility=facility)
    return lock_one_row(session, Lane, query, "lane", _lane_key(warehouse, facility))


def _lane_key(warehouse: str, facility: str) -> str:
    return f"{warehouse}>{facility}"


def create_lane(work: Work, new: NewLane) -> Lane:
    """Enter a lane; all faults at once, `ConflictError` when the two have one already."""
    faults = lane_faults(new.warehouse, new.facility) + departure_faults(new.departs_on)
    warehouses = warehouses_by_code(work.session, [new.warehouse], faults=faults)
    facilities = facilities_by_code(work.session, [new.facility], faults=faults)
    InvalidInputError.raise_if(faults)
    lane = Lane(**dict(new) | {"warehouse": warehouses[new.warehouse], "facility": facilities[new.facility]})
    key = _lane_key(new.warehouse, new.facility)
    add_row(work.session, lane, taken("lane", key, where="facility"))
    work.record("LANE_CREATED", "lane", key, after=LaneView.snapshot(lane))
    return lane


def change_lane(
    work: Work, warehouse: str, facility: str, change: LaneChange, if_match: Precondition = ANY_VERSION
) -> Lane:
    """Change the fields named of a lane; raises `InvalidInputError` where it would never be driven."""
    lane = if_match.check(lock_lane(work.session, warehouse, facility))
    before, values = LaneView.snapshot(lane), change.given()
    if "departs_on" in values:
        InvalidInputError.raise_if(departure_faults(change.departs_on))
    set_fields(lane, values)
    work.record_change(
        "LANE_CHANGED", "lane", _lane_key(warehouse, facility), before=before, after=LaneView.snapshot(lane)
    )
    return lane


def delete_lane(work: Work, warehouse: str, facility: str, if_match: Precondition = ANY_VERSION) -> None:
    """Close a lane: nothing can be sent that way any more."""
    lane = if_match.check(lock_lane(work.session, warehouse, facility))
    before = LaneView.snapshot(lane)
    work.session.delete(lane)
    work.record("LANE_DELETED", "lane", _lane_key(warehouse, facility), before=before)


def select_dispatch_capacities(
    warehouse: Facility, *, day_from: date | None = None, day_to: date | None = None
) -> Select[DispatchCapacity]:
    """The limited days of a warehouse within the days given, both included."""
    query = select(DispatchCapacity).where(DispatchCapacity.warehouse_id == warehouse.id)
    if day_from is not None:
        query = query.where(DispatchCapacity.day >= day_from)
    if day_to is not None:
        query = query.where(DispatchCapacity.day <= day_to)
    return query


def capacity_of(session: Session, warehouse: Facility, day: date) -> DispatchCapacity:
    """The limit of a day of a warehouse; raises `NotFoundError` when it has none."""
    capacity = session.scalars(select_dispatch_capacities(warehouse, day_from=day, day_to=day)).one_or_none()
    if capacity is None:
        raise NotFoundError(missing("dispatch capacity", f"{warehouse.code}/{day}"))
    return capacity


def set_dispatch_capacity(
    work: Work, warehouse: str, day: date, limit: DispatchLimit, if_match: Precondition = ANY_VERSION
) -> DispatchCapacity:
    """Say how much can leave a warehouse on a day; replaces what was said before. `NotFoundError` for no warehouse."""
    work.actor.refuse_foreign_warehouses([("code", warehouse)])
    # The warehouse's row is locked first, so that two writers cannot both find the day without a limit.
    keeper = lock_warehouse(work.session, warehouse)
    capacity = work.session.scalars(select_dispatch_capacities(keeper, day_from=day, day_to=day)).one_or_none()
    before = DispatchCapacityView.snapshot(if_match.check(capacity)) if capacity is not None else None
    if capacity is None:
        if_match.check_absent()
        capacity = DispatchCapacity(warehouse=keeper, day=day)
        work.session.add(capacity)
    capacity.volume_litres = limit.volume_litres
    after = DispatchCapacityView.snapshot(capacity)
    if before != after:
        work.record("DISPATCH_CAPACITY_SET", "dispatch_capacity", f"{warehouse}/{day}", before=before, after=after)
    return capacity


def lift_dispatch_capacity(work: Work, warehouse: str, day: date, if_match: Precondition = ANY_VERSION) -> None:
    """Let a day of a warehouse have no limit; raises `NotFoundError` when it has none."""
    work.actor.refuse_foreign_warehouses([("code", warehouse)])
    keeper = lock_warehouse(work.session, warehouse)
    capacity = if_match.check(capacity_of(work.session, keeper, day))
    before = DispatchCapacityView.snapshot(capacity)
    work.session.delete(capacity)
    work.record("DISPATCH_CAPACITY_LIFTED", "dispatch_capacity", f"{warehouse}/{day}", before=before)
