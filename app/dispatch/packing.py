"""Packs orders into vehicles by zone: first-fit decreasing bin packing by volume. Pure: no tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import Fault, Param

MM3_PER_LITRE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleSize:
    """A vehicle class and the volume that it carries."""

    code: str
    litres: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """An order to be driven: where to, how large, and the class of vehicle that its lane names, if any."""

    order: str
    zone: str
    mm3: int
    vehicle_class: str | None = None

    @property
    def litres(self) -> int:
        """The volume in litres, rounded up."""
        return litres_of([self.mm3])


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedTrip:
    """Orders that share a vehicle, in the order in which they were put into it."""

    vehicle_class: str
    zone: str
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """The trips, and the orders that are larger than every vehicle."""

    trips: tuple[PackedTrip, ...]
    too_large: tuple[Load, ...]


def litres_of(volumes_mm3: Iterable[int]) -> int:
    """The sum of volumes in litres, rounded up."""
    return -(-sum(volumes_mm3) // MM3_PER_LITRE)


def pack(loads: Sequence[Load], sizes: Sequence[VehicleSize]) -> Packing:
    """Put orders into vehicles, zone by zone: first fit in the order of decreasing volume.

    A vehicle is of the class that the lane names, else of the largest one; an order larger than that gets the
    smallest class that holds it. In the end each trip takes the smallest class that holds its load.
    """
    ordered = sorted(sizes, key=lambda size: (size.litres, size.code))
    by_code = {size.code: size for size in ordered}
    too_large = tuple(load for load in loads if not ordered or load.litres > ordered[-1].litres)
    groups: dict[tuple[str, str], list[Load]] = defaultdict(list)
    for load in loads:
        if load not in too_large:
            groups[load.zone, _class_for(load, ordered, by_code).code].append(load)
    trips = []
    for zone, code in sorted(groups):
        for packed in _first_fit(groups[zone, code], by_code[code].litres):
            size = _smallest(litres_of(load.mm3 for load in packed), ordered)
            trips.append(PackedTrip(vehicle_class=size.code, zone=zone, loads=tuple(packed)))
    return Packing(trips=tuple(trips), too_large=too_large)


def _class_for(load: Load, ordered: Sequence[VehicleSize], by_code: Mapping[str, VehicleSize]) -> VehicleSize:
    named = by_code.get(load.vehicle_class or "", ordered[-1])
    return named if load.litres <= named.litres else _smallest(load.litres, ordered)


def _smallest(litres: int, ordered: Sequence[VehicleSize]) -> VehicleSize:
    return next(size for size in ordered if size.litres >= litres)


def _first_fit(loads: Sequence[Load], litres: int) -> list[list[Load]]:
    vehicles: list[list[Load]] = []
    for load in sorted(loads, key=lambda one: (-one.mm3, one.order)):
        for vehicle in vehicles:
            if litres_of(one.mm3 for one in (*vehicle, load)) <= litres:
                vehicle.append(load)
                break
        else:
            vehicles.append([load])
    return vehicles


def trip_faults(loads: Sequence[Load], size: VehicleSize, *, where: str = "vehicle_class") -> list[Fault]:
    """The fault of a trip whose orders together are larger than its vehicle."""
    litres = litres_of(load.mm3 for load in loads)
    if litres <= size.litres:
        return []
    message = "The orders take {litres} litres; a vehicle of the class “{vehicle_class}” carries {carried}."
    params: dict[str, Param] = {"litres": litres, "vehicle_class": size.code, "carried": size.litres}
    return [Fault("trip_too_large", message, where, params)]
