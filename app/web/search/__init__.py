"""The page of the search."""

from fastapi import APIRouter

from app.web.search import search

SEARCH_PAGES: tuple[APIRouter, ...] = (search.router,)
