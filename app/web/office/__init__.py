"""Pages of the office itself: who may log in, and which facility counts as a higher tier for a while."""

from app.web.office.accounts import router as accounts
from app.web.office.raises import router as raises

OFFICE_PAGES = (accounts, raises)
