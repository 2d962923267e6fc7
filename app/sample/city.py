"""The sample's city before anything happens: catalogue, zones, facilities, lanes, norms, partners, funds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from pydantic import BaseModel

from app.auth import Actor
from app.catalog.schemas import ItemUnits, NewFacilityType, NewItem, NewNormSet, NewSubstitution
from app.catalog.types import Program
from app.core.http.payloads import Code, Day
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.facilities.schemas import DispatchLimit, NewFacility, NewLane, NewVehicleClass, NewZone
from app.interop.city.kinds import BY_NAME, KINDS
from app.interop.city.loading import load_city
from app.interop.city.present import CityRow
from app.interop.city.sheet_kind import SheetKind
from app.interop.city.workbook import city_workbook
from app.interop.city.writers import CityUnit
from app.interop.sheets.files import read_book
from app.partners.schemas import NewPartner
from app.procurement.schemas import NewFund
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

    def rows(self) -> dict[str, list[CityRow]]:
        """Its rows by sheet of the city workbook."""
        stores = {one.code for one in self.facility_types if one.keeps_stock}
        units = [CityUnit(item=of.item, **unit.model_dump()) for of in self.item_units for unit in of.units]
        payloads: Mapping[str, Sequence[BaseModel]] = {
            "zones": self.zones,
            "facility_types": self.facility_types,
            "items": self.items,
            "item_units": units,
            "substitutions": self.substitutions,
            "norm_sets": self.norm_sets,
            "norms": self.norms,
            "warehouses": [one for one in self.facilities if one.facility_type in stores],
            "facilities": [one for one in self.facilities if one.facility_type not in stores],
            "vehicle_classes": self.vehicle_classes,
            "lanes": self.lanes,
            "capacities": self.capacities,
            "partners": self.partners,
            "funds": self.funds,
        }
        return {name: [_row(BY_NAME[name], one) for one in of_kind] for name, of_kind in payloads.items()}

    def workbook(self, language: str = "zh-CN") -> bytes:
        """The city as its workbook: what any city would load."""
        rows = self.rows()
        return city_workbook(rows, language, [kind for kind in KINDS if kind.name in rows])

    def step(self) -> Step:
        """The entering of it all, by the workbook."""
        book = read_book(self.workbook(), "zhuzhou.xlsx", where="zhuzhou.xlsx")
        return Step(
            on=FIRST_DAY, at=time(8), act=lambda session, clock: load_city(Work(session, SECRETARIAT, clock), book)
        )


def _row(kind: SheetKind, payload: BaseModel) -> CityRow:
    values = {"active": True, **payload.model_dump(mode="json")}
    return {column.field: values.get(column.field) for column in kind.columns}


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
