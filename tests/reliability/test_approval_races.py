"""Approvals against each other and against everything that changes what a plan came from: no skew, one winner.

Every write leaves a record in the audit trail, numbered in the order of the commits. So a skew can be read there: a
plan approved on facts that an earlier record had already changed. `TONGCHOU_RACE_ROUNDS=1000` makes the long run.
"""

import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import Actor
from app.catalog.types import Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import BusyError, ServiceError
from app.core.rights import ALL_RIGHTS
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.dispatch.orders import cancel_plan
from app.facilities.models import Facility
from app.planning.approval import service as approval
from app.planning.approval.service import approve_plan
from app.planning.plans.models import AllocationPlan
from app.planning.plans.schemas import NewPlan
from app.planning.plans.service import plan_by_code, propose_plan
from app.planning.plans.types import PlanState
from app.planning.snapshot.facts import take_snapshot
from app.planning.solving.process import solve_document
from app.procurement.models import FundSource
from app.procurement.schemas import FundChange
from app.procurement.service import change_fund
from app.requisitions.schemas import NewRequisition, NewRequisitionLine, Review, ReviewBasis
from app.requisitions.service import create_requisition, review, submit
from app.stock.models import Lot
from app.stock.service import Movement, move
from app.stock.types import StockEnd, StockEventKind
from tests.dispatch.city import assert_balanced
from tests.planning.city import need, post, receive

ROUNDS = int(os.environ.get("TONGCHOU_RACE_ROUNDS", "30"))
NAIVE_ROUNDS = 6
LEADERS = 32
PLANNER, LEADER, KEEPER = (
    Actor.system("planner", ALL_RIGHTS),
    Actor.system("leader", ALL_RIGHTS),
    Actor.system("keeper", ALL_RIGHTS),
)
NEED = NewPlan(program=Program.MEDICAL)
TODAY = date(2020, 1, 31)


@pytest.fixture
def propose(client: TestClient, planning_city: None, database: Database, clock: Clock) -> Callable[[], str]:
    """Proposes the same shipments on the facts of the moment: 100 of a lot of which 10,000 are there, and 50 bought."""
    receive(client, "n95", 10_000, "A")
    need(client, "designated", "n95", 100)
    names = {"name_zh": "市", "name_en": "City"}
    post(client, "/funds", {"code": "city", **names, "amount_fen": 10**9, "on_overspend": "STOP"})
    post(client, "/partners", {"code": "trader", "name_zh": "商", "name_en": "Trader", "kind": "supplier"})
    offer = {"partner": "trader", "item": "n95", "warehouse": "wh", "quantity": 50, "fund": "city", "lead_days": 1}
    post(client, "/offers", {**offer, "unit_price_microyuan": 1_000_000})
    answers: list[dict[str, Any]] = []

    def solve_once(problem: str, limit: float) -> dict[str, Any]:
        if not answers:
            answers.append(solve_document(problem, limit))
        return answers[0]

    def again() -> str:
        return propose_plan(database, NEED, actor=PLANNER, clock=clock, time_limit_seconds=60, solve=solve_once)

    return again


def outcome_of(database: Database, act: Callable[[Session], object]) -> str:
    """`done`, or the code of the refusal; who was told to try again does so."""
    while True:
        try:
            with database.write() as session:
                act(session)
            return "done"
        except BusyError:
            continue
        except ServiceError as refusal:
            return refusal.code


def all_at_once(acts: list[Callable[[], str]]) -> list[str]:
    """The outcomes of acts that start together."""
    start = threading.Barrier(len(acts), timeout=60)

    def work(act: Callable[[], str]) -> str:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(work, acts))


def approver(database: Database, clock: Clock, plan: str, name: str) -> Callable[[], str]:
    leader = Actor.system(name, ALL_RIGHTS)
    return lambda: outcome_of(database, lambda session: approve_plan(Work(session, leader, clock), plan))


def test_one_of_many_approvals_wins(database: Database, clock: Clock, propose: Callable[[], str]) -> None:
    plan = propose()
    outcomes = Counter(all_at_once([approver(database, clock, plan, f"leader-{n}") for n in range(LEADERS)]))
    assert outcomes == {"done": 1, "wrong_state": LEADERS - 1}
    assert_balanced(database)


def test_one_of_many_plans_is_approved(database: Database, clock: Clock, propose: Callable[[], str]) -> None:
    plans = [propose() for _ in range(8)]
    acts = [approver(database, clock, plans[n % 8], f"leader-{n}") for n in range(LEADERS)]
    assert Counter(all_at_once(acts)) == {"done": 1, "wrong_state": LEADERS - 1}
    with database.read() as session:
        states = Counter(session.scalars(select(AllocationPlan.state)))
    assert states == {PlanState.APPROVED: 1, PlanState.SUPERSEDED: 7}
    assert_balanced(database)


def lose_one(session: Session, clock: Clock) -> None:
    lot = session.scalars(select(Lot).where(Lot.code == "A")).unique().one()
    warehouse = session.scalars(select(Facility).where(Facility.code == "wh")).unique().one()
    loss = Movement(
        kind=StockEventKind.LOSS,
        lot_id=lot.id,
        quantity=1,
        from_end=StockEnd.WAREHOUSE,
        from_warehouse_id=warehouse.id,
        to_end=StockEnd.LOST,
        occurred_on=TODAY,
        reason="wet",
    )
    move(Work(session, KEEPER, clock), loss)


