"""How rows of the workbook are entered and changed: each kind by the service that the API and the pages use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from app.catalog import aliases as item_aliases
from app.catalog.item_units import set_units, units_of
from app.catalog.norms import change_norm, change_norm_set, create_norm, create_norm_set, lock_norm
from app.catalog.schemas import (
    FacilityTypeChange,
    ItemChange,
    ItemUnits,
    NewAlias,
    NewFacilityType,
    NewItem,
    NewItemUnit,
    NewNorm,
    NewNormSet,
    NewSubstitution,
    NormChange,
    NormSetChange,
    SubstitutionChange,
)
from app.catalog.service import (
    change_facility_type,
    change_item,
    change_substitution,
    create_facility_type,
    create_item,
    create_substitution,
    item_by_code,
)
from app.core.http.payloads import Code, Day, Payload
from app.core.work import Work
from app.facilities import aliases as facility_aliases
from app.facilities.schemas import (
    DispatchLimit,
    FacilityChange,
    LaneChange,
    NewFacility,
    NewFacilityAlias,
    NewLane,
    NewVehicleClass,
    NewZone,
    VehicleClassChange,
    ZoneChange,
)
from app.facilities.service import (
    change_facility,
    change_lane,
    change_zone,
    create_facility,
    create_lane,
    create_zone,
    set_dispatch_capacity,
)
from app.facilities.vehicles import change_vehicle_class, create_vehicle_class
from app.partners.schemas import NewPartner, PartnerChange
from app.partners.service import change_partner, create_partner
from app.procurement.funds import change_fund, create_fund
from app.procurement.schemas import FundChange, NewFund

New = TypeVar("New", bound=Payload)


class CityNorm(NewNorm):
    """A norm with the set that it belongs to."""

    norm_set: Code


class CityUnit(NewItemUnit):
    """A unit with the item that it counts."""

    item: Code


class CityCapacity(DispatchLimit):
    """The limit of a day of a warehouse."""

    warehouse: Code
    day: Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer(Generic[New]):
    """The payload of a row, and the services that enter and change it."""

    payload: type[New]
    create: Callable[[Work, New], object]
    change: Callable[[Work, New, Mapping[str, Any]], object]
    """Gets the whole row as it shall be, and the fields in which it differs from what is there."""


def _create_norm(work: Work, new: CityNorm) -> object:
    return create_norm(work, new.norm_set, NewNorm.model_validate(new.model_dump(exclude={"norm_set"})))


def _change_norm(work: Work, new: CityNorm, given: Mapping[str, Any]) -> object:
    norm = lock_norm(work.session, new.norm_set, new.facility_type, new.item, new.basis)
    return change_norm(work, norm, NormChange.model_validate(given))


def _set_unit(work: Work, new: CityUnit, _given: Mapping[str, Any] | None = None) -> object:
    item = item_by_code(work.session, new.item)
    others = [
        NewItemUnit(name_zh=one.name_zh, name_en=one.name_en, base_units=one.base_units)
        for one in units_of(item)
        if one.name_zh != new.name_zh
    ]
    mine = NewItemUnit(name_zh=new.name_zh, name_en=new.name_en, base_units=new.base_units)
    return set_units(work, new.item, ItemUnits(units=[*others, mine]))


def _move_item_alias(work: Work, new: NewAlias, _given: Mapping[str, Any]) -> object:
    item_aliases.delete_alias(work, new.alias)
    work.session.flush()
    return item_aliases.add_alias(work, new)


def _move_facility_alias(work: Work, new: NewFacilityAlias, _given: Mapping[str, Any]) -> object:
    facility_aliases.delete_alias(work, new.alias)
    work.session.flush()
    return facility_aliases.add_alias(work, new)


def _set_capacity(work: Work, new: CityCapacity, _given: Mapping[str, Any] | None = None) -> object:
    assert isinstance(new.day, date)
    return set_dispatch_capacity(work, new.warehouse, new.day, DispatchLimit(volume_litres=new.volume_litres))


def _by_code(change: Callable[[Work, str, Any], object], payload: type[Payload]) -> Callable[..., object]:
    """A change by a service that is told the code of the row and the fields that differ."""
    return lambda work, new, given: change(work, new.code, payload.model_validate(given))


_FACILITY = Writer(payload=NewFacility, create=create_facility, change=_by_code(change_facility, FacilityChange))

WRITERS: Mapping[str, Writer[Any]] = {
    "zones": Writer(
        payload=NewZone,
        create=create_zone,
        change=_by_code(change_zone, ZoneChange),
    ),
    "facility_types": Writer(
        payload=NewFacilityType,
        create=create_facility_type,
        change=_by_code(change_facility_type, FacilityTypeChange),
    ),
    "items": Writer(
        payload=NewItem,
        create=create_item,
        change=_by_code(change_item, ItemChange),
    ),
    "item_units": Writer(payload=CityUnit, create=_set_unit, change=_set_unit),
    "item_aliases": Writer(payload=NewAlias, create=item_aliases.add_alias, change=_move_item_alias),
    "substitutions": Writer(
        payload=NewSubstitution,
        create=create_substitution,
        change=lambda work, new, given: change_substitution(
            work, new.item, new.serves_item, SubstitutionChange.model_validate(given)
        ),
    ),
    "norm_sets": Writer(
        payload=NewNormSet,
        create=create_norm_set,
        change=_by_code(change_norm_set, NormSetChange),
    ),
    "norms": Writer(payload=CityNorm, create=_create_norm, change=_change_norm),
    "facilities": _FACILITY,
    "warehouses": _FACILITY,
    "facility_aliases": Writer(
        payload=NewFacilityAlias, create=facility_aliases.add_alias, change=_move_facility_alias
    ),
    "vehicle_classes": Writer(
        payload=NewVehicleClass,
        create=create_vehicle_class,
        change=_by_code(change_vehicle_class, VehicleClassChange),
    ),
    "lanes": Writer(
        payload=NewLane,
        create=create_lane,
        change=lambda work, new, given: change_lane(
            work, new.warehouse, new.facility, LaneChange.model_validate(given)
        ),
    ),
    "capacities": Writer(payload=CityCapacity, create=_set_capacity, change=_set_capacity),
    "partners": Writer(
        payload=NewPartner,
        create=create_partner,
        change=_by_code(change_partner, PartnerChange),
    ),
    "funds": Writer(
        payload=NewFund,
        create=create_fund,
        change=_by_code(change_fund, FundChange),
    ),
}
"""All kinds whose rows stand each for itself; policies and stock are put together from several."""
