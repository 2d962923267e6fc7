"""A public list of places (province, city, county, name ...) as the places of a city workbook.

Such lists name places by their administrative areas: the areas become zones. Places keep the coordinates and beds that
the list has; zones take coordinates from a second list, or from their places: lanes can then be proposed by distance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import Fault, InvalidInputError, missing
from app.interop.city.present import CityRow
from app.interop.city.workbook import empty_city
from app.interop.errors import UnreadableFileError
from app.interop.sheets.books import Book
from app.interop.sheets.cells import said
from app.interop.sheets.quantities import Quantity, read_quantity

AREAS = ("province", "city", "county")
"""The columns of areas of a Chinese list, the largest first."""
BEDS = ("beds", "staffed all beds", "licensed all beds", "床位", "床位数")
"""Columns of beds; the first that says a number is taken."""
BEDS_MAX = 100_000
DESIGNATED, FEVER_CLINIC, STORE = "designated_hospital", "fever_clinic", "warehouse"
DEGREE = 1_000_000
YES = frozenset({"true", "yes", "1", "是"})
Area = tuple[str, ...]
"""Names of areas from the largest: province; province and city; or province, city and county."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlaces:
    """The rows of a workbook that follow from a list, and what of it could not be used."""

    city: Mapping[str, Sequence[CityRow]]
    without_name: int
    repeated: int


def rows_of_list(book: Book, required: Sequence[str], where: str) -> Iterator[dict[str, str]]:
    """The rows of the first sheet by heading in small letters; raises `UnreadableFileError` for missing columns."""
    rows = book.sheets[0].rows if book.sheets else ()
    headings = [said(cell).casefold() for cell in rows[0]] if rows else []
    lacking = [name for name in required if name not in headings]
    if lacking:
        message = "The list has no column {names}."
        raise UnreadableFileError(Fault("columns_missing", message, where, {"names": ", ".join(lacking)}))
    for row in rows[1:]:
        yield {name: said(cell) for name, cell in zip(headings, row, strict=False)}


def positions_of(book: Book, where: str) -> dict[Area, tuple[int, int]]:
    """Longitude and latitude, in millionths of a degree, of areas by city and county."""
    found: dict[Area, tuple[int, int]] = {}
    for row in rows_of_list(book, ("city", "county", "longitude", "latitude"), where):
        try:
            at = round(float(row["longitude"]) * DEGREE), round(float(row["latitude"]) * DEGREE)
        except ValueError:
            continue
        found[row["city"], _stem(row["county"])] = at
    return found


def _stem(area: str) -> str:
    """An area without the word for its kind, which lists write or leave out: 芦淞区 and 芦淞."""
    return area[:-1] if len(area) > 2 and area[-1] in "区县市" else area


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRule:
    """How a list is read: its columns of areas (the largest first), which area is wanted, and what its places are."""

    areas: Sequence[str] = AREAS
    within: str | None = None
    """Only what lies in this largest area; None for all of them."""
    stores: Sequence[str] = ()
    """Names of zones in each of which a made-up store lies, so that lanes can be proposed."""
    facility_type: str = FEVER_CLINIC
    """Of places that the list does not call designated."""


