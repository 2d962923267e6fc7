"""Scenarios: a plan's facts with changes, computed by the workers, compared with the plan; never dispatched."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.catalog.service import items_by_code
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, InvalidInputError, NotFoundError, missing
from app.core.numbering import next_code
from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.facilities.service import facilities_by_code
from app.partners.types import SupplyChannel
from app.planning.directives.in_plans import directives_of
from app.planning.directives.rules import bands_before_policy
from app.planning.directives.types import DIRECTIVE_TIER
from app.planning.plans.comparison import ComparedGroup, Comparison, Outcome, compare, outcomes_of
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import plan_by_code
from app.planning.runs import service as runs
from app.planning.runs.models import PlanRun
from app.planning.runs.service import Claim
from app.planning.runs.types import RunKind, RunState
from app.planning.scenarios.changes import changed_problem
from app.planning.scenarios.cover import Cover, tier_covers
from app.planning.scenarios.models import Scenario
from app.planning.scenarios.schemas import NewScenario
from app.planning.snapshot.facts import FEN_PER_YUAN
from app.procurement.models import Offer, Pledge, PurchaseOrder
from solver import InvalidProblemError, Problem, parse_problem, problem_digest, problem_to_json

BESIDE_AT_MOST = 6
"""So many scenarios of a plan are set side by side."""

NO_NEEDS = ComparedGroup(
    needs=0,
    base_share=None,
    other_share=None,
    base_lowest=None,
    other_lowest=None,
    base_units=0,
    other_units=0,
    gain=0,
    lose=0,
)


class NotComputedError(ConflictError):
    """There is no answer (yet) that could be looked at."""

    code = "not_computed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedScenario:
    """A scenario beside its plan."""

    comparison: Comparison
    whole: ComparedGroup
    """All needs together."""
    base_covers: Mapping[int, Cover]
    covers: Mapping[int, Cover]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseFacts:
    """What of a plan's facts a scenario can change."""

    start: date
    days: int
    tiers: tuple[int, ...]
    band_caps: tuple[Mapping[int, int], ...]
    """For each band the cap of each tier that it serves, in thousandths."""
    items: tuple[str, ...]
    """Codes of the items that are asked for."""
    warehouses: tuple[str, ...]
    channels: tuple[SupplyChannel, ...]
    """Those through which something is still to come or could be bought."""

    @property
    def last_day(self) -> date:
        """The last day of the plan."""
        return self.start + timedelta(days=self.days - 1)


def base_facts(session: Session, plan: AllocationPlan) -> BaseFacts:
    """What of a plan's facts a scenario can change; raises `NotComputedError`."""
    problem = base_problem(plan)
    bands = problem.bands[bands_before_policy(problem) :]
    tiers = {tier for band in bands for tier, _ in band.caps} | {one.tier for one in problem.demands}
    return BaseFacts(
        start=problem.start,
        days=problem.periods,
        tiers=tuple(sorted(tiers - {DIRECTIVE_TIER})),
        band_caps=tuple({tier: round(cap * 1000) for tier, cap in band.caps} for band in bands),
        items=tuple(sorted({one.item for one in problem.demands})),
        warehouses=tuple(site.id for site in problem.sites),
        channels=tuple(sorted(set(channels_of(session, problem).values()))),
    )


def base_problem(plan: AllocationPlan) -> Problem:
    """The problem of a plan that has an answer; raises `NotComputedError`."""
    if plan.plan_json is None:
        message = "Plan {plan} has no answer that a scenario could be compared with."
        raise NotComputedError.of(message, where="base_plan", plan=plan.code)
    return parse_problem(json.loads(plan.problem_json))


def channels_of(session: Session, problem: Problem) -> dict[str, SupplyChannel]:
    """The channel of each arrival (an order or a pledge) and offer of a problem, by its id there."""
    documents = {supply.id: supply.id.rpartition("/")[0] for supply in problem.supplies if "@" not in supply.id}
    found: dict[str, SupplyChannel] = {}
    codes = sorted(set(documents.values()))
    for table in (PurchaseOrder, Pledge):
        for row in session.execute(select(table.code, table.supply_channel).where(table.code.in_(codes))):
            found |= {key: row.supply_channel for key, document in documents.items() if document == row.code}
    offers = [offer.id for offer in problem.offers]
    for row in session.execute(select(Offer.code, Offer.supply_channel).where(Offer.code.in_(offers))):
        found[row.code] = row.supply_channel
    return found


def create_scenario(work: Work, new: NewScenario) -> Scenario:
    """Apply the changes to the plan's facts and queue the computation.

    Raises `NotFoundError`, `NotComputedError`, and `InvalidInputError` with a fault for every change that cannot be.
    """
    base = plan_by_code(work.session, new.base_plan)
    problem = base_problem(base)
    changed = changed_problem(problem, new.changes, channels_of(work.session, problem))
    text = json.dumps(problem_to_json(changed), ensure_ascii=False)
    try:
        changed = parse_problem(json.loads(text))
    except InvalidProblemError as error:
        message = "The changes make a problem that contradicts itself: {reason}."
        raise InvalidInputError.of(message, where="changes", reason=str(error)) from error
    run = PlanRun(
        code=next_code(work.session, "RUN", work.today),
        kind=RunKind.SCENARIO,
        state=RunState.QUEUED,
        program=base.program,
        policy_id=base.policy_id,
        policy=base.policy,
        start=base.start,
        follows_id=base.id,
        asked_by=work.actor.name,
        asked_at=work.now,
    )
    changes = [change.model_dump(mode="json", exclude_none=True) for change in new.changes]
    scenario = Scenario(
        code=next_code(work.session, "SC", work.today),
        title=new.title,
        base_plan=base,
        changes=changes,
        run=runs.queue_run(work, run),
        problem_digest=problem_digest(changed),
        problem_json=text,
        created_by=work.actor.name,
        created_at=work.now,
    )
    work.session.add(scenario)
    work.record("SCENARIO_CREATED", "scenario", scenario.code, after=new.model_dump(mode="json", exclude_none=True))
    return scenario


