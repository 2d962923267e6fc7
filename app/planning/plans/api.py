"""REST of plans: what they give, to whom, by what, and why no more."""

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.auth import Right, needs
from app.catalog.types import Program
from app.core.errors import NotFoundError, missing
from app.core.http.answers import Rendered
from app.core.http.deps import Reader
from app.core.http.paging import Page, PageCursor, read_page
from app.core.http.payloads import Code
from app.core.http.problem_details import problem_answers
from app.core.http.versions import IfNoneMatch
from app.core.i18n import choose_language
from app.planning.plans import service, views
from app.planning.plans.formats import PLAN_DOCUMENT, PROBLEM_DOCUMENT
from app.planning.plans.history import history_in
from app.planning.plans.models import AllocationLine, AllocationPlan, PlanDemand
from app.planning.plans.report import namer
from app.planning.plans.schemas import (
    AllocationLineView,
    PlanDemandView,
    PlanLimitView,
    PlanPurchaseView,
    PlanView,
)
from app.planning.plans.types import PlanState

router = APIRouter(prefix="/plans", tags=["planning"])


@router.get("", summary="List plans", responses=problem_answers(), dependencies=[needs(Right.PLAN_READ)])
def list_plans(
    session: Reader,
    cursor: PageCursor,
    program: Program | None = None,
    state: PlanState | None = None,
    start: date | None = None,
) -> Rendered[Page[PlanView]]:
    """In the order in which they were proposed."""
    query = service.select_plans(program=program, state=state, start=start)
    rows, after = read_page(session, query, AllocationPlan.id, cursor)
    return Rendered(Page(items=[views.plan_view(row) for row in rows], next=after))


@router.get("/{code}", summary="Show a plan", responses=problem_answers(404), dependencies=[needs(Right.PLAN_READ)])
def show_plan(code: Code, session: Reader, known: IfNoneMatch) -> Rendered[PlanView]:
    """Its state, its inputs by digest, its cost."""
    return known.answer(service.plan_by_code(session, code), views.plan_view)


@router.get(
    "/{code}/demands",
    summary="What a plan gives to each need, and why no more",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_plan_demands(
    code: Code,
    session: Reader,
    cursor: PageCursor,
    request: Request,
    facility: Code | None = None,
    item: Code | None = None,
    tier: int | None = None,
    short: bool | None = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Rendered[Page[PlanDemandView]]:
    """Shares are those after each band; the reasons come as codes and as sentences."""
    language = choose_language(accept_language, request.app.state.settings.default_language)
    plan = service.plan_by_code(session, code)
    query = select(PlanDemand).where(PlanDemand.plan_id == plan.id)
    query = query.options(selectinload(PlanDemand.requisition_line))
    if facility is not None:
        query = query.where(PlanDemand.facility.has(code=facility))
    if item is not None:
        query = query.where(PlanDemand.item.has(code=item))
    if tier is not None:
        query = query.where(PlanDemand.tier == tier)
    if short is not None:
        is_short = PlanDemand.planned_units < PlanDemand.wanted_units
        query = query.where(is_short if short else ~is_short)
    rows, after = read_page(session, query, PlanDemand.id, cursor)
    naming = namer(session, language)
    before = history_in(session, plan)
    items = [views.demand_view(row, language, naming, before.get((row.facility_id, row.item_id))) for row in rows]
    return Rendered(Page(items=items, next=after))


@router.get(
    "/{code}/lines",
    summary="List a plan's allocation lines",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_lines(
    code: Code, session: Reader, cursor: PageCursor, warehouse: Code | None = None, ship_on: date | None = None
) -> Rendered[Page[AllocationLineView]]:
    """Whole packs of one source for one need on a day."""
    query = service.select_lines(service.plan_by_code(session, code))
    if warehouse is not None:
        query = query.where(AllocationLine.warehouse.has(code=warehouse))
    if ship_on is not None:
        query = query.where(AllocationLine.ship_on == ship_on)
    rows, after = read_page(session, query, AllocationLine.id, cursor)
    return Rendered(Page(items=[views.line_view(row) for row in rows], next=after))


@router.get(
    "/{code}/purchases",
    summary="List what a plan buys",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_plan_purchases(code: Code, session: Reader) -> Rendered[list[PlanPurchaseView]]:
    """One row an offer."""
    return Rendered([views.purchase_view(row) for row in service.plan_by_code(session, code).purchases])


@router.get(
    "/{code}/limits",
    summary="List what holds a plan back",
    responses=problem_answers(404),
    dependencies=[needs(Right.PLAN_READ)],
)
def list_plan_limits(code: Code, session: Reader) -> Rendered[list[PlanLimitView]]:
    """Each limit with the needs that it holds below their cap and, where it was computed, the gain of more of it."""
    return Rendered([views.limit_view(row) for row in service.plan_by_code(session, code).limits])


@router.get(
    "/{code}/problem",
    summary="The problem that a plan answers",
    responses=problem_answers(404) | PROBLEM_DOCUMENT,
    dependencies=[needs(Right.PLAN_READ)],
)
def show_plan_problem(code: Code, session: Reader) -> Rendered[dict[str, Any]]:
    """A `tongchou.problem/1` document: `python -m solver solve` computes the same plan from it."""
    document: dict[str, Any] = json.loads(service.plan_by_code(session, code).problem_json)
    return Rendered(document)


@router.get(
    "/{code}/document",
    summary="The solver's answer",
    responses=problem_answers(404) | PLAN_DOCUMENT,
    dependencies=[needs(Right.PLAN_READ)],
)
def show_plan_document(code: Code, session: Reader) -> Rendered[dict[str, Any]]:
    """A `tongchou.plan/1` document: `python -m solver check` proves it against the problem."""
    plan = service.plan_by_code(session, code)
    if plan.plan_json is None:
        raise NotFoundError(missing("answer of plan", code))
    document: dict[str, Any] = json.loads(plan.plan_json)
    return Rendered(document)
