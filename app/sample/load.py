"""Loads Zhuzhou of 31 January 2020 through the services, as it came about day by day, all or nothing."""

from dataclasses import dataclass
from datetime import date, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.work import Work
from app.facilities.models import Facility
from app.planning.directives.schemas import NewDirective
from app.planning.directives.service import order_directive
from app.planning.grades.schemas import NewGradePermission
from app.planning.grades.service import permit
from app.planning.policies.schemas import NewPolicy, NewTierRaise
from app.planning.policies.service import confirm_raise, create_policy, raise_tier
from app.sample.city import read_city
from app.sample.claims import ClaimRule, claims_of
from app.sample.files import read_one, read_rows
from app.sample.market import market_step
from app.sample.reports import claim_steps
from app.sample.steps import Step, play
from app.sample.subsidies import subsidy_step
from app.sample.supply import DEPUTY, LEADER, SupplyHistory

SAMPLE_DAY = date(2020, 1, 31)
"""The day on which the sample's city plans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSummary:
    """How much was loaded."""

    zones: int
    facilities: int
    lanes: int
    items: int
    norms: int
    partners: int
    supply_steps: int
    """Orders, pledges, receipts, movements, offers and what was done with them."""
    requisitions: int
    requisition_lines: int


def load_sample(database: Database, *, clock: Clock) -> SampleSummary:
    """Fill an empty database with the sample, in one transaction.

    What happened is recorded at its own times, up to noon of 31 January 2020 in the zone of `clock`. Raises
    `ConflictError` where the database already holds facilities, or where that day has not come yet by `clock`.
    """
    city = read_city()
    supply = list(SupplyHistory(today=SAMPLE_DAY).steps())
    claims = claims_of(city.facilities, city.items, city.norms, read_one("claims", ClaimRule))
    policies = Step(on=SAMPLE_DAY, at=time(8), act=_enter_policies)
    directive = Step(on=SAMPLE_DAY, at=time(11, 45), act=_propose_directive)
    with database.write() as session:
        _refuse_unless_fit(session, clock)
        further = [market_step(SAMPLE_DAY), subsidy_step(SAMPLE_DAY), directive]
        play(session, [city.step(), policies, *supply, *claim_steps(claims), *further], clock)
    return SampleSummary(
        zones=len(city.zones),
        facilities=len(city.facilities),
        lanes=len(city.lanes),
        items=len(city.items),
        norms=len(city.norms),
        partners=len(city.partners),
        supply_steps=len(supply),
        requisitions=len(claims),
        requisition_lines=sum(len(claim.requisition.lines) for claim in claims),
    )


def _refuse_unless_fit(session: Session, clock: Clock) -> None:
    facilities = session.scalar(select(func.count()).select_from(Facility)) or 0
    if facilities:
        message = "The database already holds {count} facilities; the sample is only loaded into an empty one."
        raise ConflictError.of(message, code="not_empty", count=facilities)
    if clock.today() < SAMPLE_DAY:
        message = "The sample tells of {sample_day}, but by the clock it is {today}."
        days = {"sample_day": SAMPLE_DAY.isoformat(), "today": clock.today().isoformat()}
        raise ConflictError.of(message, code="day_to_come", **days)


def _enter_policies(session: Session, clock: Clock) -> None:
    for policy in read_rows("policies", NewPolicy):
        create_policy(Work(session, LEADER, clock), policy)
    for raised in read_rows("tier_raises", NewTierRaise):
        proposed = raise_tier(Work(session, LEADER, clock), raised)
        confirm_raise(Work(session, DEPUTY, clock), proposed.id)
    for permission in read_rows("grade_permissions", NewGradePermission):
        permit(Work(session, LEADER, clock), permission)


def _propose_directive(session: Session, clock: Clock) -> None:
    """One leader has given a directive; the other has not confirmed it yet."""
    for directive in read_rows("directives", NewDirective):
        order_directive(Work(session, LEADER, clock), directive)
