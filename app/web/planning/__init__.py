"""Pages of planning: plans, their runs and scenarios, policies, tier raises, papers."""

from fastapi import APIRouter

from app.web.planning import (
    brief,
    comparing,
    deciding,
    details,
    exports,
    overview,
    plan_list,
    policies,
    runs,
    scenarios,
    tier_raises,
)

PLANNING_PAGES: tuple[APIRouter, ...] = (
    overview.router,
    deciding.router,
    plan_list.router,
    details.router,
    comparing.router,
    exports.router,
    brief.router,
    runs.router,
    scenarios.router,
    policies.router,
    tier_raises.router,
)
