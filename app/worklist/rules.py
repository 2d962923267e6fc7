"""When work is due, which role owns it, and to which role it is escalated when it is late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.rights import Right, Role
from app.worklist.types import TaskKind


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRule:
    """Whose a kind of work is, what it needs, and how long it may wait."""

    owner: Role
    right: Right
    hours: int | None = None
    """After the moment since which it waits; None: by the end of the day for which it is due."""


TASK_RULES: Mapping[TaskKind, TaskRule] = {
    TaskKind.APPROVE_PLAN: TaskRule(owner=Role.LEADER, right=Right.PLAN_APPROVE, hours=4),
    TaskKind.CONFIRM_DIRECTIVE: TaskRule(owner=Role.LEADER, right=Right.DIRECTIVE, hours=2),
    TaskKind.CONFIRM_TIER_RAISE: TaskRule(owner=Role.LEADER, right=Right.TIER_RAISE, hours=12),
    TaskKind.REVIEW_SPECIAL_ORDER: TaskRule(owner=Role.LEADER, right=Right.SPECIAL_HANDLING_REVIEW),
    TaskKind.APPROVE_ORDER: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.PURCHASE_ORDER_APPROVE, hours=12),
    TaskKind.PLACE_ORDER: TaskRule(owner=Role.PROCUREMENT, right=Right.PURCHASE_ORDER, hours=12),
    TaskKind.CONFIRM_DONATION: TaskRule(owner=Role.PROCUREMENT, right=Right.PROCUREMENT_WRITE),
    TaskKind.REVIEW_REQUISITION: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.REQUISITION_REVIEW, hours=12),
    TaskKind.REMIND_FACILITY: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.REQUISITION_REVIEW),
    TaskKind.REPORT_NEEDS: TaskRule(owner=Role.FACILITY, right=Right.REQUISITION_SUBMIT),
    TaskKind.ANSWER_RECALL: TaskRule(owner=Role.FACILITY, right=Right.DELIVERY_CONFIRM, hours=4),
    TaskKind.CLOSE_RECALL: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.LOT_BLOCK, hours=48),
    TaskKind.RECEIVE_ORDER: TaskRule(owner=Role.WAREHOUSE, right=Right.STOCK_RECEIVE),
    TaskKind.RECEIVE_DONATION: TaskRule(owner=Role.WAREHOUSE, right=Right.STOCK_RECEIVE),
    TaskKind.SHIP_ORDER: TaskRule(owner=Role.WAREHOUSE, right=Right.DISPATCH),
    TaskKind.CONFIRM_DELIVERY: TaskRule(owner=Role.FACILITY, right=Right.DELIVERY_CONFIRM, hours=24),
    TaskKind.STATE_CASE: TaskRule(owner=Role.FACILITY, right=Right.DELIVERY_CONFIRM, hours=24),
    TaskKind.SETTLE_CASE: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.DISPATCH, hours=48),
    TaskKind.POST_COUNT: TaskRule(owner=Role.WAREHOUSE, right=Right.STOCK_ADJUST),
    # An alarm has its own moment at which an answer is due.
    TaskKind.ANSWER_ALARM: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.MARKET_MANAGE, hours=0),
    TaskKind.SETTLE_VALUE: TaskRule(owner=Role.SUPPLIES_GROUP, right=Right.MARKET_MANAGE, hours=24),
}

LEVEL_ABOVE: Mapping[Role, Role] = {
    Role.FACILITY: Role.SUPPLIES_GROUP,
    Role.WAREHOUSE: Role.SUPPLIES_GROUP,
    Role.PROCUREMENT: Role.SUPPLIES_GROUP,
    Role.SUPPLIES_GROUP: Role.LEADER,
}
"""Who is shown what the others have not done in time."""


def due_at(kind: TaskKind, since: datetime | date, zone: ZoneInfo) -> datetime:
    """When work that waits since a moment, or for a day, must be done: that day ends at midnight in the city."""
    hours = TASK_RULES[kind].hours
    if hours is not None:
        assert isinstance(since, datetime)
        return since + timedelta(hours=hours)
    day = since.astimezone(zone).date() if isinstance(since, datetime) else since
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def late_before(kind: TaskKind, now: datetime, zone: ZoneInfo) -> datetime | date:
    """What waits since earlier than this, or for an earlier day, is overdue at `now`."""
    hours = TASK_RULES[kind].hours
    return now - timedelta(hours=hours) if hours is not None else now.astimezone(zone).date()


def is_own(kind: TaskKind, role: Role | None, rights: frozenset[Right]) -> bool:
    """Whether somebody is to do it. Who has no role (the service itself) does all that its rights allow."""
    rule = TASK_RULES[kind]
    return rule.right in rights and role in {rule.owner, None}


def is_watched(kind: TaskKind, role: Role | None) -> bool:
    """Whether somebody is told when others are late with it."""
    return LEVEL_ABOVE.get(TASK_RULES[kind].owner) is role is not None
