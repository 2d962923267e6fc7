"""Distances between places, and lanes that follow from them: pure, from coordinates in millionths of a degree."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

EARTH_RADIUS_KM = 6371.0
ROAD_FACTOR_PERMILLE = 1300
"""Roads are longer than the great circle; 1.3 is usual for road networks and an assumption for any one city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place with coordinates."""

    code: str
    longitude_e6: int
    latitude_e6: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRule:
    """How lanes follow from distances; every figure is an assumption that a city may change."""

    road_factor_permille: int = ROAD_FACTOR_PERMILLE
    same_day_km: int = 100
    """What lies within so many kilometres of road arrives on the day of departure."""
    km_a_day: int = 500
    """Each further day covers so many kilometres."""
    nearest: int = 2
    """Lanes are proposed from so many of the nearest warehouses; 0: from all."""
    reach_km: int = 0
    """No lane is longer; 0: no limit."""
    freight_microyuan_per_piece: int = 500
    freight_microyuan_per_piece_and_km: int = 50
    freight_microyuan_per_kg: int = 20_000
    freight_microyuan_per_kg_and_km: int = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A lane that could be, with the length of its road."""

    warehouse: str
    facility: str
    km: int

    def lead_days(self, rule: LaneRule) -> int:
        """Days on the way."""
        return 0 if self.km <= rule.same_day_km else ceil((self.km - rule.same_day_km) / rule.km_a_day)

    def cost_microyuan_per_piece(self, rule: LaneRule) -> int:
        """Freight of a piece."""
        return rule.freight_microyuan_per_piece + rule.freight_microyuan_per_piece_and_km * self.km

    def cost_microyuan_per_kg(self, rule: LaneRule) -> int:
        """Freight of a kilogram."""
        return rule.freight_microyuan_per_kg + rule.freight_microyuan_per_kg_and_km * self.km


def great_circle_km(longitude_a_e6: int, latitude_a_e6: int, longitude_b_e6: int, latitude_b_e6: int) -> float:
    """Kilometres between two points on the sphere (haversine)."""
    lon_a, lat_a = radians(longitude_a_e6 / 1e6), radians(latitude_a_e6 / 1e6)
    lon_b, lat_b = radians(longitude_b_e6 / 1e6), radians(latitude_b_e6 / 1e6)
    chord = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(chord, 1.0)))


def road_km(a: Place, b: Place, factor_permille: int = ROAD_FACTOR_PERMILLE) -> int:
    """Kilometres of road between two places, rounded: the road factor times the great circle."""
    circle = great_circle_km(a.longitude_e6, a.latitude_e6, b.longitude_e6, b.latitude_e6)
    return round(circle * (factor_permille / 1000))


def nearest_warehouses(facility: Place, warehouses: Iterable[Place], rule: LaneRule) -> Sequence[Distance]:
    """The lanes that the rule proposes to a facility, the shortest first."""
    found = sorted(
        (road_km(one, facility, rule.road_factor_permille), one.code) for one in warehouses if one.code != facility.code
    )
    within = [(km, code) for km, code in found if not rule.reach_km or km <= rule.reach_km]
    kept = within[: rule.nearest] if rule.nearest else within
    return [Distance(warehouse=code, facility=facility.code, km=km) for km, code in kept]
