"""A plan that follows another stays near it: what may be sent as before is sent as before."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from app.catalog.types import Program
from app.core.errors import Fault
from app.planning.plans.models import AllocationPlan
from app.planning.plans.types import PlanState
from app.planning.snapshot.facts import Snapshot
from solver import Problem, Shipment

PENALTY_LEAST = 0.0001
"""Yuan; where all lanes are free, of two ways that cost alike the one of before is taken."""
PROMISED = (PlanState.APPROVED, PlanState.DISPATCHING, PlanState.CLOSED)


def faults_of_followed(plan: AllocationPlan, program: Program) -> list[Fault]:
    """Why no plan of this program can follow that one."""
    faults = []
    if plan.program is not program:
        message = "Plan {plan} is of another program."
        faults.append(Fault("other_program", message, "follows", {"plan": plan.code}))
    if plan.state in PROMISED:
        message = "What plan {plan} sends is promised and will not be planned again; it cannot be followed."
        faults.append(Fault("already_promised", message, "follows", {"plan": plan.code}))
    elif plan.plan_json is None:
        faults.append(Fault("no_answer", "Plan {plan} has no shipments to follow.", "follows", {"plan": plan.code}))
    return faults


def select_followable(program: Program) -> Select[AllocationPlan]:
    """The plans that a new one can stay near, the newest first."""
    followable = (AllocationPlan.plan_json.is_not(None), AllocationPlan.state.not_in(PROMISED))
    query = select(AllocationPlan).where(AllocationPlan.program == program, *followable)
    return query.order_by(AllocationPlan.id.desc())


def staying_near(snapshot: Snapshot, followed: AllocationPlan | None) -> Snapshot:
    """The snapshot with the followed plan's shipments of the same days, and what a change of them costs.

    Its digest stays: the facts are the same. A unit sent otherwise counts as a unit less here and one more there,
    each as dear as the dearest lane: no lane is worth a change, but a band, a purchase or a lot about to spoil is.
    """
    if followed is None or followed.plan_json is None or followed.state in PROMISED:
        return snapshot  # it may have been approved since it was named
    problem = snapshot.problem
    return replace(
        snapshot,
        problem=replace(
            problem,
            previous=_shipments(json.loads(followed.plan_json), followed.start, problem),
            change_penalty=max(PENALTY_LEAST, max((lane.cost for lane in problem.lanes), default=0.0)),
        ),
    )


def _shipments(document: Mapping[str, Any], start: date, problem: Problem) -> tuple[Shipment, ...]:
    """What the plan would send in the days of the problem, sorted as in a problem."""
    passed = (problem.start - start).days
    rows = (
        Shipment(source=row["source"], demand=row["demand"], period=row["period"] - passed, quantity=row["quantity"])
        for row in document["shipments"]
    )
    within = [row for row in rows if 0 <= row.period < problem.periods]
    return tuple(sorted(within, key=lambda row: (row.demand, row.source, row.period)))
