"""Approvals against each other and against everything that changes what a plan came from: no skew, one winner.

Every write leaves a record in the audit trail, numbered in the order of the commits. So a skew can be read there: a
plan approved on facts that an earlier record had already changed. `TONGCHOU_RACE_ROUNDS=1000` makes the long run.
"""

import itertools
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
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
from app.planning.approval import service as approval
from app.planning.approval.service import approve_plan
from app.planning.approval.taken import changes_since
from app.planning.plans.models import AllocationPlan
from app.planning.plans.schemas import NewPlan
from app.planning.plans.service import plan_by_code, propose_plan
from app.planning.plans.types import PlanState
from app.planning.snapshot.facts import take_snapshot
from app.planning.solving.process import solve_document
from app.procurement.schemas import FundChange
from app.procurement.service import change_fund
from app.requisitions.schemas import Review, ReviewBasis, ReviewLine
from app.requisitions.service import review
from app.stock.models import Lot
from app.stock.service import block_lot, unblock_lot
from tests.dispatch.city import assert_balanced
from tests.planning.city import need, post, receive

ROUNDS = int(os.environ.get("TONGCHOU_RACE_ROUNDS", "30"))
NAIVE_ROUNDS = 6
LEADERS = 32
PLANNER, LEADER, KEEPER, CLERK = (Actor.system(name, ALL_RIGHTS) for name in ("planner", "leader", "keeper", "clerk"))
NEED = NewPlan(program=Program.MEDICAL)
NEED_CODE, NEEDED_BY = "RQ-2020-00001", date(2020, 2, 2)


@pytest.fixture
def propose(client: TestClient, planning_city: None, database: Database, clock: Clock) -> Callable[[], str]:
    """Proposes the same shipments on the facts of the moment: all 100 of a lot, and 50 bought."""
    receive(client, "n95", 100, "A")
    need(client, "designated", "n95", 150)
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


def lot_a(session: Session) -> int:
    return session.scalars(select(Lot.id).where(Lot.code == "A")).one()


def block(session: Session, clock: Clock) -> None:
    block_lot(Work(session, KEEPER, clock), lot_a(session), "recall")


def unblock(session: Session, clock: Clock) -> None:
    unblock_lot(Work(session, CLERK, clock), lot_a(session), "mended")


def spend(session: Session, clock: Clock) -> None:
    change_fund(Work(session, KEEPER, clock), "city", FundChange(amount_fen=100))


def refill(session: Session, clock: Clock) -> None:
    change_fund(Work(session, CLERK, clock), "city", FundChange(amount_fen=10**9))


def lower(session: Session, clock: Clock) -> None:
    line = ReviewLine(item="n95", needed_by=NEEDED_BY, approved_units=10, reason="counted")
    review(Work(session, KEEPER, clock), NEED_CODE, Review(lines=[line]))


def raise_again(session: Session, clock: Clock) -> None:
    review(Work(session, CLERK, clock), NEED_CODE, Review(basis=ReviewBasis.REQUESTED))


Act = Callable[[Session, Clock], None]
CHANGES: tuple[tuple[Act, Act], ...] = ((block, unblock), (spend, refill), (lower, raise_again))
"""What takes away something that the plan takes, each with what brings it back for the next round."""


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
    run: Callable[[str, Act, float], list[str]],
    changes: Sequence[tuple[Act, Act]] = CHANGES,
) -> Counter[str]:
    """Rounds of one approval against one change; how often each result came."""
    results: Counter[str] = Counter()
    alone_seconds = min(seconds_of_an_approval(database, clock, propose()) for _ in range(3))
    for number, (change, undo) in zip(range(rounds), itertools.cycle(changes), strict=False):
        plan, seq = propose(), last_seq(database)
        outcomes = run(plan, change, alone_seconds * (number % 9 - 2) / 4)
        assert set(outcomes) <= {"done", "plan_outdated", "fund_overspent", "conflict"}, outcomes
        results[result_of_round(database, seq)] += 1
        with database.write() as session:
            cancel_plan(Work(session, LEADER, clock), plan, "next round")
        if outcomes[1] == "done":
            with database.write() as session:
                undo(session, clock)
    return results


def test_no_approval_on_facts_that_have_changed(database: Database, clock: Clock, propose: Callable[[], str]) -> None:
    def run(plan: str, change: Act, delay: float) -> list[str]:
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
    """Naive: ask in a look of its own what is missing, then approve without looking again.

    A lowered need shows it: lots and funds have guards of their own besides.
    """
    monkeypatch.setattr(
        approval,
        "_refuse_if_outdated",
        lambda work, plan: take_snapshot(work.session, plan.policy, plan.start, beside_proposals=False),
    )

    def run(plan: str, change: Act, _delay: float) -> list[str]:
        looked = threading.Event()
        changed = threading.Event()

        def approve() -> str:
            with database.read() as session:
                found = plan_by_code(session, plan)
                if changes_since(session, found, clock).missing:
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

    only_lowered = [(lower, raise_again)]
    assert race(database, clock, propose, NAIVE_ROUNDS, run, only_lowered) == {"skew": NAIVE_ROUNDS}
