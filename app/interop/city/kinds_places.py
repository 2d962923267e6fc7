"""Sheets of places and the ways between them: zones, facilities, warehouses, lanes, capacities."""

from app.auth import Right
from app.facilities.types import ZoneKind
from app.interop.city.columns import Column, Form
from app.interop.city.sheet_kind import (
    ACTIVE,
    CODE,
    LATITUDE,
    LONGITUDE,
    NAMES,
    SYNTHETIC,
    YUAN,
    SheetKind,
    type_column,
    warehouse_column,
    words_of,
)

_COUNT_TITLES = {
    "beds": "Beds",
    "isolation_beds": "Isolation beds",
    "staff": "Staff",
    "residents_served": "Residents served",
    "visits_per_day": "Visits a day",
}
_PLACE = (
    Column(field="zone", title="Zone", form=Form.REFERENCE, refers="zones", required=True),
    Column(field="address", title="Address", width=30),
    Column(field="contact", title="Contact"),
    Column(field="telephone", title="Telephone"),
    LONGITUDE,
    LATITUDE,
)


ZONES = SheetKind(
    name="zones",
    title="Zones",
    prefix="zone",
    columns=(
        CODE,
        *NAMES,
        Column(field="kind", title="Kind", form=Form.CHOICE, words=words_of(ZoneKind, "zone"), required=True),
        Column(field="parent", title="Lies in", form=Form.REFERENCE, refers="zones", note="Empty for the city itself."),
        Column(field="residents", title="Residents", form=Form.NUMBER),
        LONGITUDE,
        LATITUDE,
        Column(field="tile_column", title="Column on the map", form=Form.NUMBER, note="Counted from the west, from 0."),
        Column(field="tile_row", title="Row on the map", form=Form.NUMBER, note="Counted from the north, from 0."),
    ),
)
FACILITIES = SheetKind(
    name="facilities",
    title="Facilities of the city",
    prefix="facility",
    columns=(
        CODE,
        *NAMES,
        type_column(),
        *(Column(field=field, title=title, form=Form.NUMBER) for field, title in _COUNT_TITLES.items()),
        *_PLACE,
        SYNTHETIC,
        ACTIVE,
    ),
)
WAREHOUSES = SheetKind(
    name="warehouses",
    title="Warehouses",
    prefix="warehouse",
    columns=(CODE, *NAMES, type_column(), *_PLACE, SYNTHETIC, ACTIVE),
)
FACILITY_ALIASES = SheetKind(
    name="facility_aliases",
    title="Other names of facilities",
    key=("alias",),
    columns=(
        Column(field="alias", title="Other name", required=True, width=30),
        Column(field="facility", title="Facility", form=Form.REFERENCE, refers="facilities", required=True, width=28),
    ),
)
VEHICLE_CLASSES = SheetKind(
    name="vehicle_classes",
    title="Vehicle classes",
    prefix="vehicle",
    columns=(
        CODE,
        *NAMES,
        Column(field="volume_litres", title="Carries litres", form=Form.NUMBER, required=True),
        ACTIVE,
    ),
)
LANES = SheetKind(
    name="lanes",
    title="Lanes",
    key=("warehouse", "facility"),
    columns=(
        warehouse_column("From warehouse"),
        Column(
            field="facility", title="To facility", form=Form.REFERENCE, refers="facilities", required=True, width=28
        ),
        Column(field="lead_days", title="Days on the way", form=Form.NUMBER),
        Column(
            field="cost_microyuan_per_piece", title="Freight a piece in yuan", form=Form.NUMBER, scale=YUAN, width=20
        ),
        Column(
            field="cost_microyuan_per_kg", title="Freight a kilogram in yuan", form=Form.NUMBER, scale=YUAN, width=20
        ),
        Column(field="vehicle_class", title="Vehicle class", form=Form.REFERENCE, refers="vehicle_classes"),
        Column(field="departs_on", title="Driven on", form=Form.WEEKDAYS, width=28, note="Empty: every day."),
    ),
)
CAPACITIES = SheetKind(
    name="capacities",
    title="Capacities of a day",
    key=("warehouse", "day"),
    writes=Right.CAPACITY_SET,
    columns=(
        warehouse_column(),
        Column(field="day", title="Day", form=Form.DAY, required=True),
        Column(field="volume_litres", title="Litres that can leave", form=Form.NUMBER, required=True, width=20),
    ),
)
