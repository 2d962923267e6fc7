"""Raising one facility's tier: proposed with a reason by one leader, counted only once another stands behind it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.clock import Clock
from app.core.database import Database
from app.core.settings import Settings
from app.core.trail.models import AuditRecord
from app.main import create_app
from app.planning import worker
from app.planning.policies.models import TierRaiseConfirmation
from tests.conftest import NOON
from tests.dispatch.city import Office, faults_of
from tests.planning.city import need, receive
from tests.planning.working import SolvedHere

NEW = {
    "facility": "third", "tier": 1, "reason": "outbreak", "valid_from": "2020-01-30", "valid_until": "2020-02-05",
}  # fmt: skip


@pytest.fixture
def office(client: TestClient, planning_city: None, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)
    receive(client, "n95", 100, "A")
    need(client, "third", "n95", 100)
    return Office(client, app)


def propose(office: Office, **more: object) -> str:
    """The address of a raise that the leader proposes."""
    return f"/tier-raises/{office.post('/tier-raises', {**NEW, **more}, by='leader', status=201)['id']}"


def tier(office: Office) -> int:
    """As which tier the third hospital counts in a plan proposed now."""
    [row] = office.get(f"/plans/{office.propose()}/demands")["items"]
    return int(row["tier"])


def test_a_raise_counts_once_a_second_leader_confirms_it(office: Office, database: Database) -> None:
    raised = propose(office)
    assert (tier(office), office.get(raised)["confirmed_by"]) == (2, None)
    plan = office.propose()
    confirmed = office.post(f"{raised}/confirm", by="mayor")
    assert (confirmed["raised_by"], confirmed["confirmed_by"]) == ("leader", "mayor")
    assert tier(office) == 1
    assert office.approve(plan, status=409)["code"] == "plan_outdated", "the plan was made without it"
    with database.read() as session:
        query = select(AuditRecord.action, AuditRecord.actor).where(AuditRecord.subject_kind == "tier_raise")
        assert [tuple(row) for row in session.execute(query.order_by(AuditRecord.seq))] == [
            ("TIER_RAISED", "leader"),
            ("TIER_RAISE_CONFIRMED", "mayor"),
        ]


def test_nobody_confirms_their_own_raise(office: Office, database: Database) -> None:
    raised = propose(office)
    refused = office.post(f"{raised}/confirm", by="leader", status=403)
    assert faults_of(refused) == [("", "own_confirmation")]
    assert tier(office) == 2
    row = TierRaiseConfirmation(
        tier_raise_id=int(raised.rpartition("/")[2]), raised_by="leader", confirmed_by="leader", confirmed_at=NOON
    )
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(row)


def test_a_raise_is_confirmed_once_and_ended_once(office: Office) -> None:
    def on(day: str) -> list[Any]:
        return office.get("/tier-raises", valid_on=day)["items"]  # type: ignore[no-any-return]

    raised = propose(office)
    assert on("2020-02-01") == []
    office.post(f"{raised}/confirm", by="mayor")
    assert ([one["facility"] for one in on("2020-02-01")], on("2020-02-06")) == (["third"], [])
    assert faults_of(office.post(f"{raised}/confirm", by="deputy", status=409)) == [("", "already_confirmed")]
    ended = office.post(f"{raised}/end", {"reason": "outbreak over"}, by="deputy")
    assert (ended["ended_by"], ended["ending_reason"]) == ("deputy", "outbreak over")
    assert (tier(office), on("2020-02-01")) == (2, [])
    for step, body in (("confirm", None), ("end", {"reason": "again"})):
        refused: Any = office.post(f"{raised}/{step}", body, by="mayor", status=409)
        assert faults_of(refused) == [("", "raise_ended")]
    assert [one["ended_by"] for one in office.get("/tier-raises")["items"]] == ["deputy"]


def test_what_was_turned_down_never_counts(office: Office) -> None:
    raised = propose(office)
    assert faults_of(office.post(f"{raised}/end", {"reason": ""}, by="mayor", status=422)) == [
        ("reason", "string_too_short")
    ]
    office.post(f"{raised}/end", {"reason": "no outbreak"}, by="mayor")
    assert faults_of(office.post(f"{raised}/confirm", by="mayor", status=409)) == [("", "raise_ended")]
    assert tier(office) == 2


def test_a_raise_needs_a_reason_and_exists(office: Office) -> None:
    refused = office.post("/tier-raises", {**NEW, "reason": ""}, by="leader", status=422)
    assert faults_of(refused) == [("reason", "string_too_short")]
    office.get("/tier-raises/99", status=404)
    office.post("/tier-raises/99/confirm", by="mayor", status=404)


def test_a_raise_that_is_over_is_not_confirmed(office: Office, settings: Settings, clock: Clock) -> None:
    raised = propose(office)
    later = Clock(clock.city_zone, partial(NOON.__add__, timedelta(days=6)))
    app = create_app(settings, later)
    with TestClient(app) as client:
        refused = Office(client, app).post(f"{raised}/confirm", by="mayor", status=409)
    assert faults_of(refused) == [("", "raise_over")]
