"""The list of plans."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from app.auth import Right, needs
from app.catalog.types import Program
from app.core.http.deps import Reader
from app.planning.plans.models import AllocationPlan
from app.planning.plans.types import PlanState
from app.planning.policies.models import Policy
from app.web.kit.rendering import PageLanguage, Words
from app.web.kit.tables import Column, Filter, Kind, Listing, show_list

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
        Column(
            key="code",
            title="Code",
            value=lambda plan: plan.code,
            order=AllocationPlan.id,
            link=lambda plan: f"/plans/{plan.code}",
        ),
        Column(
            key="program",
            title="Program",
            value=lambda plan: f"program.{plan.program.value}",
            kind=Kind.WORD,
            order=AllocationPlan.program,
        ),
        Column(key="state", title="State", value=lambda plan: plan.state, kind=Kind.STATE, order=AllocationPlan.state),
        Column(
            key="start", title="First day", value=lambda plan: plan.start, kind=Kind.DAY, order=AllocationPlan.start
        ),
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
        Column(key="by", title="Proposed by", value=lambda plan: plan.proposed_by, order=AllocationPlan.proposed_by),
        Column(
            key="at",
            title="Proposed at",
            value=lambda plan: plan.proposed_at,
            kind=Kind.MOMENT,
            order=AllocationPlan.proposed_at,
        ),
    ]


def _filters(words: Words) -> list[Filter]:
    return [
        Filter(
            key="program",
            title="Program",
            choices=[(one.value, words(f"program.{one.value}")) for one in Program],
            narrow=lambda query, value: query.where(AllocationPlan.program == Program(value)),
        ),
        Filter(
            key="state",
            title="State",
            choices=[(one.value, words(f"state.{one.value}")) for one in PlanState],
            narrow=lambda query, value: query.where(AllocationPlan.state == PlanState(value)),
        ),
    ]
