"""Pages of dispatch: transfer orders, what a warehouse picks and ships, deliveries, cases, fairness over time."""

from fastapi import APIRouter

from app.web.dispatch import (
    cases,
    deliveries,
    fairness,
    notices,
    orders,
    our_supplies,
    papers,
    recalls,
    shipping,
    trips,
)

DISPATCH_PAGES: tuple[APIRouter, ...] = (
    orders.router,
    shipping.router,
    papers.router,
    deliveries.router,
    cases.router,
    fairness.router,
    our_supplies.router,
    trips.router,
    recalls.router,
    notices.router,
)
