"""Plans of a simulated day: one for each program, its approval at noon, then the orders of what it buys."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.types import Program
from app.core.errors import ServiceError
from app.core.rights import ROLE_RIGHTS, Role
from app.core.work import Work
from app.dispatch.orders import approve_plan, create_orders
from app.planning.approval.purchasing import order_purchases
from app.planning.approval.schemas import PlanOrderConfirmation
from app.planning.commitments.service import promised_units
from app.planning.plans.models import AllocationPlan, PlanDemand, PlanPurchase
from app.planning.plans.schemas import NewPlan
from app.planning.plans.service import plan_by_code, propose_plan
from app.planning.plans.types import PlanState
from app.planning.solving.process import solve_document
from app.requisitions.models import Requisition, RequisitionLine
from app.simulation.rules import plan_document
from app.simulation.supply import Supply
from app.simulation.types import Method
from app.simulation.world import LEADER, PROCUREMENT, SUPPLIES_GROUP, WAREHOUSE, World

TIME_LIMIT_SECONDS = 600.0
TRIES = 3
"""A plan that cannot be approved is computed anew so often."""


@dataclass(slots=True)
class Planning:
    """The plans of each day."""

    world: World
    supply: Supply
    _proposed: dict[Program, str] = field(default_factory=dict)

    def propose(self) -> None:
        """A plan for each program, from the facts of the moment."""
        for program in Program:
            self._proposed[program] = self._plan(program)
            self._look_at_need(program, self._proposed[program])

    def approve(self) -> None:
        """The leader decides on what lies there; what cannot be approved is computed anew and decided on again."""
        for program in Program:
            for attempt in range(TRIES):
                if self._approve(program, first=attempt == 0):
                    break
                self._proposed[program] = self._plan(program)

    def order(self) -> None:
        """Procurement orders what the approved plans buy."""
        world = self.world
        for program in Program:
            code = self._proposed[program]
            if world.read(_state, code) is not PlanState.PROPOSED and world.read(_buys, code):
                for order in world.act(PROCUREMENT, _order_purchases, code):
                    self.supply.expect_order(*order)

    def _plan(self, program: Program) -> str:
        method = self.world.town.options.method
        self.world.tally.plans += 1
        return propose_plan(
            self.world.database,
            NewPlan(program=program),
            # Whoever looks at a plan of another rule sees by its author that it is one.
            actor=SUPPLIES_GROUP if method is Method.TONGCHOU else _author(method),
            clock=self.world.clock,
            time_limit_seconds=TIME_LIMIT_SECONDS,
            solve=solve_document if method is Method.TONGCHOU else self._solve_otherwise,
        )

    def _solve_otherwise(self, problem_json: str, _time_limit_seconds: float) -> dict[str, Any]:
        problem = json.loads(problem_json)
        keys = [row["id"] for row in problem.get("demands", ())]
        claims = self.world.read(_claims, keys)
        units = {row["id"]: max(claims[row["id"]], row["quantity"]) for row in problem.get("demands", ())}
        return plan_document(problem, self.world.town.options.method, units)

    def _approve(self, program: Program, *, first: bool) -> bool:
        world, code = self.world, self._proposed[program]
        try:
            world.act(LEADER, approve_plan, code)
        except ServiceError as refusal:
            world.tally.refusals += [f"{world.today} {code}: {fault}" for fault in refusal.faults]
            return False
        world.tally.approved += 1
        world.tally.approved_first_try += first
        if world.read(_state, code) is PlanState.APPROVED:
            world.act(WAREHOUSE, create_orders, code)
        return True

    def _look_at_need(self, program: Program, code: str) -> None:
        """Write down what the city needs for the horizon, as the plan is asked for it and as it truly is."""
        world, town = self.world, self.world.town
        figures = world.tally.days[world.today, program]
        figures.asked, promised = world.read(_asked_values, program, code)
        horizon = next(one.horizon_days for one in town.policies if one.program is program)
        keys = [key for key in town.norm_milliunits if town.program(key[1]) is program]
        value = {key: town.items[key[1]].value_microyuan_per_unit for key in keys}
        on_shelves = sum(world.shelves.on_hand(key) * value[key] for key in keys)
        figures.need = figures.asked + promised + on_shelves
        figures.true_need = horizon * sum(town.true_use(key, world.number) * value[key] for key in keys)


def _author(method: Method) -> Actor:
    return Actor.system(f"rule {method.value}", ROLE_RIGHTS[Role.SUPPLIES_GROUP])


def _state(session: Session, code: str) -> PlanState:
    return plan_by_code(session, code).state


def _order_purchases(work: Work, code: str) -> list[tuple[str, tuple[tuple[str, int], ...], date]]:
    """Order what a plan buys: for each order its code, the units of its items, and the day on which it is expected."""
    return [
        (
            one.order.code,
            tuple((line.item.code, line.ordered_units) for line in one.order.lines),
            one.order.expected_on,
        )
        for one in order_purchases(work, code, PlanOrderConfirmation())
    ]


def _buys(session: Session, code: str) -> bool:
    plan = plan_by_code(session, code)
    return session.scalar(select(PlanPurchase.offer_id).where(PlanPurchase.plan_id == plan.id).limit(1)) is not None


def _claims(session: Session, keys: list[str]) -> dict[str, int]:
    """What was asked for with each demand before the review, less what has come; by the demand's id in the problem."""
    wanted = {tuple(key.split("/")[:3]) for key in keys}
    codes = sorted({code for code, *_ in wanted})
    query = (
        select(Requisition.code, Item.code, RequisitionLine)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .join(Item, Item.id == RequisitionLine.item_id)
        .where(Requisition.code.in_(codes))
    )
    found = {
        (code, item, line.needed_by.isoformat()): line.requested_units - line.delivered_units
        for code, item, line in session.execute(query).unique()
    }
    return {key: found[key.split("/")[0], key.split("/")[1], key.split("/")[2]] for key in keys}


def _asked_values(session: Session, program: Program, code: str) -> tuple[int, int]:
    """What a plan is asked for, and what other plans still owe, at the items' reference values in microyuan."""
    asked = (
        select(PlanDemand.wanted_units, Item.value_microyuan_per_unit)
        .join(AllocationPlan, AllocationPlan.id == PlanDemand.plan_id)
        .join(Item, Item.id == PlanDemand.item_id)
        .where(AllocationPlan.code == code)
    )
    promised = promised_units(session, program)
    values = dict(
        session.execute(
            select(RequisitionLine.id, Item.value_microyuan_per_unit)
            .join(Item, Item.id == RequisitionLine.item_id)
            .where(RequisitionLine.id.in_(sorted(promised)))
        ).all()
    )
    return (
        sum(units * value for units, value in session.execute(asked)),
        sum(units * values[line] for line, units in promised.items()),
    )
