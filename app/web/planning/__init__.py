"""Pages of planning: plans, their runs and scenarios, policies, tier raises, papers."""

from fastapi import APIRouter

from app.web.planning import (
    brief,
    comparing,
    deciding,
    directives,
    exports,
    grade_permissions,
    overview,
    plan_facilities,
    plan_list,
    plan_needs,
    plan_shipments,
    policies,
    runs,
    scenarios,
    tier_raises,
    undoing,
)

PLANNING_PAGES: tuple[APIRouter, ...] = (
    overview.router,
    deciding.router,
    undoing.router,
    plan_list.router,
    plan_facilities.router,
    plan_needs.router,
    plan_shipments.router,
    comparing.router,
    exports.router,
    brief.router,
    runs.router,
    scenarios.router,
    policies.router,
    tier_raises.router,
    directives.router,
    grade_permissions.router,
)
