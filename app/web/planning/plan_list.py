"""The list of plans."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.planning.plans.models import AllocationPlan
from app.planning.plans.types import PlanState
from app.planning.policies.models import Policy
from app.web.kit.columns import code_column, day_column, moment_column, person_column, program_column, state_column
from app.web.kit.rendering import PageLanguage, Words
from app.web.kit.tables import Column, Filter, Kind, Listing, program_filter, show_list, state_filter

router = APIRouter(include_in_schema=False)


@router.get("/plans", dependencies=[needs(Right.PLAN_READ)])
def show_plans(request: Request, session: Reader, language: PageLanguage) -> Response:
    """Every plan, the newest first."""
    words = Words(language)
    listing = Listing(
        file_name="Plans",
        rows=select(AllocationPlan).join(Policy),
        columns=_columns(words),
        filters=_filters(words),
        key=AllocationPlan.id,
        sort="-code",
        empty="There is no plan yet.",
    )
    return show_list(request, session, language, listing, "planning/plan_list.html")


def _columns(words: Words) -> list[Column[AllocationPlan]]:
    return [
        code_column("/plans", AllocationPlan.id),
        program_column(lambda plan: plan.program, AllocationPlan.program),
        state_column(lambda plan: plan.state, AllocationPlan.state),
        day_column("start", "First day", lambda plan: plan.start, AllocationPlan.start),
        Column(
            key="days",
            title="Days",
            value=lambda plan: plan.horizon_days,
            kind=Kind.NUMBER,
            order=AllocationPlan.horizon_days,
        ),
        Column(key="policy", title="Policy", value=lambda plan: words.name_of_policy(plan.policy)),
        Column(
            key="cost",
            title="Cost of the plan",
            value=lambda plan: plan.cost_fen,
            kind=Kind.MONEY,
            order=AllocationPlan.cost_fen,
        ),
        person_column("by", "Proposed by", lambda plan: plan.proposed_by, AllocationPlan.proposed_by),
        moment_column("at", "Proposed at", lambda plan: plan.proposed_at, AllocationPlan.proposed_at),
    ]


def _filters(words: Words) -> list[Filter]:
    return [
        program_filter(words, lambda query, program: query.where(AllocationPlan.program == program)),
        state_filter(words, PlanState, AllocationPlan.state),
    ]
