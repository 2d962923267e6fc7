"""Confirms a directive by a second leader: served by the next plan, or shipped at once by its own transfer orders."""

from app.core.versioned import ANY_VERSION, Precondition
from app.core.work import Work
from app.dispatch.orders import NUMBER_SERIES, orders_from_lines
from app.planning.approval.taken import firm_lines
from app.planning.directives.at_once import confirm_at_once
from app.planning.directives.models import Directive
from app.planning.directives.service import confirm_for_plan, lock_to_confirm


def confirm_directive(work: Work, code: str, if_match: Precondition = ANY_VERSION) -> Directive:
    """Stand behind another leader's directive.

    One at once is reserved and gets its transfer orders in the same transaction; any other is a need that the next plan
    serves before all bands. Raises `OwnDirectiveError`, `BeyondStockError`, `ConflictError`; then nothing has changed.
    """
    directive = lock_to_confirm(work, code, if_match)
    if not directive.at_once:
        return confirm_for_plan(work, directive)
    plan = confirm_at_once(work, directive, number_series=NUMBER_SERIES)
    orders_from_lines(work, plan, firm_lines(work.session, plan))
    return directive
