"""Pages of requisitions: handed in by form or Excel, reviewed beside norm and stock, counted, and missed."""

from fastapi import APIRouter

from app.web.requisitions import census, entry, gaps, lists, showing, start, upload

# The fixed addresses below /requisitions come before the one with a code.
REQUISITION_PAGES: tuple[APIRouter, ...] = (
    start.router,
    lists.router,
    entry.router,
    upload.router,
    showing.router,
    census.router,
    gaps.router,
)
