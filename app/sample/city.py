"""The sample's city before anything happens: catalogue, zones, facilities, lanes, norms, partners, funds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.item_units import set_units
from app.catalog.norms import create_norm, create_norm_set
from app.catalog.schemas import ItemUnits, NewFacilityType, NewItem, NewNorm, NewNormSet, NewSubstitution
from app.catalog.service import create_facility_type, create_item, create_substitution
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.http.payloads import Code, Day
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.facilities.schemas import DispatchLimit, NewFacility, NewLane, NewVehicleClass, NewZone
from app.facilities.service import create_facility, create_lane, create_zone, set_dispatch_capacity
from app.facilities.vehicles import create_vehicle_class
from app.partners.schemas import NewPartner
from app.partners.service import create_partner
from app.procurement.schemas import NewFund
from app.procurement.service import create_fund
from app.sample.claims import SampleNorm
from app.sample.files import read_rows
from app.sample.roads import DeliveryDays, StoreReach, lanes_of
from app.sample.steps import Step

FIRST_DAY = date(2020, 1, 8)
"""The day on which catalogue and facilities were entered; everything else comes after it."""

SECRETARIAT = Actor.system("secretariat", ROLE_RIGHTS[Role.SUPPLIES_GROUP] | ROLE_RIGHTS[Role.LEADER])


class SampleCapacity(DispatchLimit):
    """Volume that can leave a warehouse on a day."""

    warehouse: Code
    day: Day


class SampleUnits(ItemUnits):
    """The units in which people count an item: how many go into a box or carton is an assumption."""

    item: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """The files that describe the city, and the lanes that follow from them."""

    zones: Sequence[NewZone]
    facility_types: Sequence[NewFacilityType]
    facilities: Sequence[NewFacility]
    vehicle_classes: Sequence[NewVehicleClass]
    lanes: Sequence[NewLane]
    capacities: Sequence[SampleCapacity]
    items: Sequence[NewItem]
    item_units: Sequence[SampleUnits]
    substitutions: Sequence[NewSubstitution]
    norm_sets: Sequence[NewNormSet]
    norms: Sequence[SampleNorm]
    partners: Sequence[NewPartner]
    funds: Sequence[NewFund]

    def step(self) -> Step:
        """The entering of it all."""
        return Step(on=FIRST_DAY, at=time(8), act=self._enter)

    def _enter(self, session: Session, clock: Clock) -> None:
        work = Work(session, SECRETARIAT, clock)
        _enter_catalogue(self, session, clock)
        _enter_geography(self, session, clock)
        for partner in self.partners:
            create_partner(work, partner)
        for fund in self.funds:
            create_fund(work, fund)


def read_city() -> City:
    """The city from the data files; raises `pydantic.ValidationError` where a file is wrong."""
    facilities = [_with_telephone(one, n) for n, one in enumerate(read_rows("facilities", NewFacility), 1)]
    items, norms = read_rows("items", NewItem), read_rows("norms", SampleNorm)
    reaches = read_rows("store_reaches", StoreReach)
    return City(
        zones=read_rows("zones", NewZone),
        facility_types=read_rows("facility_types", NewFacilityType),
        facilities=facilities,
        vehicle_classes=read_rows("vehicle_classes", NewVehicleClass),
        lanes=lanes_of(facilities, reaches, _asking_types(items, norms), read_rows("delivery_days", DeliveryDays)),
        capacities=read_rows("dispatch_capacities", SampleCapacity),
        items=items,
        item_units=read_rows("item_units", SampleUnits),
        substitutions=read_rows("substitutions", NewSubstitution),
        norm_sets=read_rows("norm_sets", NewNormSet),
        norms=norms,
        partners=read_rows("partners", NewPartner),
        funds=read_rows("funds", NewFund),
    )


def _with_telephone(facility: NewFacility, number: int) -> NewFacility:
    """With a number that nobody can have: no local number begins with 0."""
    return facility.model_copy(update={"telephone": f"0731-0000{number:04d}"})


def _asking_types(items: Sequence[NewItem], norms: Sequence[SampleNorm]) -> dict[Program, set[str]]:
    """The facility types that have a norm in each program."""
    program_of = {item.code: item.program for item in items}
    asking: dict[Program, set[str]] = {program: set() for program in Program}
    for norm in norms:
        asking[program_of[norm.item]].add(norm.facility_type)
    return asking


def _enter_catalogue(city: City, session: Session, clock: Clock) -> None:
    work = Work(session, SECRETARIAT, clock)
    for facility_type in city.facility_types:
        create_facility_type(work, facility_type)
    for item in city.items:
        create_item(work, item)
    for units in city.item_units:
        set_units(work, units.item, ItemUnits(units=units.units))
    for substitution in city.substitutions:
        create_substitution(work, substitution)
    for norm_set in city.norm_sets:
        create_norm_set(work, norm_set)
    for norm in city.norms:
        plain = NewNorm.model_validate(norm.model_dump(exclude={"norm_set"}))
        create_norm(work, norm.norm_set, plain)


def _enter_geography(city: City, session: Session, clock: Clock) -> None:
    work = Work(session, SECRETARIAT, clock)
    for zone in city.zones:
        create_zone(work, zone)
    for facility in city.facilities:
        create_facility(work, facility)
    for vehicle_class in city.vehicle_classes:
        create_vehicle_class(work, vehicle_class)
    for lane in city.lanes:
        create_lane(work, lane)
    for capacity in city.capacities:
        limit = DispatchLimit(volume_litres=capacity.volume_litres)
        set_dispatch_capacity(work, capacity.warehouse, capacity.day, limit)
