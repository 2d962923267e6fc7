"""Pages of the catalogue: the units in which people count items."""

from fastapi import APIRouter

from app.web.catalog import item_units

CATALOG_PAGES: tuple[APIRouter, ...] = (item_units.router,)
