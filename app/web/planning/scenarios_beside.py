"""The scenarios of one plan side by side with it."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from app.auth import Right, needs
from app.core.http.deps import Reader
from app.core.http.payloads import Code
from app.planning.plans.models import AllocationPlan
from app.planning.plans.service import plan_by_code
from app.planning.scenarios import service as scenarios
from app.planning.scenarios.cover import Cover
from app.planning.scenarios.models import Scenario
from app.planning.scenarios.service import ComparedScenario
from app.web.kit.charts import Chart, Group, grouped_bars
from app.web.kit.rendering import PageLanguage, Words, render
from app.web.planning.scenario_words import change_texts

router = APIRouter(include_in_schema=False)

Beside = list[tuple[Scenario, ComparedScenario]]


@router.get("/plans/{code}/scenarios", dependencies=[needs(Right.PLAN_READ)])
def show_beside(request: Request, session: Reader, language: PageLanguage, code: Code) -> Response:
    """The plan and its newest scenarios: shares, and when each tier runs short."""
    words = Words(language)
    plan = plan_by_code(session, code)
    beside = scenarios.side_by_side(session, plan) if plan.plan_json is not None else []
    return render(
        request,
        "planning/scenarios_beside.html",
        language,
        plan=plan,
        tab="scenarios",
        beside=beside,
        changes=[change_texts(session, scenario, words) for scenario, _ in beside],
        tiers=_tiers(beside),
        chart=_chart(plan, beside, words),
        waiting=_waiting(session, plan),
    )


def _waiting(session: Session, plan: AllocationPlan) -> list[Scenario]:
    """Those that have no answer (yet)."""
    query = scenarios.select_scenarios(base_plan=plan.code).where(Scenario.plan_json.is_(None))
    return list(session.scalars(query.order_by(Scenario.id)).unique())


def _tiers(beside: Beside) -> list[tuple[int, float | None, Cover | None, list[tuple[float | None, Cover | None]]]]:
    """For each tier: mean share and cover by the plan, then by each scenario."""
    groups = [(found, found.comparison.by_tier()) for _, found in beside]
    rows = []
    for tier in sorted({tier for _, by_tier in groups for tier in by_tier}):
        known = [(found, by_tier.get(tier)) for found, by_tier in groups]
        base = next((group.base_share for _, group in known if group is not None), None)
        covers = next((found.base_covers.get(tier) for found, _ in known), None)
        others = [(group.other_share if group is not None else None, found.covers.get(tier)) for found, group in known]
        rows.append((tier, base, covers, others))
    return rows


def _chart(plan: AllocationPlan, beside: Beside, words: Words) -> Chart:
    """A bar for the plan and for each scenario in every tier: its mean share."""
    groups = [
        Group(
            words("Tier {tier}", tier=tier),
            tuple(
                (share, words.share(share) if share is not None else "–")
                for share in (base, *(share for share, _ in others))
            ),
        )
        for tier, base, _, others in _tiers(beside)
    ]
    return grouped_bars(
        groups,
        [plan.code, *(f"{scenario.code} {scenario.title}" for scenario, _ in beside)],
        title=words("Mean share of the need by tier, by the plan and in its scenarios"),
        width=720,
    )
