"""Pages of disclosure: the published balance, and its publication."""

from fastapi import APIRouter

from app.web.disclosure import pages

DISCLOSURE_PAGES: tuple[APIRouter, ...] = (pages.router,)
