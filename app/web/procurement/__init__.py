"""Pages of procurement: orders, pledges, receipts, offers and funds."""

from fastapi import APIRouter

from app.web.procurement import (
    funds,
    offers,
    order_entry,
    orders,
    pledge_entry,
    pledges,
    receipt_entry,
    receipts,
    sheet_entry,
)

# Forms for something new before the pages of what there is: `/receipts/new` is no receipt.
PROCUREMENT_PAGES: tuple[APIRouter, ...] = (
    sheet_entry.router,
    order_entry.router,
    orders.router,
    pledge_entry.router,
    pledges.router,
    receipt_entry.router,
    receipts.router,
    offers.router,
    funds.router,
)
