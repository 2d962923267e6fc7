"""Rights, roles, and the one table that says which role has which rights; what is not in it is denied."""

from collections.abc import Mapping
from enum import StrEnum


class Right(StrEnum):
    """What somebody may do; every route of the service names the one that it needs."""

    CATALOG_READ = "CATALOG_READ"
    """Items, norms, zones, facilities, lanes."""
    CATALOG_WRITE = "CATALOG_WRITE"
    CAPACITY_SET = "CAPACITY_SET"
    """Say how much can leave a warehouse on a day."""

    REQUISITION_READ = "REQUISITION_READ"
    REQUISITION_SUBMIT = "REQUISITION_SUBMIT"
    """Enter, rewrite, submit and withdraw requisitions."""
    REQUISITION_REVIEW = "REQUISITION_REVIEW"
    NEEDS_READ = "NEEDS_READ"
    """The needs of the whole city, and who has not reported."""

    STOCK_READ = "STOCK_READ"
    STOCK_RECEIVE = "STOCK_RECEIVE"
    STOCK_MOVE = "STOCK_MOVE"
    """Transfers, losses and returns."""
    STOCK_ADJUST = "STOCK_ADJUST"
    """Counts and the reversal of events."""
    LOT_BLOCK = "LOT_BLOCK"

    PROCUREMENT_READ = "PROCUREMENT_READ"
    """Partners, offers, pledges, orders, receipts, funds."""
    PROCUREMENT_WRITE = "PROCUREMENT_WRITE"
    """Partners, offers, pledges."""
    PURCHASE_ORDER = "PURCHASE_ORDER"
    """Draft, place, reschedule and close orders."""
    PURCHASE_ORDER_APPROVE = "PURCHASE_ORDER_APPROVE"
    SPECIAL_HANDLING_REVIEW = "SPECIAL_HANDLING_REVIEW"
    FUND_MANAGE = "FUND_MANAGE"
    SUBSIDY_DRAFT = "SUBSIDY_DRAFT"
    """Index figures, people entitled; draft, commit and pay runs of subsidies."""
    SUBSIDY_APPROVE = "SUBSIDY_APPROVE"
    """Approve or reject a run that somebody else drafted."""

    POLICY_WRITE = "POLICY_WRITE"
    TIER_RAISE = "TIER_RAISE"
    DIRECTIVE = "DIRECTIVE"
    """Give a named facility a quantity before all others, with a second leader."""
    GRADE_PERMIT = "GRADE_PERMIT"
    """Permit a substitute of a lower grade at a key facility."""
    PLAN_READ = "PLAN_READ"
    PLAN_PROPOSE = "PLAN_PROPOSE"
    PLAN_APPROVE = "PLAN_APPROVE"
    SCENARIO = "SCENARIO"
    """Let scenarios be computed; they are never approved."""

    DISPATCH_READ = "DISPATCH_READ"
    """Transfer orders, shipments and proofs of delivery."""
    DISPATCH = "DISPATCH"
    DELIVERY_CONFIRM = "DELIVERY_CONFIRM"

    MARKET_READ = "MARKET_READ"
    """Series of markets, alarms, forecasts, cover."""
    MARKET_REPORT = "MARKET_REPORT"
    """Enter the prices, quantities and open outlets of a market."""
    MARKET_MANAGE = "MARKET_MANAGE"
    """Series, baselines, questioned values, answers to alarms."""
    ALERT_RULE_SET = "ALERT_RULE_SET"
    """The limits that alarms are raised by."""

    DISCLOSURE_PUBLISH = "DISCLOSURE_PUBLISH"
    AUDIT_READ = "AUDIT_READ"
    ACCOUNT_READ = "ACCOUNT_READ"
    ACCOUNT_MANAGE = "ACCOUNT_MANAGE"


