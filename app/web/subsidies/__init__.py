"""Pages of subsidies: runs, schemes, index figures and people entitled."""

from fastapi import APIRouter

from app.web.subsidies import figures, runs, schemes

SUBSIDY_PAGES: tuple[APIRouter, ...] = (runs.router, schemes.router, figures.router)
