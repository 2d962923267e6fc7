"""Pages of plans: the newest, any other, need by need, side by side, and on paper."""

from app.web.plans.brief import router as brief
from app.web.plans.comparing import router as comparing
from app.web.plans.details import router as details
from app.web.plans.exports import router as exports
from app.web.plans.lists import router as lists
from app.web.plans.overview import router as overview

PLAN_PAGES = (overview, lists, details, comparing, exports, brief)
