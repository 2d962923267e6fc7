"""REST of scenarios: make one, look at it, compare it with the plan that it varies."""

import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, status

from app.auth import Right, Write, needs
from app.catalog.types import Program
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.idempotency import Once
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch, OptionalIfMatch, tagged
from app.core.i18n import name_of
from app.planning.plans.comparison import ComparedGroup
from app.planning.plans.formats import PLAN_DOCUMENT, PROBLEM_DOCUMENT
from app.planning.runs.api import Language
from app.planning.scenarios import service as scenarios
from app.planning.scenarios.cover import Cover
from app.planning.scenarios.models import Scenario
from app.planning.scenarios.schemas import GroupView, NewScenario, ScenarioComparisonView, ScenarioView, TierView
from app.planning.scenarios.service import ComparedScenario

router = APIRouter(prefix="/scenarios", tags=["planning"])


def scenario_view(scenario: Scenario) -> ScenarioView:
    """A scenario without its answer."""
    base = scenario.base_plan
    return ScenarioView(
        code=scenario.code,
        title=scenario.title,
        program=base.program,
        base_plan=base.code,
        changes=scenario.changes,
        state=scenario.run.state,
        run=scenario.run.code,
        problem_digest=scenario.problem_digest,
        cost_fen=scenario.cost_fen,
        base_cost_fen=base.cost_fen,
        created_by=scenario.created_by,
        created_at=scenario.created_at,
    )


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Let a scenario be computed: a plan's facts with changes",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.SCENARIO)],
)
def create_scenario(new: NewScenario, work: Write, once: Once) -> Rendered[ScenarioView]:
    """Answers at once; follow its run. A scenario is never approved or dispatched."""
    return once(
        work, lambda: tagged(scenarios.create_scenario(work, new), scenario_view), location="/api/v1/scenarios/{code}"
    )


@router.get("", summary="List scenarios", responses=problem_answers(), dependencies=[needs(Right.PLAN_READ)])
def list_scenarios(
    session: Reader, cursor: PageCursor, program: Program | None = None, base_plan: Code | None = None
) -> Rendered[Page[ScenarioView]]:
    """In the order in which they were made."""
    query = scenarios.select_scenarios(program=program, base_plan=base_plan)
    rows, after = read_page(session, query, Scenario.id, cursor)
    return Rendered(Page(items=[scenario_view(row) for row in rows], next=after))


@router.get("/{code}", summary="Show a scenario", responses=problem_answers(404), dependencies=[needs(Right.PLAN_READ)])
def show_scenario(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[ScenarioView]:
    """What was changed, and how far the computation is."""
    return known.answer(scenarios.scenario_by_code(session, code), scenario_view)


@router.post(
    "/{code}/cancel",
    summary="Cancel the computation of a scenario",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.SCENARIO)],
)
def cancel_scenario(code: Code, work: Write, if_match: OptionalIfMatch, once: Once) -> Rendered[ScenarioView]:
    """It is CANCELLED at once. 409 when it has ended."""
    return once(work, lambda: tagged(scenarios.cancel_scenario(work, code, if_match), scenario_view))


@router.get(
    "/{code}/comparison",
    summary="Who gains and who loses against the plan",
    responses=problem_answers(404, 409),
    dependencies=[needs(Right.PLAN_READ)],
)
def compare_scenario(code: Code, session: Reader, language: Language) -> Rendered[ScenarioComparisonView]:
    """By tier, zone, item and facility: shares before and after, and the first day on which each tier runs short.

    409 until there is an answer.
    """
    scenario = scenarios.scenario_by_code(session, code)
    return Rendered(comparison_view(scenario, scenarios.compared(session, scenario), language))


@router.get(
    "/{code}/problem",
    summary="The problem of a scenario",
    responses=problem_answers(404) | PROBLEM_DOCUMENT,
    dependencies=[needs(Right.PLAN_READ)],
)
def show_scenario_problem(code: Code, session: Reader) -> Rendered[dict[str, Any]]:
    """A `tongchou.problem/1` document: the plan's with the changes applied."""
    document: dict[str, Any] = json.loads(scenarios.scenario_by_code(session, code).problem_json)
    return Rendered(document)


@router.get(
    "/{code}/document",
    summary="The solver's answer to a scenario",
    responses=problem_answers(404, 409) | PLAN_DOCUMENT,
    dependencies=[needs(Right.PLAN_READ)],
)
def show_scenario_document(code: Code, session: Reader) -> Rendered[dict[str, Any]]:
    """A `tongchou.plan/1` document: `python -m solver check` proves it against the problem."""
    document: dict[str, Any] = json.loads(scenarios.answer_of(scenarios.scenario_by_code(session, code)))
    return Rendered(document)


def comparison_view(scenario: Scenario, found: ComparedScenario, language: str) -> ScenarioComparisonView:
    """The comparison with names in a language."""
    comparison = found.comparison
    whole = found.whole

    def groups(members: Mapping[Any, ComparedGroup]) -> list[GroupView]:
        return [
            GroupView(key=one.code, name=name_of(one, language), **_figures(group)) for one, group in members.items()
        ]

    return ScenarioComparisonView(
        scenario=scenario.code,
        base_plan=scenario.base_plan.code,
        gain=comparison.gain,
        lose=comparison.lose,
        base_mean_share=whole.base_share,
        mean_share=whole.other_share,
        base_lowest_share=whole.base_lowest,
        lowest_share=whole.other_lowest,
        tiers=[
            _tier_view(tier, group, found.base_covers.get(tier), found.covers.get(tier))
            for tier, group in comparison.by_tier().items()
        ],
        zones=groups(comparison.by_zone()),
        items=groups(comparison.by_item()),
        facilities=groups(comparison.by_facility()),
    )


def _figures(group: ComparedGroup) -> dict[str, Any]:
    return {
        "needs": group.needs,
        "base_share": group.base_share,
        "share": group.other_share,
        "base_lowest": group.base_lowest,
        "lowest": group.other_lowest,
        "base_units": group.base_units,
        "units": group.other_units,
        "gain": group.gain,
        "lose": group.lose,
    }


def _tier_view(tier: int, group: ComparedGroup, before: Cover | None, after: Cover | None) -> TierView:
    def item(cover: Cover | None) -> str | None:
        return cover.item.code if cover is not None and cover.item is not None else None

    return TierView(
        key=str(tier),
        name=str(tier),
        **_figures(group),
        base_cover_days=before.days if before is not None else None,
        cover_days=after.days if after is not None else None,
        base_first_short_on=before.first_short_on if before is not None else None,
        base_first_short_item=item(before),
        first_short_on=after.first_short_on if after is not None else None,
        first_short_item=item(after),
    )
