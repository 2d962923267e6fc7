"""A public list of places (province, city, county, name ...) as the places of a city workbook.

Such lists name places by their administrative areas: the areas become zones, and zones take coordinates from a second
list, so that lanes can be proposed by distance before anybody knows where each place is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import Fault
from app.interop.city.present import CityRow
from app.interop.city.workbook import empty_city
from app.interop.errors import UnreadableFileError
from app.interop.sheets.books import Book
from app.interop.sheets.cells import said

REQUIRED = ("province", "city", "county", "name")
DESIGNATED, OTHER = "designated_hospital", "fever_clinic"
DEGREE = 1_000_000
YES = frozenset({"true", "yes", "1", "是"})
Area = tuple[str, ...]
"""Province; province and city; or province, city and county."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlaces:
    """The rows of a workbook that follow from a list, and what of it could not be used."""

    city: Mapping[str, Sequence[CityRow]]
    without_name: int
    repeated: int


def rows_of_list(book: Book, required: Sequence[str], where: str) -> Iterator[dict[str, str]]:
    """The rows of the first sheet by heading; raises `UnreadableFileError` naming every column that is missing."""
    rows = book.sheets[0].rows if book.sheets else ()
    headings = [said(cell) for cell in rows[0]] if rows else []
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


def places_of_list(book: Book, where: str, *, province: str, positions: Mapping[Area, tuple[int, int]]) -> ListedPlaces:
    """Zones and facilities of one province; those that the list calls designated are designated hospitals."""
    zones: dict[Area, CityRow] = {}
    facilities: dict[tuple[Area, str], CityRow] = {}
    without_name = repeated = 0
    for row in rows_of_list(book, REQUIRED, where):
        if row["province"] != province:
            continue
        if not row["name"]:
            without_name += 1
            continue
        parts = [part for part in (row["province"], row["city"], row["county"]) if part]
        areas = [tuple(parts[: n + 1]) for n in range(len(parts))]
        for area in areas:
            if area not in zones:
                zones[area] = _zone(area, len(zones) + 1, zones, positions)
        key = (areas[-1], row["name"])
        if key in facilities:
            repeated += 1
            continue
        facilities[key] = _facility(row, len(facilities) + 1, zones[areas[-1]])
    city = dict(empty_city()) | {"zones": list(zones.values()), "facilities": list(facilities.values())}
    return ListedPlaces(city=city, without_name=without_name, repeated=repeated)


def _zone(area: Area, number: int, zones: Mapping[Area, CityRow], positions: Mapping[Area, tuple[int, int]]) -> CityRow:
    city = area[1] if len(area) > 1 else ""
    at = positions.get((city, _stem(area[-1])))
    name = "".join(area[1:]) if len(area) > 2 else area[-1]
    return {
        "code": f"zone-{number:03d}",
        "name_zh": name,
        "name_en": name,
        "kind": ("city", "city", "county")[len(area) - 1],
        "parent": zones[area[:-1]]["code"] if len(area) > 1 else None,
        "longitude_e6": at[0] if at else None,
        "latitude_e6": at[1] if at else None,
    }


def _facility(row: Mapping[str, str], number: int, zone: CityRow) -> CityRow:
    is_designated = row.get("is_designated", "").casefold() in YES
    return {
        "code": f"facility-{number:03d}",
        "name_zh": row["name"],
        "name_en": row["name"],
        "facility_type": DESIGNATED if is_designated else OTHER,
        "zone": zone["code"],
        "address": row.get("address", "")[:200],
        "active": True,
    }