def ask_more(session: Session, clock: Clock) -> None:
    line = NewRequisitionLine(item="n95", requested_units=10, needed_by=date(2020, 2, 1))
    new = NewRequisition(facility="second", program=Program.MEDICAL, reported_on=TODAY, lines=[line])
    code = create_requisition(Work(session, KEEPER, clock), new).code
    submit(Work(session, KEEPER, clock), code)
    review(Work(session, KEEPER, clock), code, Review(basis=ReviewBasis.REQUESTED))


def spend(session: Session, clock: Clock) -> None:
    fund = select(FundSource).where(FundSource.code == "city")
    amount_fen = session.scalars(fund).one().amount_fen - 100
    change_fund(Work(session, KEEPER, clock), "city", FundChange(amount_fen=amount_fen))


CHANGES = (lose_one, spend, lose_one, ask_more)


def records_after(database: Database, seq: int) -> list[tuple[int, str, str]]:
    with database.read() as session:
        query = select(AuditRecord.seq, AuditRecord.actor, AuditRecord.action).where(AuditRecord.seq > seq)
        return [(row.seq, row.actor, row.action) for row in session.execute(query.order_by(AuditRecord.seq))]


def last_seq(database: Database) -> int:
    with database.read() as session:
        return session.scalars(select(AuditRecord.seq).order_by(AuditRecord.seq.desc()).limit(1)).one()


def result_of_round(database: Database, seq: int) -> str:
    """`skew` where a change was recorded before the approval that should have seen it."""
    records = records_after(database, seq)
    approved = [number for number, _, action in records if action == "PLAN_APPROVED"]
    changed = [number for number, actor, _ in records if actor == KEEPER.name]
    if not approved:
        return "refused"
    return "skew" if changed and changed[0] < approved[0] else "approved first"


def seconds_of_an_approval(database: Database, clock: Clock, plan: str) -> float:
    """How long an approval takes by itself, so that the changes can be spread over it."""
    begin = time.perf_counter()
    assert approver(database, clock, plan, "leader")() == "done"
    seconds = time.perf_counter() - begin
    with database.write() as session:
        cancel_plan(Work(session, LEADER, clock), plan, "only measured")
    return seconds


def race(
    database: Database,
    clock: Clock,
    propose: Callable[[], str],
    rounds: int,
    run: Callable[[str, Callable[[Session, Clock], None], float], list[str]],
) -> Counter[str]:
    """Rounds of one approval against one change; how often each result came."""
    results: Counter[str] = Counter()
    alone_seconds = min(seconds_of_an_approval(database, clock, propose()) for _ in range(3))
    for number, change in zip(range(rounds), itertools.cycle(CHANGES), strict=False):
        plan, seq = propose(), last_seq(database)
        outcomes = run(plan, change, alone_seconds * (number % 9 - 2) / 4)
        assert set(outcomes) <= {"done", "plan_outdated"}, outcomes
        results[result_of_round(database, seq)] += 1
        with database.write() as session:
            cancel_plan(Work(session, LEADER, clock), plan, "next round")
    return results


def test_no_approval_on_facts_that_have_changed(database: Database, clock: Clock, propose: Callable[[], str]) -> None:
    def run(plan: str, change: Callable[[Session, Clock], None], delay: float) -> list[str]:
        approve = approver(database, clock, plan, "leader")

        def approve_later() -> str:
            time.sleep(max(0.0, -delay))  # so that now the one and now the other comes first
            return approve()

        def change_later() -> str:
            time.sleep(max(0.0, delay))
            return outcome_of(database, lambda session: change(session, clock))

        return all_at_once([approve_later, change_later])

    results = race(database, clock, propose, ROUNDS, run)
    assert results["skew"] == 0
    assert min(results["approved first"], results["refused"]) > 0, f"no race: {results}"
    assert_balanced(database)


def test_the_harness_shows_skews_where_the_facts_are_checked_before_the_lock(
    database: Database, clock: Clock, propose: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naive: compare the digest in a look of its own, then approve without looking again."""
    monkeypatch.setattr(approval, "_refuse_if_outdated", lambda _session, plan: plan.snapshot_digest)

    def run(plan: str, change: Callable[[Session, Clock], None], _delay: float) -> list[str]:
        looked = threading.Event()
        changed = threading.Event()

        def approve() -> str:
            with database.read() as session:
                found = plan_by_code(session, plan)
                if take_snapshot(session, found.policy, found.start).digest != found.snapshot_digest:
                    return "plan_outdated"
            looked.set()
            changed.wait(timeout=30)  # the worst moment, every time
            return approver(database, clock, plan, "leader")()

        def change_between() -> str:
            looked.wait(timeout=30)
            outcome = outcome_of(database, lambda session: change(session, clock))
            changed.set()
            return outcome

        return all_at_once([approve, change_between])

    assert race(database, clock, propose, NAIVE_ROUNDS, run) == {"skew": NAIVE_ROUNDS}
