"""Builds the web application: routers, health checks, the lifetime of the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app.audit.api import router as auditor_router
from app.auth.api import router as accounts_router
from app.auth.deps import deny_by_default, refuse_cross_site
from app.auth.keys_api import router as keys_router
from app.auth.passwords import Passwords
from app.auth.people import PeopleNames
from app.catalog.api import router as catalog_router
from app.core.clock import Clock
from app.core.database import Database
from app.core.http.access_log import AccessLogMiddleware
from app.core.http.deps import OpenDatabase
from app.core.http.middleware import BodyLimitMiddleware, HeadMiddleware
from app.core.http.openapi import install_openapi, operation_id
from app.core.http.problem_details import install_problem_answers, problem_answers
from app.core.http.queries import refuse_unknown_query
from app.core.settings import Settings
from app.core.trail import OriginMiddleware
from app.disclosure.api import router as disclosure_router
from app.dispatch.api import router as dispatch_router
from app.facilities.api import router as facilities_router
from app.facilities.places import keeps_stock_by_code
from app.interop.city_api import router as city_router
from app.interop.requisitions_api import router as requisition_sheets_router
from app.interop.sheets_api import router as sheet_headings_router
from app.interop.supply_api import router as supply_sheets_router
from app.market.api import router as market_router
from app.merging.api import router as merging_router
from app.notices.api import router as notices_router
from app.notifications.api import router as notifications_router
from app.operations.schema import refuse_other_schema
from app.partners.api import router as partners_router
from app.planning.approval.api import router as decisions_router
from app.planning.directives.api import router as directives_router
from app.planning.grades.api import router as grades_router
from app.planning.plans.api import router as plans_router
from app.planning.policies.api import router as policies_router
from app.planning.runs.api import router as plan_runs_router
from app.planning.runs.waiting import router as plan_requests_router
from app.planning.runs.watch import RunWatch
from app.planning.scenarios.api import router as scenarios_router
from app.procurement.api import router as procurement_router
from app.public.api import router as public_router
from app.public.limits import RateLimit
from app.requisitions.api import router as requisitions_router
from app.requisitions.reminders_api import router as reminders_router
from app.search.api import router as search_router
from app.stock.api import router as stock_router
from app.subsidies.api import router as subsidies_router
from app.web.accounts import ACCOUNT_PAGES
from app.web.accounts.refusals import install_page_answers
from app.web.audit import AUDIT_PAGES
from app.web.catalog import CATALOG_PAGES
from app.web.disclosure import DISCLOSURE_PAGES
from app.web.dispatch import DISPATCH_PAGES
from app.web.kit.rendering import FOLDER as WEB_FOLDER
from app.web.kit.rendering import add_security_headers
from app.web.market import MARKET_PAGES
from app.web.notifications import NOTIFICATION_PAGES
from app.web.partners import PARTNER_PAGES
from app.web.planning import PLANNING_PAGES
from app.web.procurement import PROCUREMENT_PAGES
from app.web.requisitions import REQUISITION_PAGES
from app.web.search import SEARCH_PAGES
from app.web.setup import SETUP_PAGES
from app.web.stock import STOCK_PAGES
from app.web.subsidies import SUBSIDY_PAGES
from app.worklist.api import router as work_list_router

if TYPE_CHECKING:
    from app.auth.oidc_provider import Provider

API_PREFIX = "/api/v1"

GZIP_BYTES_MIN = 1500
"""A smaller answer fits one packet as it is."""

GZIP_LEVEL = 5
"""Level 9 takes twice the time for a hundredth less."""

# Routers of the domains, in the order in which the documentation shows them.
ROUTERS: tuple[APIRouter, ...] = (
    work_list_router,
    search_router,
    merging_router,
    catalog_router,
    facilities_router,
    city_router,
    partners_router,
    stock_router,
    notices_router,
    procurement_router,
    subsidies_router,
    market_router,
    requisitions_router,
    reminders_router,
    requisition_sheets_router,
    sheet_headings_router,
    supply_sheets_router,
    policies_router,
    directives_router,
    grades_router,
    plans_router,
    decisions_router,
    plan_requests_router,
    plan_runs_router,
    scenarios_router,
    dispatch_router,
    disclosure_router,
    auditor_router,
    accounts_router,
    keys_router,
    notifications_router,
)

# Pages, in the order of the head of every page.
PAGE_ROUTERS: tuple[APIRouter, ...] = (
    *ACCOUNT_PAGES,
    *PLANNING_PAGES,
    *REQUISITION_PAGES,
    *PROCUREMENT_PAGES,
    *SUBSIDY_PAGES,
    *MARKET_PAGES,
    *PARTNER_PAGES,
    *STOCK_PAGES,
    *CATALOG_PAGES,
    *SETUP_PAGES,
    *DISPATCH_PAGES,
    *DISCLOSURE_PAGES,
    *AUDIT_PAGES,
    *NOTIFICATION_PAGES,
    *SEARCH_PAGES,
)

health = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The service's word on itself."""

    status: str


