"""Pages of the office itself: who may log in, by which rule is shared, which facility is raised for a while."""

from app.web.office.accounts import router as accounts
from app.web.office.policies import router as policies
from app.web.office.raises import router as raises

OFFICE_PAGES = (accounts, policies, raises)
