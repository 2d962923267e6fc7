"""Plans: proposed from a snapshot, solved outside of any transaction, stored with everything they came from."""

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.service import items_by_code
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError, ServiceError
from app.core.numbering import next_code
from app.core.records import lock_row_by_code, row_by_code
from app.core.work import Work
from app.facilities.service import facilities_by_code
from app.planning.commitments.service import bind_received
from app.planning.directives.in_plans import is_of_directive, keep_directives
from app.planning.directives.rules import bands_before_policy, without_directives
from app.planning.grades.rules import told_by_grade
from app.planning.lapsing import CALENDAR, lapse_passed
from app.planning.plans.history import keep_history
from app.planning.plans.models import (
    BILLION,
    AllocationLine,
    AllocationPlan,
    PlanDemand,
    PlanHelp,
    PlanLeftOut,
    PlanLimit,
    PlanPurchase,
    PlanShare,
)
from app.planning.plans.rules import Step, next_state
from app.planning.plans.schemas import NewPlan
from app.planning.plans.types import PlanState
from app.planning.policies.models import Policy
from app.planning.policies.service import policy_in_force
from app.planning.snapshot.facts import FEN_PER_YUAN, Snapshot, take_snapshot
from app.planning.snapshot.previous import faults_of_followed, staying_near
from app.planning.solving.process import PlanFailedError
from solver import Offer, Supply, problem_digest, problem_to_json

Solve = Callable[[str, float], dict[str, Any]]
"""From a problem's JSON text and a time limit in seconds to the plan's document."""


def propose_plan(
    database: Database,
    new: NewPlan,
    *,
    actor: Actor,
    clock: Clock,
    time_limit_seconds: float,
    solve: Solve,
) -> str:
    """Compute a plan from the facts of this moment and store it as PROPOSED; returns its code.

    Three transactions: the snapshot is read and the plan entered as SOLVING in one, the solver works outside of
    any, the answer is stored in another. Raises `PlanFailedError`, with the plan kept as FAILED, and
    `PlanStateError` where the plan was cancelled meanwhile. What has come in for approved plans goes to them first.
    """
    with database.write() as session:
        bind_received(Work(session, actor, clock), new.program)
    with database.write() as session:
        lapse_passed(Work(session, CALENDAR, clock), new.program)
    with database.write() as session:
        policy = policy_in_force(session, new.program, new.policy_version)
        start = new.start or clock.today()
        followed = followed_plan(session, new)
        snapshot = staying_near(take_snapshot(session, policy, start), followed)
        plan = begin_plan(Work(session, actor, clock), policy, start, followed, snapshot)
        code, problem_json = plan.code, plan.problem_json
    try:
        document = solve(problem_json, time_limit_seconds)
    except PlanFailedError as error:
        with database.write() as session:
            fail_plan(Work(session, actor, clock), lock_plan(session, code), error)
        raise
    without = _solved_without_directives(snapshot, solve, time_limit_seconds)
    with database.write() as session:
        keep_answer(Work(session, actor, clock), lock_plan(session, code), snapshot, document, without)
    return code


def problem_text(snapshot: Snapshot) -> str:
    """The problem of a snapshot as a `tongchou.problem/1` text."""
    return json.dumps(problem_to_json(snapshot.problem), ensure_ascii=False)


def problem_without_directives(snapshot: Snapshot) -> str | None:
    """The problem as it would be without directives, as a `tongchou.problem/1` text; None where there are none."""
    if not snapshot.directives:
        return None
    return json.dumps(problem_to_json(without_directives(snapshot.problem)), ensure_ascii=False)


def _solved_without_directives(snapshot: Snapshot, solve: Solve, seconds: float) -> dict[str, Any] | None:
    """The answer to the same facts without directives; None where there are none, or no answer in time."""
    text = problem_without_directives(snapshot)
    try:
        return solve(text, seconds) if text is not None else None
    except PlanFailedError:
        return None  # the plan stands; only what its directives cost is not known


def begin_plan(
    work: Work, policy: Policy, start: date, parent: AllocationPlan | None, snapshot: Snapshot
) -> AllocationPlan:
    """Enter a plan as SOLVING with everything that it will be computed from."""
    plan = AllocationPlan(
        code=next_code(work.session, "PLAN", work.today),
        program=policy.program,
        policy_id=policy.id,
        parent_id=parent.id if parent else None,
        state=PlanState.SOLVING,
        start=start,
        horizon_days=policy.horizon_days,
        snapshot_digest=snapshot.digest,
        problem_digest=problem_digest(snapshot.problem),
        problem_json=problem_text(snapshot),
        proposed_by=work.actor.name,
        proposed_at=work.now,
    )
    work.session.add(plan)
    _record(work, plan, "PLAN_STARTED", {"snapshot_digest": snapshot.digest})
    return plan