@health.get("/healthz", summary="Is the process alive?")
async def read_liveness() -> Health:
    """Answers as long as the process runs, also while all request threads are busy; asks nothing of the database."""
    return Health(status="ok")


@health.get("/readyz", summary="Can it serve?", responses=problem_answers())
def read_readiness(database: OpenDatabase) -> Health:
    """Answers once the database is reachable and at the schema of this release; 503 before."""
    refuse_other_schema(database)
    return Health(status="ok")


def create_app(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """The application for one installation; the caller runs the migrations first.

    `clock` is given in tests and in the demo; otherwise the machine's time in the city's zone.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # As many request threads as connections: a thread takes one connection at most, and no request waits for a
        # thread while it holds one (`app.core.http.deps`). So requests queue here, without a time limit.
        anyio.to_thread.current_default_thread_limiter().total_tokens = app.state.settings.pool_size
        yield
        app.state.database.close()

    app: FastAPI = FastAPIOffline(
        title="Tongchou 统筹",
        version="1",
        summary="Tracks medical and living supplies, needs and purchases, and allocates them by a written rule.",
        lifespan=lifespan,
        separate_input_output_schemas=False,
        generate_unique_id_function=operation_id,
        dependencies=[Depends(deny_by_default), Depends(refuse_cross_site)],
    )
    equip(app, settings, clock)
    install_problem_answers(app)
    install_page_answers(app)
    install_openapi(app)
    app.include_router(health)
    for router in ROUTERS:
        app.include_router(router, prefix=API_PREFIX, dependencies=[Depends(refuse_unknown_query)])
    app.include_router(public_router, dependencies=[Depends(refuse_unknown_query)])
    for router in PAGE_ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=WEB_FOLDER / "static"), name="static")
    # From the innermost to the outermost: what a middleware refuses gets the security headers, too.
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_BYTES_MIN, compresslevel=GZIP_LEVEL)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.host_names, www_redirect=False)
    app.add_middleware(BodyLimitMiddleware)
    app.middleware("http")(add_security_headers)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(OriginMiddleware)
    app.add_middleware(AccessLogMiddleware)
    return app


def _provider(settings: Settings) -> "Provider | None":
    if settings.oidc_issuer is None:
        return None
    from app.auth.oidc_provider import Provider  # its packages are an extra

    return Provider(settings)


def equip(app: FastAPI, settings: Settings, clock: Clock | None = None) -> None:
    """Give an application what differs between installations; its routes are the same for all.

    Building the routes takes longer than most requests, so tests build them once and equip them anew.
    """
    app.state.settings = settings
    app.state.clock = clock or Clock(settings.city_zone)
    app.state.database = Database(settings)
    app.state.passwords = Passwords(settings)
    app.state.place_directory = keeps_stock_by_code
    app.state.run_watch = RunWatch(app.state.database)
    app.state.public_limit = RateLimit()
    app.state.people = PeopleNames()
    app.state.oidc = _provider(settings)
