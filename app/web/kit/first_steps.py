"""What an empty list is for, and what to do first so that something stands on it: the same on every page."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.auth import Actor, Right
from app.core.rights import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A page on which the list is begun; the texts are English messages."""

    purpose: str
    step: str
    address: str
    right: Right
    by: Role
    """Whose work it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """What an empty list says: what the list is for, and the step with its address, or whose step it is."""

    purpose: str
    step: str
    address: str | None
    by: str


_SETUP = _Step(
    purpose="Everything that a city needs before its first plan is entered here, one by one or by the city workbook.",
    step="Load the city workbook",
    address="/city-setup/workbook",
    right=Right.CATALOG_WRITE,
    by=Role.SUPPLIES_GROUP,
)
_NOTIFICATIONS = _Step(
    purpose="Rules say who is told what by mail, web hook or robot; without a rule nothing is sent.",
    step="Make a rule",
    address="/notification-rules/new",
    right=Right.ACCOUNT_MANAGE,
    by=Role.ADMINISTRATOR,
)
_NEEDS = _Step(
    purpose="Facilities hand in here what they need, and the supplies group reviews it; plans serve what was reviewed.",
    step="Hand in needs",
    address="/requisitions/new",
    right=Right.REQUISITION_SUBMIT,
    by=Role.FACILITY,
)
_RECEIPT = _Step(
    purpose=(
        "What lies in the warehouses, lot by lot; it comes in with receipts, and with the city workbook "
        "on the first day."
    ),
    step="Enter a receipt",
    address="/receipts/new",
    right=Right.STOCK_RECEIVE,
    by=Role.WAREHOUSE,
)
_PLAN = _Step(
    purpose="A plan says who gets what from where; a leader approves it, and warehouses ship by it.",
    step="Compute a plan",
    address="/plan-runs/new",
    right=Right.PLAN_PROPOSE,
    by=Role.SUPPLIES_GROUP,
)
_MARKET = _Step(
    purpose="Prices, quantities and open outlets of the markets, day by day; alarms follow from them.",
    step="Observe something new",
    address="/market-series/new",
    right=Right.MARKET_MANAGE,
    by=Role.SUPPLIES_GROUP,
)
_APPROVED = _Step(
    purpose="Goods leave the warehouses by transfer orders; they are made when a leader approves a plan.",
    step="Look at the plans",
    address="/plans",
    right=Right.PLAN_APPROVE,
    by=Role.LEADER,
)

_STEPS: Mapping[str, _Step] = {
    "/": _PLAN,
    "/plans": _PLAN,
    "/plan-runs": _PLAN,
    "/scenarios": _Step(
        purpose="A scenario computes what would be if facts of a plan were others; it is never approved.",
        step="Take a plan",
        address="/plans",
        right=Right.SCENARIO,
        by=Role.SUPPLIES_GROUP,
    ),
    "/policies": _Step(
        purpose=(
            "The rule by which each program is shared: bands, tiers and reserves; without it nothing can be planned."
        ),
        step="Enter a policy",
        address="/policies/new",
        right=Right.POLICY_WRITE,
        by=Role.LEADER,
    ),
    "/tier-raises": _Step(
        purpose="A facility that counts for more for a while, by two leaders and with a reason.",
        step="Propose a raise",
        address="/tier-raises/new",
        right=Right.TIER_RAISE,
        by=Role.LEADER,
    ),
    "/directives": _Step(
        purpose="A quantity for a named facility before all others, by two leaders and with a reason.",
        step="Order a directive",
        address="/directives/new",
        right=Right.DIRECTIVE,
        by=Role.LEADER,
    ),
    "/grade-permissions": _Step(
        purpose="Where a leader lets a key facility be served with a lower grade, for a reason and until a day.",
        step="Permit a lower grade",
        address="/grade-permissions/new",
        right=Right.GRADE_PERMIT,
        by=Role.LEADER,
    ),
    "/requisitions": _NEEDS,
    "/needs-census": _NEEDS,
    "/reporting-gaps": _NEEDS,
    "/fairness": _NEEDS,
    "/our-supplies": _NEEDS,
    "/our-facility": _NEEDS,
    "/purchase-orders": _Step(
        purpose="What is bought, from the order to the last delivery; it is paid from a fund.",
        step="Draft an order",
        address="/purchase-orders/new",
        right=Right.PURCHASE_ORDER,
        by=Role.PROCUREMENT,
    ),
    "/pledges": _Step(
        purpose="What donors and authorities have announced, with its day; plans count on what is confirmed.",
        step="Enter a promise",
        address="/pledges/new",
        right=Right.PROCUREMENT_WRITE,
        by=Role.PROCUREMENT,
    ),
    "/offers": _Step(
        purpose="What suppliers could sell, at which price and how soon; plans choose among the offers.",
        step="Enter an offer",
        address="/offers/new",
        right=Right.PROCUREMENT_WRITE,
        by=Role.PROCUREMENT,
    ),
    "/funds": _Step(
        purpose="The money that orders are paid from, and what of it is committed.",
        step="Enter a fund",
        address="/funds/new",
        right=Right.FUND_MANAGE,
        by=Role.LEADER,
    ),
    "/partners": _Step(
        purpose="Those who sell, give or allocate supplies; receipts, pledges and orders name them.",
        step="Enter a partner",
        address="/partners/new",
        right=Right.PROCUREMENT_WRITE,
        by=Role.PROCUREMENT,
    ),
    "/notification-rules": _NOTIFICATIONS,
    "/notifications": _NOTIFICATIONS,
    "/subsidy-runs": _Step(
        purpose="Money for people in need when prices rise: a run computes by a scheme who gets how much in a month.",
        step="Enter a scheme",
        address="/subsidy-schemes/new",
        right=Right.FUND_MANAGE,
        by=Role.LEADER,
    ),
    "/market-series": _MARKET,
    "/market-entry": _MARKET,
    "/questioned-values": _MARKET,
    "/market-alerts": _MARKET,
    "/alert-rules": _MARKET,
    "/stock": _RECEIPT,
    "/receipts": _RECEIPT,
    "/lots": _RECEIPT,
    "/expiring-stock": _RECEIPT,
    "/recalls": _RECEIPT,
    "/counts": _Step(
        purpose="A count says what really lies in a warehouse; differences are posted with their reasons.",
        step="Begin a count",
        address="/counts/new",
        right=Right.STOCK_ADJUST,
        by=Role.WAREHOUSE,
    ),
    "/item-units": _SETUP,
    "/lanes": _Step(
        purpose=(
            "A lane says that goods can be sent from a warehouse to a facility, how long it takes and what it costs."
        ),
        step="Let lanes be proposed from the map",
        address="/city-setup/lanes",
        right=Right.CATALOG_WRITE,
        by=Role.SUPPLIES_GROUP,
    ),
    "/city-setup/sheets": _SETUP,
    "/deliveries": _NEEDS,
    "/transfer-orders": _APPROVED,
    "/trips": _APPROVED,
    "/delivery-cases": _APPROVED,
    "/notices": _APPROVED,
    "/disclosure": _Step(
        purpose="What came in, went out and lies in stock of each item, as it was published for everybody.",
        step="Publish today's balance",
        address="/disclosure/new",
        right=Right.DISCLOSURE_PUBLISH,
        by=Role.LEADER,
    ),
    "/audit-records": _Step(
        purpose="Every change that anybody makes, sealed in a chain.",
        step="See the accounts",
        address="/accounts",
        right=Right.ACCOUNT_READ,
        by=Role.ADMINISTRATOR,
    ),
    "/accounts": _Step(
        purpose="Everybody who may log in, as what and for which places.",
        step="Enter an account",
        address="/accounts/new",
        right=Right.ACCOUNT_MANAGE,
        by=Role.ADMINISTRATOR,
    ),
    "/api-keys": _Step(
        purpose="Programs that read or write here without a person, each in a role and until a day.",
        step="Make an API key",
        address="/api-keys/new",
        right=Right.ACCOUNT_MANAGE,
        by=Role.ADMINISTRATOR,
    ),
}


def first_step(actor: Actor | None, path: str) -> FirstStep | None:
    """What the list at this address says while it is empty; None for a page that is no list."""
    found = _STEPS.get(path)
    if found is None and path.startswith("/city-setup/sheets/"):
        found = _STEPS["/city-setup/sheets"]
    if found is None:
        return None
    may = actor is not None and actor.may(found.right)
    return FirstStep(
        purpose=found.purpose, step=found.step, address=found.address if may else None, by=f"role.{found.by.value}"
    )