def fail_plan(work: Work, plan: AllocationPlan, error: ServiceError) -> None:
    """Keep a plan that has no answer, with the reason."""
    plan.state, plan.failure = next_state(plan.code, plan.state, Step.FAIL), str(error.faults[0])
    _record(work, plan, "PLAN_FAILED", {"failure": plan.failure})


def keep_answer(
    work: Work,
    plan: AllocationPlan,
    snapshot: Snapshot,
    document: Mapping[str, Any],
    without_directives: Mapping[str, Any] | None = None,
) -> None:
    """Store the solver's answer: the plan is PROPOSED. Raises `PlanStateError` where it was cancelled meanwhile.

    `without_directives` is the answer to the same facts without the directives, where there are any.
    """
    plan.state = next_state(plan.code, plan.state, Step.PROPOSE)
    demands = _store(work.session, plan, snapshot, document)
    given = _given(without_directives) if without_directives is not None else None
    keep_directives(work.session, plan, demands, snapshot.directives, given)
    keep_history(work.session, plan, demands, snapshot.history)
    _record(work, plan, "PLAN_PROPOSED", {"cost_fen": plan.cost_fen})


def _given(document: Mapping[str, Any]) -> dict[str, int]:
    return {row["demand"]: int(row["quantity"]) for row in document["demands"]}


def _record(work: Work, plan: AllocationPlan, action: str, after: Mapping[str, Any]) -> None:
    work.record(action, "allocation_plan", plan.code, after={"state": plan.state.value, **after})


def _store(
    session: Session, plan: AllocationPlan, snapshot: Snapshot, document: Mapping[str, Any]
) -> dict[str, PlanDemand]:
    plan.plan_json = json.dumps(document, ensure_ascii=False)
    plan.cost_fen = round(document["cost"] * FEN_PER_YUAN)
    plan.is_partial = document["status"] == "partial"
    plan.fairness_prices = list(document.get("price_of_fairness", ()))
    demands = _store_demands(session, plan, snapshot, document["demands"])
    _store_lines(session, plan, snapshot, document["shipments"], demands)
    session.add_all(
        PlanPurchase(plan_id=plan.id, offer_id=snapshot.offers[row["offer"]].offer_id, quantity=row["quantity"])
        for row in document["purchases"]
    )
    session.add_all(
        PlanLimit(
            plan_id=plan.id,
            limit_key=row["id"],
            kind=row["kind"],
            demand_count=len(row["demands"]),
            gain=row.get("gain"),
        )
        for row in document["limits"]
    )
    session.add_all(
        PlanHelp(
            plan_id=plan.id,
            position=position,
            limit_key=row["limit"],
            kind=row["limit"].split(":", 1)[0],
            unit=round(row["unit"]),
            served_units=round(row["quantity"]),
            raised_demands=row["raised"],
        )
        for position, row in enumerate(document.get("helps", ()))
    )
    items = items_by_code(session, sorted({row.item for row in snapshot.left_out}))
    session.add_all(
        PlanLeftOut(plan_id=plan.id, why=row.why, source_key=row.source, item_id=items[row.item].id, units=row.units)
        for row in snapshot.left_out
    )
    return demands


def _store_demands(
    session: Session, plan: AllocationPlan, snapshot: Snapshot, outcomes: list[dict[str, Any]]
) -> dict[str, PlanDemand]:
    items = items_by_code(session, sorted({need.item for need in snapshot.needs.values()}))
    facilities = facilities_by_code(session, sorted({need.facility for need in snapshot.needs.values()}))
    facts = {demand.id: demand for demand in snapshot.problem.demands}
    before_policy = bands_before_policy(snapshot.problem)
    rows: dict[str, PlanDemand] = {}
    for outcome in outcomes:
        key = outcome["demand"]
        need, item = snapshot.needs[key], items[snapshot.needs[key].item]
        # Where a substitute counts for less or more than one, what is served need not be whole: never round up.
        planned_units = int(outcome["quantity"])
        rows[key] = PlanDemand(
            plan_id=plan.id,
            requisition_line_id=need.line_id,
            facility_id=facilities[need.facility].id,
            item_id=item.id,
            tier=snapshot.own_tiers.get(key, facts[key].tier),
            wanted_units=need.remaining_units,
            planned_units=planned_units,
            reasons=told_by_grade(outcome.get("reasons", ()), need.facility, need.item, snapshot.barred)
            or _pack_reason(need.remaining_units, planned_units, item),
            shares=[
                PlanShare(band_position=position, share_e9=min(BILLION, max(0, round(share * BILLION))))
                for position, share in enumerate(outcome["shares"][before_policy:])
            ],
        )
    session.add_all(rows.values())
    session.flush()
    return rows


