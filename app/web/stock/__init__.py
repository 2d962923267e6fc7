"""Pages of stock: what lies where, each lot with its cards, physical inventories."""

from fastapi import APIRouter

from app.web.stock import count_from_sheet, counts, lots, stock

STOCK_PAGES: tuple[APIRouter, ...] = (
    stock.router,
    lots.router,
    count_from_sheet.router,
    counts.router,
)
