"""Decisions of accounts, without a database."""

from datetime import timedelta

import pytest

from app.auth.rules import AttemptLimit, SessionLife, network_of, password_faults, place_rule_faults
from app.core.actor import Actor, ActorKind, acting_as
from app.core.errors import ForbiddenError
from app.core.rights import ALL_RIGHTS, ROLE_RIGHTS, Right, Role
from app.web.accounts.kept_forms import own_path
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("password", "faults"),
    [
        ("correct horse", []),
        ("一二三四五六七八九十", []),
        ("short one", ["password_short"]),
        ("aaaaaaaaaaaaaa", ["password_uniform"]),
        ("1234567890", ["password_guessable"]),
        ("my-name-is-wang.fang", ["password_guessable"]),
        ("Qwertyuiop[]", ["password_guessable"]),
        ("P@ssw0rd2020", ["password_guessable"]),
        ("Woaini1314", ["password_guessable"]),
        ("shanghai2020", ["password_guessable"]),
        ("", ["password_short", "password_uniform"]),
    ],
)
def test_passwords(password: str, faults: list[str]) -> None:
    assert [fault.code for fault in password_faults(password, "wang.fang", where="password")] == faults


@pytest.mark.parametrize("role", Role)
def test_bound_roles_need_places_and_others_have_none(role: Role) -> None:
    is_bound = role in (Role.FACILITY, Role.WAREHOUSE)
    assert bool(place_rule_faults(role, [])) == is_bound
    assert bool(place_rule_faults(role, ["h-1"])) != is_bound


def test_an_attempt_waits_until_there_was_quiet() -> None:
    limit = AttemptLimit(attempts=3, quiet=15 * MINUTE)
    assert limit.wait(attempts=2, last_at=NOON, now=NOON) is None
    assert limit.wait(attempts=3, last_at=NOON, now=NOON + MINUTE) == 14 * MINUTE
    assert limit.wait(attempts=3, last_at=NOON, now=NOON + 15 * MINUTE) is None
    assert limit.count(attempts=2, last_at=NOON, now=NOON + 14 * MINUTE) == 3
    assert limit.count(attempts=2, last_at=NOON, now=NOON + 15 * MINUTE) == 1


def test_a_clock_put_back_a_day_locks_nobody_out_for_a_day() -> None:
    limit = AttemptLimit(attempts=3, quiet=15 * MINUTE)
    assert limit.wait(attempts=3, last_at=NOON, now=NOON - timedelta(days=1)) is None
    assert limit.count(attempts=3, last_at=NOON, now=NOON - timedelta(days=1)) == 1
    assert limit.wait(attempts=3, last_at=NOON, now=NOON - MINUTE) == 14 * MINUTE


def test_a_session_is_over_at_its_end_or_when_idle() -> None:
    life = SessionLife(idle=60 * MINUTE, longest=120 * MINUTE)
    end = NOON + life.longest
    assert not life.is_over(last_used_at=NOON, ends_at=end, now=NOON + 59 * MINUTE)
    assert life.is_over(last_used_at=NOON, ends_at=end, now=NOON + 60 * MINUTE)
    assert life.is_over(last_used_at=end - MINUTE, ends_at=end, now=end)
    assert not life.is_due_for_note(last_used_at=NOON, now=NOON + 4 * MINUTE)
    assert life.is_due_for_note(last_used_at=NOON, now=NOON + 5 * MINUTE)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        ("x" * 99, "x" * 64),
        ("", ""),
    ],
)
def test_one_subscriber_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_an_actor_has_at_most_the_rights_of_its_role_and_reaches_its_places() -> None:
    places = frozenset({"h-1"})
    nurse = acting_as(Role.FACILITY, name="nurse", title="", kind=ActorKind.PERSON, places=places, rights=ALL_RIGHTS)
    assert nurse.rights == ROLE_RIGHTS[Role.FACILITY]
    assert (nurse.has_facility("h-1"), nurse.has_facility("h-2"), nurse.has_warehouse("wh-1")) == (True, False, True)
    with pytest.raises(ForbiddenError) as refusal:
        nurse.refuse_foreign_facility("h-2", where="lines.0.facility")
    assert refusal.value.faults[0].where == "lines.0.facility"
    keeper = acting_as(
        Role.WAREHOUSE,
        name="keeper",
        title="",
        kind=ActorKind.MACHINE,
        places=frozenset({"wh-1"}),
        rights=frozenset({Right.STOCK_MOVE, Right.PLAN_APPROVE}),
    )
    assert keeper.rights == {Right.STOCK_MOVE}
    with pytest.raises(ForbiddenError) as refusal:
        keeper.refuse_foreign_warehouses([("a", "wh-1"), ("b", "wh-2"), ("c", "wh-3")])
    assert [fault.where for fault in refusal.value.faults] == ["b", "c"]


def test_nobody_has_a_right_that_was_not_given() -> None:
    with pytest.raises(TypeError):
        Actor(name="nobody", kind=ActorKind.SYSTEM)  # type: ignore[call-arg]
    command = Actor.system("create-admin", {Right.ACCOUNT_MANAGE})
    assert (command.may(Right.ACCOUNT_MANAGE), command.may("ACCOUNT_MANAGE")) == (True, True)
    assert not command.may(Right.PLAN_APPROVE)


def test_a_name_that_is_no_right_is_an_error_and_no_refusal() -> None:
    with pytest.raises(ValueError, match="PLAN_APROVE"):
        Actor.system("template", ALL_RIGHTS).may("PLAN_APROVE")


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/?program=living", "/?program=living"),
        ("/account", "/account"),
        ("//evil.example", "/"),
        ("", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/a\\b", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("/" + "a" * 2000, "/"),
    ],
)
def test_a_log_in_leads_to_our_own_pages_only(wanted: str, led_to: str) -> None:
    assert own_path(wanted) == led_to