def _pack_reason(wanted_units: int, planned_units: int, item: Item) -> list[dict[str, Any]]:
    """The solver settles shares; what whole packs then leave over has no other reason."""
    return (
        [{"code": "less_than_a_pack", "pack": item.pack_units, "unit": item.base_unit.value}]
        if planned_units < wanted_units
        else []
    )


def _store_lines(
    session: Session,
    plan: AllocationPlan,
    snapshot: Snapshot,
    shipments: list[dict[str, Any]],
    demands: Mapping[str, PlanDemand],
) -> None:
    both: tuple[Supply | Offer, ...] = (*snapshot.problem.supplies, *snapshot.problem.offers)
    sources = {source.id: source for source in both}
    warehouses = facilities_by_code(session, sorted({sources[row["source"]].site for row in shipments}))
    items = items_by_code(session, sorted({sources[row["source"]].item for row in shipments}))
    for row in shipments:
        source = sources[row["source"]]
        offer = snapshot.offers.get(source.id)
        session.add(
            AllocationLine(
                plan_id=plan.id,
                plan_demand_id=demands[row["demand"]].id,
                source_key=source.id,
                lot_id=snapshot.lot_ids.get(source.id),
                offer_id=offer.offer_id if offer else None,
                item_id=items[source.item].id,
                warehouse_id=warehouses[source.site].id,
                ship_on=plan.start + timedelta(days=row["period"]),
                firm=row["period"] < plan.policy.firm_days,
                quantity=row["quantity"],
            )
        )


def plan_by_code(session: Session, code: str) -> AllocationPlan:
    """The plan with this code; raises `NotFoundError`."""
    return row_by_code(session, AllocationPlan, "plan", code)


def lock_plan(session: Session, code: str) -> AllocationPlan:
    """As `plan_by_code`, with the row locked until the transaction ends; raises `NotFoundError`."""
    return lock_row_by_code(session, AllocationPlan, "plan", code)


def followed_plan(session: Session, new: NewPlan) -> AllocationPlan | None:
    """The plan that a new one is to stay near, if any; NotFoundError, and ConflictError where it cannot be followed."""
    if new.follows is None:
        return None
    plan = plan_by_code(session, new.follows)
    ConflictError.raise_if(faults_of_followed(plan, new.program))
    return plan


def newest_plan(session: Session, program: Program) -> AllocationPlan | None:
    """The plan that leaders look at first: the newest of a program that has an answer."""
    answered = (PlanState.PROPOSED, PlanState.APPROVED, PlanState.DISPATCHING, PlanState.CLOSED)
    query = (
        select(AllocationPlan)
        .where(AllocationPlan.program == program, AllocationPlan.state.in_(answered), ~is_of_directive())
        .order_by(AllocationPlan.id.desc())
        .limit(1)
    )
    return session.scalars(query).unique().first()


def select_lines(plan: AllocationPlan) -> Select[AllocationLine]:
    """A plan's lines with what they are named by: the facility and item of the need, the lot or offer."""
    return (
        select(AllocationLine)
        .where(AllocationLine.plan_id == plan.id)
        .options(
            joinedload(AllocationLine.demand).lazyload(PlanDemand.shares),
            selectinload(AllocationLine.lot).lazyload("*"),
            selectinload(AllocationLine.offer).lazyload("*"),
        )
    )


def select_plans(
    *, program: Program | None = None, state: PlanState | None = None, start: date | None = None
) -> Select[AllocationPlan]:
    """Plans by what they are for, in the order in which they were proposed; those of single directives are left out."""
    query = select(AllocationPlan).where(~is_of_directive())
    if program is not None:
        query = query.where(AllocationPlan.program == program)
    if state is not None:
        query = query.where(AllocationPlan.state == state)
    if start is not None:
        query = query.where(AllocationPlan.start == start)
    return query
