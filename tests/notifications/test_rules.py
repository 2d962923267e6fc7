"""What a rule may say, quiet hours, waiting times, and which addresses are public."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.rights import Role
from app.notifications.rules import (
    RETRY_AFTER,
    Outlets,
    RuleFacts,
    is_public_address,
    masked,
    may_leave_at,
    retry_at,
    rule_faults,
)
from app.notifications.types import NotificationChannel as Channel

CITY = ZoneInfo("Asia/Shanghai")
SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
PUBLIC, INSIDE = Outlets(smtp=False, private_targets=False), Outlets(smtp=True, private_targets=True)


def facts(**fields: Any) -> RuleFacts:
    usual = {
        "channel": Channel.WEBHOOK, "target": "https://hooks.example.org/a", "secret": SECRET, "role": Role.LEADER,
        "account": None, "place": None, "tells_notices": True, "tells_work": True, "tells_late": True,
        "quiet_from": None, "quiet_until": None,
    }  # fmt: skip
    return RuleFacts(**(usual | fields))


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, []),
        ({"role": None}, ["audience"]),
        ({"account": "zhou"}, ["audience"]),
        ({"role": Role.WAREHOUSE}, ["place_missing"]),
        ({"role": Role.WAREHOUSE, "place": "wh"}, []),
        ({"place": "wh"}, ["place_unused"]),
        ({"secret": "whsec_short"}, ["webhook_secret"]),
        ({"secret": ""}, ["webhook_secret"]),
        ({"target": "http://hooks.example.org/a"}, ["not_https"]),
        ({"target": "https://10.0.0.8/a"}, ["private_target"]),
        ({"target": "https://[::ffff:127.0.0.1]/a"}, ["private_target"]),
        ({"target": "https://intranet/a"}, ["private_target"]),
        ({"target": "https://user:word@hooks.example.org/a"}, ["not_an_address"]),
        ({"target": "ftp://hooks.example.org/a"}, ["not_an_address"]),
        ({"target": "https://hooks.example.org:99999/"}, ["not_an_address"]),
        ({"channel": Channel.WECOM}, ["secret_unused"]),
        (
            {"channel": Channel.EMAIL, "target": "a@b.example, c@d.example"},
            ["smtp_missing", "not_an_email", "secret_unused"],
        ),
        ({"tells_notices": False, "tells_work": False, "tells_late": False}, ["tells_nothing"]),
        ({"quiet_from": 22}, ["quiet_hours"]),
        ({"quiet_from": 7, "quiet_until": 7}, ["quiet_hours"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule_is_named(fields: dict[str, Any], codes: list[str]) -> None:
    assert [fault.code for fault in rule_faults(facts(**fields), PUBLIC)] == codes


def test_the_own_network_is_reached_where_it_is_permitted() -> None:
    assert rule_faults(facts(target="http://10.0.0.8:8080/a"), INSIDE) == []
    assert rule_faults(facts(channel=Channel.EMAIL, target="a@b.example", secret=""), INSIDE) == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True), ("127.0.0.1", False), ("10.1.2.3", False), ("169.254.169.254", False), ("224.0.0.1", False),
        ("100.64.0.1", False), ("0.0.0.0", False), ("2606:4700::1111", True), ("::1", False), ("fe80::1%eth0", False),
        ("fd00::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::a00:1", False), ("2002:a00:1::", False),
    ],
)  # fmt: skip
def test_private_addresses_are_known(address: str, public: bool) -> None:
    assert is_public_address(address) is public


def at(hour: int, minute: int = 0, day: int = 31) -> datetime:
    return datetime(2020, 1, day, hour, minute, tzinfo=CITY)


@pytest.mark.parametrize(
    ("moment", "quiet", "leaves"),
    [
        (at(12), (22, 7), at(12)),
        (at(23, 30, 30), (22, 7), at(7)),
        (at(22, 0, 30), (22, 7), at(7)),
        (at(3, 15), (22, 7), at(7)),
        (at(7), (22, 7), at(7)),
        (at(13, 1), (12, 14), at(14)),
        (at(14), (12, 14), at(14)),
        (at(23, 0, 30), (20, 0), at(0)),
        (at(3), (None, None), at(3)),
    ],
)
def test_quiet_hours_end(moment: datetime, quiet: tuple[int | None, int | None], leaves: datetime) -> None:
    assert may_leave_at(moment.astimezone(UTC), "work.APPROVE_PLAN", *quiet, CITY) == leaves
    assert may_leave_at(moment, "lot_recalled", *quiet, CITY) == moment


def test_waits_grow_and_end() -> None:
    now = at(12)
    waits = [retry_at(now, attempts) for attempts in range(1, len(RETRY_AFTER) + 1)]
    assert waits == [now + wait for wait in RETRY_AFTER]
    assert list(RETRY_AFTER) == sorted(RETRY_AFTER)
    assert retry_at(now, len(RETRY_AFTER) + 1) is None
    assert retry_at(now, 1, timedelta(minutes=5)) == now + timedelta(minutes=5)
    assert retry_at(now, 1, timedelta(days=5)) == now + timedelta(hours=1)


def test_the_key_of_a_robot_is_hidden() -> None:
    assert masked(Channel.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc") == (
        "https://qyapi.weixin.qq.com/…"
    )
    assert masked(Channel.EMAIL, "a@b.example") == "a@b.example"