def places_of_list(book: Book, where: str, rule: ListRule, positions: Mapping[Area, tuple[int, int]]) -> ListedPlaces:
    """Zones and facilities of a list; those that it calls designated are designated hospitals.

    A zone without coordinates of its own lies in the middle of its places that have some.
    """
    areas_of = [name.casefold() for name in rule.areas]
    zones: dict[Area, CityRow] = {}
    facilities: dict[tuple[Area, str], CityRow] = {}
    inside: dict[Area, list[tuple[int, int]]] = defaultdict(list)
    without_name = repeated = 0
    for row in rows_of_list(book, [*areas_of, "name"], where):
        if rule.within is not None and row[areas_of[0]] != rule.within:
            continue
        if not row["name"]:
            without_name += 1
            continue
        parts = [part for name in areas_of if (part := row[name])]
        areas = [tuple(parts[: n + 1]) for n in range(len(parts))]
        for area in areas:
            if area not in zones:
                zones[area] = _zone(area, len(zones) + 1, zones, positions, levels=len(areas_of))
        key = (areas[-1], row["name"])
        if key in facilities:
            repeated += 1
            continue
        facilities[key] = _facility(row, len(facilities) + 1, zones[areas[-1]], rule)
        at = _position(row)
        if at is not None:
            for area in areas:
                inside[area].append(at)
    for area, places in inside.items():
        if zones[area]["longitude_e6"] is None:
            zones[area] |= {"longitude_e6": _mean(x for x, _ in places), "latitude_e6": _mean(y for _, y in places)}
    stores = _stores(list(zones.values()), rule.stores)
    rows = {"zones": list(zones.values()), "facilities": list(facilities.values()), "warehouses": stores}
    city = dict(empty_city()) | rows
    return ListedPlaces(city=city, without_name=without_name, repeated=repeated)


def _stores(zones: Sequence[CityRow], wanted: Sequence[str]) -> list[CityRow]:
    """A store in each of the zones, marked as made up; raises `InvalidInputError` for a zone that is not there."""
    named = {zone["name_zh"]: zone for zone in zones}
    unknown = [missing("zone", name) for name in wanted if name not in named]
    InvalidInputError.raise_if(unknown)
    return [
        {
            "code": f"warehouse-{number:03d}",
            "name_zh": f"{name}物资库",
            "name_en": f"Store of {name}",
            "facility_type": STORE,
            "zone": named[name]["code"],
            "longitude_e6": named[name]["longitude_e6"],
            "latitude_e6": named[name]["latitude_e6"],
            "synthetic": True,
            "active": True,
        }
        for number, name in enumerate(wanted, start=1)
    ]


def _mean(parts: Iterable[int]) -> int:
    numbers = list(parts)
    return sum(numbers) // len(numbers)


def _position(row: Mapping[str, str]) -> tuple[int, int] | None:
    """Longitude and latitude of a place in millionths of a degree; None where the list has none that can be."""
    try:
        longitude, latitude = float(row.get("longitude", "")), float(row.get("latitude", ""))
    except ValueError:
        return None
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        return None
    return round(longitude * DEGREE), round(latitude * DEGREE)


def _beds(row: Mapping[str, str]) -> int:
    """Beds of a place; 0 where the list says none."""
    for name in BEDS:
        read = read_quantity(row.get(name) or None)
        if isinstance(read, Quantity) and 0 < read.number <= BEDS_MAX:
            return int(read.number)
    return 0


def _zone(
    area: Area,
    number: int,
    zones: Mapping[Area, CityRow],
    positions: Mapping[Area, tuple[int, int]],
    *,
    levels: int,
) -> CityRow:
    city = area[1] if len(area) > 1 else ""
    at = positions.get((city, _stem(area[-1])))
    # Counties of one name lie in many cities, and in many states: the area above goes before.
    name = "".join(area[1:]) if levels > 2 and len(area) > 2 else area[-1]
    if levels == 2 and len(area) == 2:
        name = f"{area[1]}, {area[0]}"
    return {
        "code": f"zone-{number:03d}",
        "name_zh": name,
        "name_en": name,
        "kind": "county" if len(area) == levels > 1 else "city",
        "parent": zones[area[:-1]]["code"] if len(area) > 1 else None,
        "longitude_e6": at[0] if at else None,
        "latitude_e6": at[1] if at else None,
    }


def _facility(row: Mapping[str, str], number: int, zone: CityRow, rule: ListRule) -> CityRow:
    is_designated = row.get("is_designated", "").casefold() in YES
    at = _position(row)
    return {
        "code": f"facility-{number:03d}",
        "name_zh": row["name"],
        "name_en": row["name"],
        "facility_type": DESIGNATED if is_designated else rule.facility_type,
        "zone": zone["code"],
        "beds": _beds(row),
        "address": row.get("address", "")[:200],
        "longitude_e6": at[0] if at else None,
        "latitude_e6": at[1] if at else None,
        "active": True,
    }
