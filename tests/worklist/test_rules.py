"""When work is due, whose it is, and who is told when it is late."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.rights import ROLE_RIGHTS, Role
from app.worklist.rules import LEVEL_ABOVE, TASK_RULES, due_at, is_own, is_watched, late_before
from app.worklist.service import _QUERIES
from app.worklist.types import TaskKind

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2020, 1, 31, 4, 0, tzinfo=UTC)


def test_every_kind_has_a_rule_and_a_query() -> None:
    assert set(TASK_RULES) == set(_QUERIES) == set(TaskKind)


@pytest.mark.parametrize("kind", TaskKind)
def test_the_owner_may_do_it(kind: TaskKind) -> None:
    rule = TASK_RULES[kind]
    assert rule.right in ROLE_RIGHTS[rule.owner]
    assert is_own(kind, rule.owner, ROLE_RIGHTS[rule.owner])
    assert not is_own(kind, Role.AUDITOR, ROLE_RIGHTS[Role.AUDITOR])


def test_what_is_late_goes_one_level_up_and_no_further() -> None:
    assert is_watched(TaskKind.SHIP_ORDER, Role.SUPPLIES_GROUP)
    assert not is_watched(TaskKind.SHIP_ORDER, Role.LEADER)
    assert is_watched(TaskKind.REVIEW_REQUISITION, Role.LEADER)
    assert not any(is_watched(TaskKind.APPROVE_PLAN, role) for role in Role)
    assert not any(is_watched(kind, None) for kind in TaskKind)
    assert Role.LEADER not in LEVEL_ABOVE


def test_a_day_ends_at_midnight_in_the_city() -> None:
    assert due_at(TaskKind.SHIP_ORDER, date(2020, 1, 31), ZONE) == datetime(2020, 1, 31, 16, 0, tzinfo=UTC)
    assert late_before(TaskKind.SHIP_ORDER, datetime(2020, 1, 31, 15, 59, tzinfo=UTC), ZONE) == date(2020, 1, 31)
    assert late_before(TaskKind.SHIP_ORDER, datetime(2020, 1, 31, 16, 0, tzinfo=UTC), ZONE) == date(2020, 2, 1)


@pytest.mark.parametrize("kind", [kind for kind in TaskKind if TASK_RULES[kind].hours is not None])
def test_hours_count_from_the_moment(kind: TaskKind) -> None:
    hours = timedelta(hours=TASK_RULES[kind].hours or 0)
    assert due_at(kind, NOON, ZONE) == NOON + hours
    assert late_before(kind, NOON + hours, ZONE) == NOON
