"""What the geography takes in and shows: zones, facilities, lanes, dispatch capacities."""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from app.core.http.payloads import (
    Change,
    Choice,
    Code,
    CodeOf,
    Contact,
    Count,
    Days,
    Label,
    Microyuan,
    Name,
    Payload,
    View,
    unchanged,
)
from app.facilities.types import Weekday, ZoneKind

Longitude = Annotated[int, Field(ge=-180_000_000, le=180_000_000, description="Degrees east, in millionths.")]
Latitude = Annotated[int, Field(ge=-90_000_000, le=90_000_000, description="Degrees north, in millionths.")]
Tile = Annotated[int, Field(ge=0, le=100)]
Residents = Annotated[int, Field(ge=0, le=10**10)]
Telephone = Annotated[
    str,
    StringConstraints(max_length=64, pattern=r"^[0-9+()（） ,，;；/-]*$"),
    Field(description="Digits; several numbers are set apart by commas."),
]
DeparturesOf = Annotated[
    list[Choice[Weekday]], Field(max_length=7, description="The weekdays on which it is driven; all seven: every day.")
]
CarriedLitres = Annotated[int, Field(ge=1, le=10**6, description="What one vehicle carries.")]
Litres = Annotated[int, Field(ge=0, le=10**9)]


class NewZone(Payload):
    """A zone to be entered, below its parent; the first has none."""

    code: Code
    name_zh: Name
    name_en: Name
    kind: Choice[ZoneKind]
    parent: Code | None = None
    residents: Residents = 0
    longitude_e6: Longitude | None = None
    latitude_e6: Latitude | None = None
    tile_column: Tile | None = None
    tile_row: Tile | None = None


class ZoneChange(Change):
    """What may be changed of a zone; a new parent must not lie below it."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    kind: Choice[ZoneKind] = unchanged()
    parent: Code | None = unchanged()
    residents: Residents = unchanged()
    longitude_e6: Longitude | None = unchanged()
    latitude_e6: Latitude | None = unchanged()
    tile_column: Tile | None = unchanged()
    tile_row: Tile | None = unchanged()


class ZoneView(View):
    """A zone of the tree."""

    code: str
    name_zh: str
    name_en: str
    kind: ZoneKind
    parent: CodeOf | None
    residents: int
    longitude_e6: int | None
    latitude_e6: int | None
    tile_column: int | None = Field(description="Place on the tile map, counted from the west.")
    tile_row: int | None = Field(description="Place on the tile map, counted from the north.")


class NewFacility(Payload):
    """A facility to be entered; a warehouse is a facility whose type keeps stock."""

    code: Code
    name_zh: Name
    name_en: Name
    facility_type: Code
    zone: Code
    beds: Count = 0
    isolation_beds: Count = 0
    staff: Count = 0
    residents_served: Count = 0
    visits_per_day: Count = 0
    longitude_e6: Longitude | None = None
    latitude_e6: Latitude | None = None
    address: Contact = ""
    contact: Contact = Field(default="", description="Who receives goods or answers questions there.")
    telephone: Telephone = ""
    synthetic: bool = False
    active: bool = True


class FacilityChange(Change):
    """What may be changed of a facility; a warehouse stays one, and nothing else becomes one."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    facility_type: Code = unchanged()
    zone: Code = unchanged()
    beds: Count = unchanged()
    isolation_beds: Count = unchanged()
    staff: Count = unchanged()
    residents_served: Count = unchanged()
    visits_per_day: Count = unchanged()
    longitude_e6: Longitude | None = unchanged()
    latitude_e6: Latitude | None = unchanged()
    address: Contact = unchanged()
    contact: Contact = unchanged()
    telephone: Telephone = unchanged()
    synthetic: bool = unchanged()
    active: bool = unchanged()


class FacilityView(View):
    """A facility."""

    code: str
    name_zh: str
    name_en: str
    facility_type: CodeOf
    zone: CodeOf
    beds: int
    isolation_beds: int = Field(description="Beds set aside for cases; part of the beds.")
    staff: int
    residents_served: int
    visits_per_day: int
    longitude_e6: int | None
    latitude_e6: int | None
    address: str
    contact: str = Field(description="Who receives goods or answers questions there.")
    telephone: str
    synthetic: bool = Field(description="Made up for a demonstration.")
    active: bool
    merged_into: str | None = Field(description="The one that it became; it is never in use again.")


class NewLane(Payload):
    """A way from a warehouse to a facility."""

    warehouse: Code
    facility: Code
    lead_days: Days = 0
    cost_microyuan_per_piece: Microyuan = 0
    cost_microyuan_per_kg: Microyuan = 0
    vehicle_class: Label | None = None
    departs_on: DeparturesOf = Field(default_factory=lambda: list(Weekday))


class LaneChange(Change):
    """What may be changed of a lane."""

    lead_days: Days = unchanged()
    cost_microyuan_per_piece: Microyuan = unchanged()
    cost_microyuan_per_kg: Microyuan = unchanged()
    vehicle_class: Label | None = unchanged()
    departs_on: DeparturesOf = unchanged()


class LaneView(View):
    """A way from a warehouse to a facility."""

    warehouse: CodeOf
    facility: CodeOf
    lead_days: int
    cost_microyuan_per_piece: int
    cost_microyuan_per_kg: int
    vehicle_class: str | None
    departs_on: list[Weekday] = Field(description="The weekdays on which it is driven.")


class NewVehicleClass(Payload):
    """A class of vehicles."""

    code: Code
    name_zh: Name
    name_en: Name
    volume_litres: CarriedLitres
    active: bool = True


class VehicleClassChange(Change):
    """What may be changed of a vehicle class."""

    name_zh: Name = unchanged()
    name_en: Name = unchanged()
    volume_litres: CarriedLitres = unchanged()
    active: bool = unchanged()


class VehicleClassView(View):
    """A class of vehicles and the volume that one of them carries."""

    code: str
    name_zh: str
    name_en: str
    volume_litres: int
    active: bool


class DispatchLimit(Payload):
    """Volume that can leave a warehouse on a day."""

    volume_litres: Litres


class DispatchCapacityView(View):
    """Volume that can leave a warehouse on a day; a day without one has no limit."""

    warehouse: CodeOf
    day: date
    volume_litres: int


class NewFacilityAlias(Payload):
    """A name by which people outside call a facility."""

    alias: Name
    facility: Code


class FacilityAliasView(View):
    """An outside name, folded, and the facility that it means."""

    alias: str
    facility: CodeOf
