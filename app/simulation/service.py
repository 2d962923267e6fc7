"""Runs the days of a simulation and counts their outcome."""

from collections.abc import Callable
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.database import Database
from app.core.errors import ConflictError
from app.core.work import Work
from app.facilities.models import Facility
from app.facilities.schemas import DispatchLimit
from app.facilities.service import set_dispatch_capacity
from app.planning.policies.service import create_policy
from app.sample.load import SAMPLE_DAY
from app.sample.steps import play
from app.simulation.books import look
from app.simulation.incidents import Incidents
from app.simulation.planning import Planning
from app.simulation.reports import Reports
from app.simulation.roads import Roads
from app.simulation.summary import Summary, summarize
from app.simulation.supply import Supply
from app.simulation.tally import Tally
from app.simulation.town import Town, build_town
from app.simulation.types import Options, Parcel
from app.simulation.world import LEADER, WAREHOUSE, Diary, World

OPENING_COVER_DAYS = (1.0, 3.0)
"""Days of use that lie on a facility's shelf on the first morning."""


def simulate(
    options: Options, database: Database, zone: ZoneInfo, tell: Callable[[date, Tally], None] | None = None
) -> Summary:
    """Simulate the days of the options in a migrated, empty database; `tell` is called after each day.

    Raises `ConflictError` where the database holds facilities already.
    """
    town = build_town(options)
    world = World(town=town, database=database, zone=zone)
    world.read(_refuse_unless_empty)
    supply = Supply(world)
    _open_town(world, supply)
    reports, roads = Reports(world), Roads(world)
    planning, incidents = Planning(world, supply), Incidents(world, roads)
    for n in range(options.days):
        day = town.first_day + timedelta(days=n)
        diary = Diary(world, day)
        incidents.plan_day(diary)
        diary.note(time(5, 45), roads.give_lapsed_back)
        reports.plan_day(diary)
        diary.note(time(8), planning.propose)
        diary.note(time(11), roads.arrive, from_yesterday=True)
        supply.plan_day(diary)
        world.tally.events_between.append(supply.fill_morning(diary))
        diary.note(time(12), planning.approve)
        diary.note(time(12, 30), planning.order)
        diary.note(time(13), roads.ship)
        diary.note(time(17), roads.arrive, from_yesterday=False)
        diary.note(time(20), _use, world)
        diary.note(time(23), look, world)
        diary.live()
        if tell is not None:
            tell(day, world.tally)
    return summarize(town, world.tally)


def _refuse_unless_empty(session: Session) -> None:
    facilities = session.scalar(select(func.count()).select_from(Facility)) or 0
    if facilities:
        message = "The database already holds {count} facilities; a simulation needs an empty one."
        raise ConflictError.of(message, code="not_empty", count=facilities)


def _open_town(world: World, supply: Supply) -> None:
    """The city's files, its policies, trucks and stores, and what lies on the shelves, as of the day before."""
    town = world.town
    with world.database.write() as session:
        play(session, [town.city.step()], world.clock)
    world.set(SAMPLE_DAY, time(8))

    def enter(work: Work) -> None:
        for policy in town.policies:
            create_policy(work, policy)

    world.act(LEADER, enter)
    world.act(WAREHOUSE, _set_trucks, town)
    world.set(SAMPLE_DAY, time(10))
    supply.open_stores()
    for key in town.norm_milliunits:
        days = world.draws.between(*OPENING_COVER_DAYS, "cover", *key)
        shelf_days = town.items[key[1]].shelf_life_days
        expiry = None if shelf_days is None else town.first_day + timedelta(days=shelf_days - 2)
        units = round(town.expected_use(key, 1) * days)
        world.shelves.add(key, Parcel(lot_id=0, expiry=expiry, units=units))


def _set_trucks(work: Work, town: Town) -> None:
    """Every day of the simulation, and of the horizon after it, has the trucks of the last day in the files."""
    last = {one.warehouse: one for one in sorted(town.city.capacities, key=lambda one: one.day)}
    horizon = max(policy.horizon_days for policy in town.policies)
    for warehouse, capacity in sorted(last.items()):
        limit = DispatchLimit(volume_litres=capacity.volume_litres)
        for n in range(town.options.days + horizon):
            set_dispatch_capacity(work, warehouse, town.first_day + timedelta(days=n), limit)


def _use(world: World) -> None:
    """The evening: what each facility used of what it wanted to use, and what it had not."""
    town, today = world.town, world.today
    for key in town.norm_milliunits:
        wanted = town.true_use(key, world.number)
        met = world.shelves.use(key, wanted, today)
        value = town.items[key[1]].value_microyuan_per_unit
        total, figures = world.tally.use[key], world.tally.days[today, town.program(key[1])]
        total.wanted, total.met = total.wanted + wanted, total.met + met
        figures.use, figures.unmet = figures.use + wanted * value, figures.unmet + (wanted - met) * value
        if met < wanted:
            total.dry_days += 1
            figures.dry[town.tier(key)] += 1
