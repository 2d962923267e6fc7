"""Pages of disclosure: the published balance, its publication, and where gifts have gone."""

from fastapi import APIRouter

from app.web.disclosure import gifts, pages

DISCLOSURE_PAGES: tuple[APIRouter, ...] = (pages.router, gifts.router)
