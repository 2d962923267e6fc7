"""Directives in plans: which of a plan's needs they are, what they get, and what that costs the others."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.planning.directives.models import Directive, DirectiveConfirmation, PlanDirective, PlanDirectiveCost
from app.planning.directives.rules import costs_of
from app.planning.directives.schemas import DirectiveCostView, PlanDirectivesView, PlanDirectiveView
from app.planning.directives.service import directive_view
from app.planning.plans.models import AllocationPlan, PlanDemand


def keep_directives(
    session: Session,
    plan: AllocationPlan,
    demands: Mapping[str, PlanDemand],
    directives: Mapping[str, int],
    given_without: Mapping[str, int] | None,
) -> None:
    """Store which demands of a plan are directives and, from a solve without them, what they cost the others.

    `demands` are the plan's rows by the id of their demand in the problem, `directives` ids of directives by the same;
    `given_without` is None where the plan was not computed without them.
    """
    has_costs = given_without is not None
    session.add_all(
        PlanDirective(plan_demand_id=demands[key].id, directive_id=directive_id, plan_id=plan.id, has_costs=has_costs)
        for key, directive_id in directives.items()
    )
    others = {key: row.planned_units for key, row in demands.items() if key not in directives}
    session.add_all(
        PlanDirectiveCost(plan_demand_id=demands[key].id, units_without=units)
        for key, units in sorted(costs_of(others, given_without or {}).items())
    )
    session.flush()


def directives_of(session: Session, plan: AllocationPlan) -> list[PlanDirective]:
    """The directives that a plan serves first, by their ids."""
    query = select(PlanDirective).where(PlanDirective.plan_id == plan.id).order_by(PlanDirective.directive_id)
    return list(session.scalars(query).unique())


def costs_in(session: Session, plan: AllocationPlan) -> list[PlanDirectiveCost]:
    """The needs that get another quantity because of the directives, those that lose most of their share first."""
    query = select(PlanDirectiveCost).join(PlanDemand, PlanDemand.id == PlanDirectiveCost.plan_demand_id)
    rows = session.scalars(query.where(PlanDemand.plan_id == plan.id)).unique()
    return sorted(rows, key=lambda row: (_change_of_share(row), row.plan_demand_id))


def _change_of_share(row: PlanDirectiveCost) -> float:
    return (row.demand.planned_units - row.units_without) / row.demand.wanted_units


def is_of_directive() -> ColumnElement[bool]:
    """Is a plan (a row of `AllocationPlan`) that of a single directive at once? Lists of plans leave those out."""
    return exists().where(DirectiveConfirmation.plan_id == AllocationPlan.id)


def plan_directives_view(session: Session, plan: AllocationPlan) -> PlanDirectivesView:
    """The directives of a plan and their costs, as they are shown."""
    rows = directives_of(session, plan)
    known = all(row.has_costs for row in rows)
    return PlanDirectivesView(
        directives=[
            PlanDirectiveView(
                directive=directive_view(row.directive),
                wanted_units=row.demand.wanted_units,
                planned_units=row.demand.planned_units,
            )
            for row in rows
        ],
        costs=[_cost_view(row) for row in costs_in(session, plan)] if known else None,
    )


def _cost_view(row: PlanDirectiveCost) -> DirectiveCostView:
    demand = row.demand
    return DirectiveCostView(
        facility=demand.facility.code,
        item=demand.item.code,
        unit=demand.item.base_unit,
        tier=demand.tier,
        needed_by=demand.requisition_line.needed_by,
        wanted_units=demand.wanted_units,
        planned_units=demand.planned_units,
        units_without=row.units_without,
    )


def confirmed_until(session: Session, moment: datetime) -> list[Directive]:
    """The directives that had a second leader by then, also those called off since, by their ids."""
    query = select(Directive).join(DirectiveConfirmation, DirectiveConfirmation.directive_id == Directive.id)
    return list(
        session.scalars(query.where(DirectiveConfirmation.confirmed_at < moment).order_by(Directive.id)).unique()
    )
