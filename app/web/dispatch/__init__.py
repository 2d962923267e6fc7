"""Pages of dispatch: transfer orders, what a warehouse picks and ships, deliveries, cases, fairness over time."""

from fastapi import APIRouter

from app.web.dispatch.cases import router as cases
from app.web.dispatch.deliveries import router as deliveries
from app.web.dispatch.fairness import router as fairness
from app.web.dispatch.orders import router as orders
from app.web.dispatch.papers import router as papers
from app.web.dispatch.shipping import router as shipping

DISPATCH_PAGES: tuple[APIRouter, ...] = (orders, shipping, papers, deliveries, cases, fairness)
