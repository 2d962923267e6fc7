"""Pages of partners: suppliers, donors and authorities."""

from fastapi import APIRouter

from app.web.partners import partners

PARTNER_PAGES: tuple[APIRouter, ...] = (partners.router,)
