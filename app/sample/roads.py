"""The sample's roads: which warehouse can send to which facility, in how many days and at what cost.

All figures are assumptions: the road is 1.3 times the great circle, what lies within 100 km of road arrives on the
same day, further places the next day; freight is a fixed part plus a part for each kilometre. Key hospitals are driven
to every day, the city's other places every second day, the counties twice a week.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated

from pydantic import Field

from app.catalog.types import Program
from app.core.http.payloads import Choice, Code, Payload
from app.facilities import distances
from app.facilities.schemas import DeparturesOf, NewFacility, NewLane
from app.facilities.types import Weekday

DETOUR_PERMILLE = 1300
SAME_DAY_KM = 100
FREIGHT_MICROYUAN_PER_PIECE = 500
FREIGHT_MICROYUAN_PER_PIECE_AND_KM = 50
FREIGHT_MICROYUAN_PER_KG = 20_000
FREIGHT_MICROYUAN_PER_KG_AND_KM = 2_000
VAN, TRUCK = "van", "truck"


class StoreReach(Payload):
    """Whom a warehouse serves: every facility with a need in one of its programs, in its zones or everywhere."""

    warehouse: Code
    programs: Annotated[list[Choice[Program]], Field(min_length=1)]
    zones: list[Code] = Field(default_factory=list)


class DeliveryDays(Payload):
    """The weekdays on which facilities of these types in these zones are driven to; an empty list names all of them."""

    facility_types: list[Code] = Field(default_factory=list)
    zones: list[Code] = Field(default_factory=list)
    departs_on: DeparturesOf

    def covers(self, facility: NewFacility) -> bool:
        """Whether the rule speaks of a facility."""
        return (not self.facility_types or facility.facility_type in self.facility_types) and (
            not self.zones or facility.zone in self.zones
        )


def road_km(a: NewFacility, b: NewFacility) -> int:
    """Kilometres of road between two facilities with coordinates, rounded."""
    return distances.road_km(_place(a), _place(b), DETOUR_PERMILLE)


def _place(facility: NewFacility) -> distances.Place:
    assert facility.longitude_e6 is not None, facility.code
    assert facility.latitude_e6 is not None, facility.code
    return distances.Place(code=facility.code, longitude_e6=facility.longitude_e6, latitude_e6=facility.latitude_e6)


def lane_between(
    warehouse: NewFacility, facility: NewFacility, programs: Iterable[Program], days: Iterable[DeliveryDays] = ()
) -> NewLane:
    """The lane from a warehouse to a facility, its costs and days from the length of the road.

    The first of the rules in `days` that covers the facility says when it is driven; without one it is every day.
    """
    km = road_km(warehouse, facility)
    return NewLane(
        warehouse=warehouse.code,
        facility=facility.code,
        lead_days=0 if km <= SAME_DAY_KM else 1,
        cost_microyuan_per_piece=FREIGHT_MICROYUAN_PER_PIECE + FREIGHT_MICROYUAN_PER_PIECE_AND_KM * km,
        cost_microyuan_per_kg=FREIGHT_MICROYUAN_PER_KG + FREIGHT_MICROYUAN_PER_KG_AND_KM * km,
        vehicle_class=TRUCK if Program.LIVING in programs else VAN,
        departs_on=next((rule.departs_on for rule in days if rule.covers(facility)), list(Weekday)),
    )


def lanes_of(
    facilities: Sequence[NewFacility],
    reaches: Sequence[StoreReach],
    asking: Mapping[Program, AbstractSet[str]],
    days: Sequence[DeliveryDays] = (),
) -> list[NewLane]:
    """All lanes of the sample; `asking` holds the facility types that have norms in a program."""
    by_code = {facility.code: facility for facility in facilities}
    return [
        lane_between(by_code[reach.warehouse], facility, reach.programs, days)
        for reach in reaches
        for facility in facilities
        if any(facility.facility_type in asking[program] for program in reach.programs)
        and (not reach.zones or facility.zone in reach.zones)
    ]