class Role(StrEnum):
    """What an account or an API key acts as."""

    SUPPLIES_GROUP = "supplies_group"
    FACILITY = "facility"
    PROCUREMENT = "procurement"
    WAREHOUSE = "warehouse"
    LEADER = "leader"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ALL_RIGHTS = frozenset(Right)

_READING = frozenset(
    {
        Right.CATALOG_READ, Right.REQUISITION_READ, Right.NEEDS_READ, Right.STOCK_READ, Right.PROCUREMENT_READ,
        Right.PLAN_READ, Right.DISPATCH_READ, Right.MARKET_READ,
    }
)  # fmt: skip

ROLE_RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.SUPPLIES_GROUP: _READING
    | {
        Right.CATALOG_WRITE, Right.CAPACITY_SET, Right.REQUISITION_SUBMIT, Right.REQUISITION_REVIEW, Right.LOT_BLOCK,
        Right.PROCUREMENT_WRITE, Right.PURCHASE_ORDER_APPROVE, Right.PLAN_PROPOSE, Right.SCENARIO, Right.DISPATCH,
        Right.MARKET_REPORT, Right.MARKET_MANAGE,
    },
    Role.FACILITY: frozenset(
        {
            Right.CATALOG_READ, Right.REQUISITION_READ, Right.REQUISITION_SUBMIT, Right.DISPATCH_READ,
            Right.DELIVERY_CONFIRM,
        }
    ),
    Role.PROCUREMENT: frozenset(
        {
            Right.CATALOG_READ, Right.NEEDS_READ, Right.STOCK_READ, Right.PROCUREMENT_READ, Right.PROCUREMENT_WRITE,
            Right.PURCHASE_ORDER, Right.SUBSIDY_DRAFT, Right.PLAN_READ, Right.DISPATCH_READ, Right.MARKET_READ,
        }
    ),
    Role.WAREHOUSE: frozenset(
        {
            Right.CATALOG_READ, Right.CAPACITY_SET, Right.STOCK_READ, Right.STOCK_RECEIVE, Right.STOCK_MOVE,
            Right.STOCK_ADJUST, Right.LOT_BLOCK, Right.PROCUREMENT_READ, Right.DISPATCH_READ, Right.DISPATCH,
        }
    ),
    Role.LEADER: _READING
    | {
        Right.PURCHASE_ORDER_APPROVE, Right.SPECIAL_HANDLING_REVIEW, Right.FUND_MANAGE, Right.POLICY_WRITE,
        Right.TIER_RAISE, Right.DIRECTIVE, Right.GRADE_PERMIT, Right.PLAN_APPROVE, Right.SCENARIO,
        Right.DISCLOSURE_PUBLISH, Right.SUBSIDY_APPROVE, Right.MARKET_MANAGE, Right.ALERT_RULE_SET,
    },
    Role.AUDITOR: _READING | {Right.AUDIT_READ, Right.ACCOUNT_READ},
    Role.ADMINISTRATOR: frozenset(
        {Right.CATALOG_READ, Right.CATALOG_WRITE, Right.ACCOUNT_READ, Right.ACCOUNT_MANAGE}
    ),
}  # fmt: skip

BOUND_ROLES = frozenset({Role.FACILITY, Role.WAREHOUSE})
"""Roles that are bound to places: they see or write only their own facilities or warehouses."""

PERSONAL_RIGHTS = frozenset(
    {
        Right.PURCHASE_ORDER_APPROVE, Right.SPECIAL_HANDLING_REVIEW, Right.FUND_MANAGE, Right.POLICY_WRITE,
        Right.TIER_RAISE, Right.DIRECTIVE, Right.GRADE_PERMIT, Right.PLAN_APPROVE, Right.DISCLOSURE_PUBLISH,
        Right.ACCOUNT_MANAGE, Right.SUBSIDY_APPROVE, Right.ALERT_RULE_SET,
    }
)  # fmt: skip
"""Decisions that a person must stand for by name; no API key gets them."""