def cancel_scenario(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> Scenario:
    """End the computation; raises `runs.RunStateError` when it has ended."""
    scenario = scenario_by_code(work.session, code)
    runs.lock_run(work.session, scenario.run.code)
    runs.cancel_run(work, if_match.check(scenario).run.code)
    return scenario


def problem_of_run(database: Database, claim: Claim) -> str:
    """The problem that a claimed run is to solve, as a `tongchou.problem/1` text."""
    with database.read() as session:
        return session.scalars(select(Scenario.problem_json).where(Scenario.run_id == claim.run_id)).one()


def keep_answer(database: Database, claim: Claim, document: Mapping[str, Any], *, clock: Clock) -> None:
    """Store the solver's answer and end the run in one transaction; raises `runs.RunLostError`."""
    with database.write() as session:
        run = runs.lock_claimed(session, claim)
        scenario = session.scalars(select(Scenario).where(Scenario.run_id == run.id)).one()
        scenario.plan_json = json.dumps(document, ensure_ascii=False)
        scenario.cost_fen = round(document["cost"] * FEN_PER_YUAN)
        runs.finish(session, run, None, clock=clock)


def compared(session: Session, scenario: Scenario) -> ComparedScenario:
    """The scenario beside its plan, need by need; raises `NotComputedError`."""
    return _beside(session, outcomes_of(session, scenario.base_plan), scenario)


def side_by_side(session: Session, plan: AllocationPlan) -> list[tuple[Scenario, ComparedScenario]]:
    """The plan's newest scenarios that have an answer, each beside the plan; in the order in which they were made."""
    computed = select_scenarios(base_plan=plan.code).where(Scenario.plan_json.is_not(None))
    newest = session.scalars(computed.order_by(Scenario.id.desc()).limit(BESIDE_AT_MOST)).unique().all()
    before = outcomes_of(session, plan)
    return [(one, _beside(session, before, one)) for one in reversed(newest)]


def _beside(session: Session, before: list[Outcome], scenario: Scenario) -> ComparedScenario:
    plan, after = scenario.base_plan, scenario_outcomes(session, scenario)
    comparison = compare(before, after)
    return ComparedScenario(
        comparison=comparison,
        whole=comparison.by(lambda _: 0).get(0) or NO_NEEDS,
        base_covers=tier_covers(before, plan.start, plan.horizon_days),
        covers=tier_covers(after, plan.start, plan.horizon_days),
    )


def scenario_outcomes(session: Session, scenario: Scenario) -> list[Outcome]:
    """What the scenario gives to each of its needs; raises `NotComputedError`."""
    document = json.loads(answer_of(scenario))
    problem = parse_problem(json.loads(scenario.problem_json))
    own_tiers = _own_tiers(session, scenario.base_plan)
    given = {one["demand"]: int(one["quantity"]) for one in document["demands"]}
    facilities = facilities_by_code(session, sorted({one.facility for one in problem.demands}))
    items = items_by_code(session, sorted({one.item for one in problem.demands}))
    return [
        Outcome(
            facility=facilities[one.facility],
            item=items[one.item],
            tier=own_tiers.get((one.facility, one.item), one.tier) if one.tier == DIRECTIVE_TIER else one.tier,
            wanted_units=one.quantity,
            # Needs are named requisition/item/day by the snapshot that the plan's problem came from.
            needed_by=date.fromisoformat(one.id.rpartition("/")[2]),
            given_units=given[one.id],
        )
        for one in sorted(problem.demands, key=lambda one: (one.tier, one.id))
    ]


def _own_tiers(session: Session, plan: AllocationPlan) -> dict[tuple[str, str], int]:
    """The tiers of the facilities that directives of a plan are for, by facility and item."""
    return {(row.demand.facility.code, row.demand.item.code): row.demand.tier for row in directives_of(session, plan)}


def answer_of(scenario: Scenario) -> str:
    """The `tongchou.plan/1` text of a scenario; raises `NotComputedError`."""
    if scenario.plan_json is None:
        message = "Scenario {scenario} has no answer."
        raise NotComputedError.of(message, scenario=scenario.code)
    return scenario.plan_json


def scenario_by_code(session: Session, code: str) -> Scenario:
    """The scenario with this code; NotFoundError."""
    scenario = session.scalars(select(Scenario).where(Scenario.code == code)).unique().one_or_none()
    if scenario is None:
        raise NotFoundError(missing("scenario", code))
    return scenario


def scenario_of_run(session: Session, run: PlanRun) -> Scenario | None:
    """The scenario that a run computes."""
    return session.scalars(select(Scenario).where(Scenario.run_id == run.id)).unique().one_or_none()


def select_scenarios(*, program: Program | None = None, base_plan: str | None = None) -> Select[Scenario]:
    """Scenarios by what they vary, in the order in which they were made."""
    query = select(Scenario)
    if program is not None:
        query = query.where(Scenario.base_plan.has(AllocationPlan.program == program))
    if base_plan is not None:
        query = query.where(Scenario.base_plan.has(AllocationPlan.code == base_plan))
    return query
