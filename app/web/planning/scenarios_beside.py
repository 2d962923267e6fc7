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
from app.web.kit.charts import INK, draw
from app.web.kit.rendering import PageLanguage, Words, inline_svg, render
from app.web.planning.scenario_words import change_texts

router = APIRouter(include_in_schema=False)

COLOURS = ("#9db4c8", "#0b4f8a", "#e58a2b", "#1e7d4f", "#b3261e", "#7b5ea7", "#5b6875")

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
        chart=inline_svg(_chart(plan, beside, words)) if beside else "",
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


def _chart(plan: AllocationPlan, beside: Beside, words: Words) -> str:
    """A bar for the plan and for each scenario in every tier: its mean share."""
    which = [plan.code, *(f"{scenario.code} {scenario.title}"[:40] for scenario, _ in beside)]
    values = [
        {"tier": words("Tier {tier}", tier=tier), "which": name, "share": share, "note": words.share(share)}
        for tier, base, _, others in _tiers(beside)
        for name, share in zip(which, (base, *(share for share, _ in others)), strict=True)
        if share is not None
    ]
    place = {
        "y": {"field": "tier", "type": "nominal", "axis": {"title": None, "ticks": False, "domain": False}},
        "yOffset": {"field": "which", "sort": which},
    }
    axis = {"format": "%", "title": None, "values": [0, 0.25, 0.5, 0.75, 1], "ticks": False}
    share_axis = {"field": "share", "type": "quantitative", "axis": axis, "scale": {"domain": [0, 1]}}
    colour = {
        "field": "which",
        "type": "nominal",
        "legend": {"symbolType": "square", "columns": 2, "labelLimit": 320},
        "scale": {"domain": which, "range": list(COLOURS[: len(which)])},
    }
    return draw(
        {
            "description": words("Mean share of the need by tier, by the plan and in its scenarios"),
            "width": 560,
            "height": {"step": 18},
            "data": {"values": values},
            "layer": [
                {"mark": {"type": "bar"}, "encoding": {**place, "x": share_axis, "color": colour}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 5, "color": INK, "fontSize": 11},
                    "encoding": {**place, "x": share_axis, "text": {"field": "note"}},
                },
            ],
        }
    )
