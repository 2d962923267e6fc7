"""The simulated city: the sample's facilities or some of them, and what they truly use on a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import pi, sin

from app.catalog.schemas import NewItem
from app.catalog.types import Program
from app.facilities.schemas import NewFacility
from app.planning.policies.schemas import NewPolicy
from app.sample.city import City, read_city
from app.sample.claims import MILLI, daily_use_milliunits
from app.sample.files import read_rows
from app.sample.load import SAMPLE_DAY
from app.sample.roads import road_km
from app.simulation.draws import Draws
from app.simulation.types import Key, Options

WAREHOUSE_TYPE = "warehouse"
OWN_USE = (0.8, 1.05)
"""What a facility uses beside its norm, for good."""
DAILY_NOISE = (0.8, 1.2)
WAVE = 0.25
"""How much more medical goods are used in the middle of the simulation than on its first and last day."""
LOOKS_BACK_DAYS = 3
"""A facility expects to use what it used a day over so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The city's files, and each facility's use by the norm that its policy names."""

    options: Options
    city: City
    policies: Sequence[NewPolicy]
    facilities: Mapping[str, NewFacility]
    items: Mapping[str, NewItem]
    norm_milliunits: Mapping[Key, int]
    """Thousandths of a unit a day, for every facility and item that has a norm."""

    @property
    def draws(self) -> Draws:
        """The random numbers of this world."""
        return Draws(self.options.seed)

    @property
    def first_day(self) -> date:
        """The first day of the simulation."""
        return SAMPLE_DAY + timedelta(days=1)

    def number(self, day: date) -> int:
        """The number of a day, from 1."""
        return (day - SAMPLE_DAY).days

    def program(self, item: str) -> Program:
        """The program of an item."""
        return self.items[item].program

    def tier(self, key: Key) -> int:
        """The tier by which the policy serves a facility with an item."""
        program, kind = self.program(key[1]), self.facilities[key[0]].facility_type
        policy = next(one for one in self.policies if one.program is program)
        return next(row.tier for row in policy.tiers if row.facility_type == kind)

    def inflation(self, facility: str) -> float:
        """By how much a facility's claims pass what it needs: a third of them by 1.3 to 3, the others not."""
        if not self.draws.chance(1 / 3, "inflates", facility):
            return 1.0
        return self.draws.between(1.3, 3.0, "inflation", facility)

    def true_use(self, key: Key, number: int) -> int:
        """Units that a facility uses of an item on a day, if it has them."""
        noise = self.draws.between(*DAILY_NOISE, "noise", *key, number)
        return self.draws.rounded(self._mean_use(key, number) * noise, "use", *key, number)

    def expected_use(self, key: Key, number: int) -> float:
        """Units a day that a facility expects to use, from what it used on the days before."""
        before = range(number - LOOKS_BACK_DAYS, number)
        return sum(self.true_use(key, one) for one in before) / LOOKS_BACK_DAYS

    def city_use(self, item: str) -> float:
        """Units a day that the whole city uses of an item, without the wave."""
        return sum(self._mean_use(key, 0) for key in self.norm_milliunits if key[1] == item)

    def kilometres(self, warehouse: str, facility: str) -> int:
        """Of road, one way."""
        return road_km(self.facilities[warehouse], self.facilities[facility])

    def _mean_use(self, key: Key, number: int) -> float:
        own = self.draws.between(*OWN_USE, "own", *key)
        return self.norm_milliunits[key] / MILLI * own * self._wave(key[1], number)

    def _wave(self, item: str, number: int) -> float:
        last = self.options.days
        if self.program(item) is not Program.MEDICAL or not 1 < number < last:
            return 1.0
        return 1 + WAVE * sin(pi * (number - 1) / (last - 1)) ** 2


def build_town(options: Options) -> Town:
    """The town of the options, from the sample's files; raises `pydantic.ValidationError` where one is wrong."""
    whole = read_city()
    city = whole if options.places_per_type is None else _smaller(whole, options.places_per_type)
    policies = read_rows("policies", NewPolicy)
    norms = _norms(city, policies)
    if city is not whole:
        policies = [_smaller_reserves(policy, norms, _norms(whole, policies)) for policy in policies]
    return Town(
        options=options,
        city=city,
        policies=policies,
        facilities={one.code: one for one in city.facilities},
        items={one.code: one for one in city.items},
        norm_milliunits=norms,
    )


def _norms(city: City, policies: Sequence[NewPolicy]) -> dict[Key, int]:
    program_of = {item.code: item.program for item in city.items}
    return {
        (facility.code, item): milliunits
        for facility in city.facilities
        for policy in policies
        for item, milliunits in daily_use_milliunits(
            facility,
            [one for one in city.norms if one.norm_set == policy.norm_set and program_of[one.item] is policy.program],
        ).items()
    }


def _smaller(city: City, places_per_type: int) -> City:
    """The first facilities of each type, with their lanes, and all warehouses."""
    kept: dict[str, list[NewFacility]] = {}
    for facility in city.facilities:
        there = kept.setdefault(facility.facility_type, [])
        if facility.facility_type == WAREHOUSE_TYPE or len(there) < places_per_type:
            there.append(facility)
    codes = {facility.code for places in kept.values() for facility in places}
    return replace(
        city,
        facilities=[one for one in city.facilities if one.code in codes],
        lanes=[lane for lane in city.lanes if lane.facility in codes],
    )


def _smaller_reserves(policy: NewPolicy, norms: Mapping[Key, int], whole: Mapping[Key, int]) -> NewPolicy:
    """Reserves in proportion to what the smaller city uses."""

    def used(of: Mapping[Key, int], item: str) -> int:
        return sum(milliunits for (_, other), milliunits in of.items() if other == item)

    reserves = [
        row.model_copy(update={"quantity": row.quantity * used(norms, row.item) // max(1, used(whole, row.item))})
        for row in policy.reserves
    ]
    return policy.model_copy(update={"reserves": reserves})
