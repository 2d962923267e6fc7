"""Pages of supply: what is bought and given, what came, what lies where, and the money for it."""

from app.web.supply.counts import router as counts
from app.web.supply.funds import router as funds
from app.web.supply.lots import router as lots
from app.web.supply.offers import router as offers
from app.web.supply.order_entry import router as order_entry
from app.web.supply.orders import router as orders
from app.web.supply.partners import router as partners
from app.web.supply.pledge_entry import router as pledge_entry
from app.web.supply.pledges import router as pledges
from app.web.supply.receipt_entry import router as receipt_entry
from app.web.supply.receipts import router as receipts
from app.web.supply.stock import router as stock

# Forms for something new before the pages of what there is: `/receipts/new` is no receipt.
SUPPLY_PAGES = (
    order_entry, orders, pledge_entry, pledges, receipt_entry, receipts, offers, partners, funds, stock, lots, counts,
)  # fmt: skip
