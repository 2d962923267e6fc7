"""What facilities report each morning, with the faults that real reports have, and its review by the norms."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from math import ceil

from app.catalog.types import BaseUnit, Program
from app.requisitions.schemas import BulkReview, NewRequisition, NewRequisitionLine, RequisitionReview, ReviewBasis
from app.requisitions.service import create_requisitions, review_all, submit_all
from app.simulation.types import Key
from app.simulation.world import FACILITIES, SUPPLIES_GROUP, Diary, World

ON_TIME, LATE = 0.85, 0.08
"""Parts of the reports; the others do not come at all. On the first day all come on time."""
STAGES = (2, 7)
"""A facility says what it will need over so many days from today on."""
GRAMS_ROUNDED = 1_000
CUT = "Beyond what the norms support."


@dataclass(slots=True)
class Reports:
    """Reports of all facilities: what each expects to use, times its exaggeration, less what it has."""

    world: World

    def plan_day(self, diary: Diary) -> None:
        """Note the reports of a day: those on time together, the late ones one by one after the plan."""
        world, day = self.world, diary.day
        on_time, late = [], []
        for facility in self._in_order_of_coming(day):
            drawn = world.draws.between(0, 1, "report", facility, day)
            if world.town.number(day) == 1 or drawn < ON_TIME:
                on_time.append(facility)
            elif drawn < ON_TIME + LATE:
                late.append(facility)
        diary.note(time(7), self._file, on_time)
        for facility in late:
            at = time(world.draws.whole(9, 11, "late report", facility, day), 15)
            diary.note(at, self._file, [facility])

    def _in_order_of_coming(self, day: date) -> list[str]:
        draws = self.world.draws
        asking = sorted({place for place, _ in self.world.town.norm_milliunits})
        return sorted(asking, key=lambda place: draws.between(0, 1, "comes", place, day))

    def _file(self, facilities: Sequence[str]) -> None:
        """Hand in, submit and review the reports of these facilities."""
        new = [one for program in Program for one in self._reports_of(facilities, program)]
        if not new:
            return
        world = self.world
        codes = world.act(FACILITIES, lambda work: [one.code for one in create_requisitions(work, new)])
        world.act(FACILITIES, submit_all, codes)
        reviews = [
            RequisitionReview(requisition=code, basis=ReviewBasis.ASSESSED, reason=CUT, lines=[]) for code in codes
        ]
        world.act(SUPPLIES_GROUP, review_all, BulkReview(reviews=reviews))
        world.tally.reports += len(codes)

    def _reports_of(self, facilities: Sequence[str], program: Program) -> list[NewRequisition]:
        """One report of each facility that needs anything: all of its need, since it replaces the report before."""
        world, day = self.world, self.world.today
        lines: dict[str, list[NewRequisitionLine]] = defaultdict(list)
        wanted = set(facilities)
        for key in world.town.norm_milliunits:
            if key[0] in wanted and world.town.program(key[1]) is program:
                lines[key[0]] += self._lines(key)
        return [
            NewRequisition(facility=facility, program=program, reported_on=day, lines=lines[facility])
            for facility in facilities
            if lines[facility]
        ]

    def _lines(self, key: Key) -> list[NewRequisitionLine]:
        """What is missing of the need for each stage beside what lies on the shelf; what is on its way is included."""
        town, today = self.world.town, self.world.today
        expected = town.expected_use(key, self.world.number)
        a_day = expected * town.inflation(key[0])
        on_hand = self.world.shelves.lasting(key, expected, today)
        step = GRAMS_ROUNDED if town.items[key[1]].base_unit is BaseUnit.GRAM else 1
        lines, asked = [], 0
        for days in STAGES:
            last = today + timedelta(days=days - 1)
            units = ceil((a_day * days - on_hand - asked) / step) * step
            if units > 0:
                asked += units
                lines.append(
                    NewRequisitionLine(item=key[1], requested_units=units, needed_by=last, on_hand_units=on_hand)
                )
        return lines
