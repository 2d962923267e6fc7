"""Funds and their commitments: what stops an overspend, also when many want the last of it at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.core.clock import Clock
from app.core.database import Database
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.procurement.models import FundCommitment, FundSource
from app.procurement.rules import FundOverspentError
from app.procurement.service import commit_fund, fund_by_code, release_fund
from tests.core.etags import changed
from tests.procurement.city import Desk, build_market, faults_of, order_body
from tests.seeding import seeding
from tests.stock.city import KEEPER

WRITERS = 16


@pytest.fixture
def desk(client: TestClient, database: Database) -> Desk:
    with seeding(database) as session:
        build_market(session)
    return Desk(client)


def commit(database: Database, clock: Clock, amount_fen: int, key: str) -> bool:
    """Whether the fund gave the money."""
    try:
        with database.write() as session:
            commit_fund(Work(session, KEEPER, clock), fund_by_code(session, "city-fund"), amount_fen, "subsidy", key)
    except FundOverspentError:
        return False
    return True


def test_a_fund_shows_what_is_left(desk: Desk, database: Database, clock: Clock) -> None:
    desk.fund(amount_fen=1_000)
    assert commit(database, clock, 400, "one")
    shown = desk.get("funds/city-fund")
    assert (shown["amount_fen"], shown["committed_fen"], shown["available_fen"]) == (1_000, 400, 600)
    listed = desk.get("fund-commitments", fund="city-fund")["items"]
    assert [(one["reference_kind"], one["reference_key"], one["amount_fen"]) for one in listed] == [
        ("subsidy", "one", 400)
    ]


def test_a_code_can_be_taken_once(desk: Desk) -> None:
    desk.fund()
    body = {"code": "city-fund", "name_zh": "市", "name_en": "City", "amount_fen": 1}
    assert faults_of(desk.post("funds", body, 409)) == [("code", "duplicate_key")]


@pytest.mark.parametrize("amount", [-1, 1.5, "1", 10**16, None, True])
def test_an_amount_is_a_bounded_whole_number(desk: Desk, amount: object) -> None:
    body = {"code": "x", "name_zh": "x", "name_en": "", "amount_fen": amount, "colour": "red"}
    assert [where for where, _ in faults_of(desk.post("funds", body, 422))] == ["amount_fen", "colour", "name_en"]


def test_the_last_fen_can_be_taken_and_not_one_more(desk: Desk, database: Database, clock: Clock) -> None:
    desk.fund(amount_fen=100)
    assert commit(database, clock, 100, "all")
    assert not commit(database, clock, 1, "one more")
    assert desk.committed_fen() == 100


def test_a_refusal_names_the_missing_money(desk: Desk) -> None:
    desk.fund(amount_fen=89_999)
    code = desk.draft()
    desk.post(f"purchase-orders/{code}/approve")
    problem = desk.post(f"purchase-orders/{code}/place", status=409)
    assert problem["code"] == "fund_overspent"
    assert problem["faults"][0]["params"] == {
        "fund": "city-fund",
        "amount_fen": 89_999,
        "committed_fen": 90_000,
        "missing_fen": 1,
    }
    assert desk.get(f"purchase-orders/{code}")["state"] == "APPROVED"
    assert desk.committed_fen() == 0


def test_a_fund_of_nothing_pays_nothing(desk: Desk) -> None:
    desk.fund(amount_fen=0)
    code = desk.draft()
    desk.post(f"purchase-orders/{code}/approve")
    desk.post(f"purchase-orders/{code}/place", status=409)


def test_a_warning_fund_gives_and_warns_in_the_callers_language(desk: Desk, client: TestClient) -> None:
    desk.fund(amount_fen=50_000, rule="WARN")
    code = desk.draft()
    desk.post(f"purchase-orders/{code}/approve")
    answer = client.post(f"/api/v1/purchase-orders/{code}/place", headers={"Accept-Language": "zh-CN"}).json()
    assert [warning["code"] for warning in answer["warnings"]] == ["fund_overspent_warning"]
    assert answer["warnings"][0]["detail"] == "资金city-fund已超支40000分：总额50000分，已占用90000分。"
    assert desk.get("funds/city-fund")["available_fen"] == -40_000


def test_a_stop_fund_cannot_shrink_below_its_commitments(desk: Desk, client: TestClient) -> None:
    desk.fund(amount_fen=90_000)
    desk.placed()
    assert changed(client, "/api/v1/funds/city-fund", {"amount_fen": 89_999}).status_code == 409
    assert client.patch("/api/v1/funds/city-fund", json={"amount_fen": None}).status_code == 422
    after = changed(client, "/api/v1/funds/city-fund", {"amount_fen": 89_999, "on_overspend": "WARN"})
    assert after.json()["available_fen"] == -1
    assert changed(client, "/api/v1/funds/city-fund", {"on_overspend": "STOP"}).status_code == 409
    assert client.patch("/api/v1/funds/nowhere", json={}).status_code == 404


def test_the_database_itself_refuses_an_overspend(desk: Desk, database: Database) -> None:
    desk.fund(amount_fen=10)
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(update(FundSource).values(committed_fen=11, version=FundSource.version + 1))


def test_releasing_twice_gives_back_once(desk: Desk, database: Database, clock: Clock) -> None:
    desk.fund(amount_fen=100)
    commit(database, clock, 60, "grant")
    given_back = []
    for keep_fen in (25, 0, 0):
        with database.write() as session:
            given_back.append(release_fund(Work(session, KEEPER, clock), "subsidy", "grant", keep_fen=keep_fen))
    assert given_back == [35, 25, 0]
    assert desk.committed_fen() == 0
    assert desk.get("fund-commitments", fund="city-fund", open_only=True)["items"] == []


def test_writers_at_once_never_pass_the_amount(desk: Desk, database: Database, clock: Clock) -> None:
    desk.fund(amount_fen=100)
    start = threading.Barrier(WRITERS)

    def take(n: int) -> bool:
        start.wait()
        return commit(database, clock, 30, f"grant-{n}")

    with ThreadPoolExecutor(WRITERS) as pool:
        outcomes = list(pool.map(take, range(WRITERS)))
    assert sum(outcomes) == 3
    with database.read() as session:
        assert session.scalar(select(func.sum(FundCommitment.amount_fen))) == 90
        assert session.scalar(select(FundSource.committed_fen)) == 90
        assert session.scalar(select(func.count()).where(AuditRecord.action == "FUND_COMMITTED")) == 3


# On SQLite a writing transaction is alone, so nothing can come between check and write.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_same_race_breaks_a_naive_commitment(desk: Desk, database: Database, clock: Clock) -> None:
    desk.fund(amount_fen=100)
    checked = threading.Barrier(2)

    def take_naively(n: int) -> None:
        with seeding(database) as session:
            fund = fund_by_code(session, "city-fund")
            assert fund.committed_fen + 60 <= fund.amount_fen
            checked.wait()
            taken = {"committed_fen": fund.committed_fen + 60, "version": fund.version + 1}
            session.execute(update(FundSource).where(FundSource.id == fund.id).values(taken))
            session.add(
                FundCommitment(
                    fund_source=fund,
                    amount_fen=60,
                    reference_kind="naive",
                    reference_key=str(n),
                    committed_at=clock.now(),
                )
            )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(take_naively, range(2)))
    with database.read() as session:
        assert session.scalar(select(func.sum(FundCommitment.amount_fen))) == 120


def test_funds_come_in_pages(desk: Desk) -> None:
    codes = [desk.fund(f"fund-{n}") for n in range(5)]
    seen: list[str] = []
    page = desk.get("funds", limit=2)
    while True:
        seen += [fund["code"] for fund in page["items"]]
        if page["next"] is None:
            break
        page = desk.get("funds", limit=2, after=page["next"])
    assert seen == codes


def test_an_order_that_costs_needs_a_fund(desk: Desk) -> None:
    problem = desk.post("purchase-orders", order_body(fund=None), 422)
    assert faults_of(problem) == [("fund", "fund_missing")]
