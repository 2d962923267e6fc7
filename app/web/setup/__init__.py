"""Pages by which a city is set up: the workbook, what is missing, lanes from the map."""

from fastapi import APIRouter

from app.web.setup import lanes, merging, overview, rows, workbook

SETUP_PAGES: tuple[APIRouter, ...] = (overview.router, workbook.router, lanes.router, rows.router, merging.router)
