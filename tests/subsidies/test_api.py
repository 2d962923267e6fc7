"""Subsidies over REST: drafted, approved by another, stopped by a fund one fen short, paid; corrections; races."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.work import Work
from app.subsidies.schemas import NewSubsidyRun
from app.subsidies.service import draft_run
from tests.conftest import OPERATOR
from tests.core.etags import changed
from tests.dispatch.city import faults_of
from tests.subsidies.town import COUNT, FIGURE, Bureau, town


@pytest.fixture
def bureau(client: TestClient, app: FastAPI) -> Bureau:
    """A fund of exactly what 1,000 people get at least."""
    return town(client, app)


def test_december_2019_is_due_by_both_and_paid_step_by_step(bureau: Bureau) -> None:
    run = bureau.draft()
    assert (run["code"], run["state"], run["total_fen"], run["people"]) == ("SB-2020-00001", "DRAFT", 2_000_000, 1_000)
    assert (run["due_by_cpi"], run["due_by_food"], run["pay_by"]) == (True, True, "2020-02-13")
    assert run["computation_en"][:3] == [
        "Zhuzhou has no figures of its own for 2019-12; those of Hunan are taken.",
        "Hunan, 2019-12: consumer prices rose by 4.5 % on the year, food by 17.4 %.",
        "Due because consumer prices rose by 3.5 % or more.",
    ]
    assert (
        "1,000 people, 20,000 yuan in all; to be paid by 2020-02-13, 20 working days after 2020-01-09."
        in run["computation_en"]
    )
    assert "食品价格同比涨幅达到或超过 6.0%，应当发放。" in run["computation_zh"]
    code = run["code"]
    assert bureau.step(code, "approve", by="leader")["approved_by"] == "leader"
    assert bureau.step(code, "commit")["state"] == "COMMITTED"
    assert bureau.get("/funds/purse")["committed_fen"] == 2_000_000
    paid = bureau.step(code, "pay", {"paid_on": "2020-01-31", "evidence": "bank list 7"})
    assert (paid["state"], paid["paid_on"], paid["evidence"]) == ("PAID", "2020-01-31", "bank list 7")
    late = bureau.step(code, "reject", {"reason": "too late"}, by="leader", status=409)
    assert faults_of(late) == [("state", "wrong_state")]
    assert bureau.get("/funds/purse")["committed_fen"] == 2_000_000
    actions = [row["action"] for row in bureau.get("/audit-records", subject_kind="subsidy_run")["items"]]
    assert sorted(actions) == sorted(f"SUBSIDY_RUN_{done}" for done in ("DRAFTED", "APPROVED", "COMMITTED", "PAID"))


def test_a_second_run_of_the_month_is_refused_until_the_first_is_rejected(bureau: Bureau) -> None:
    first = bureau.draft()["code"]
    assert faults_of(bureau.draft(status=409)) == [("month", "subsidy_run_exists")]
    bureau.step(first, "reject", {"reason": "wrong count"}, by="leader")
    assert bureau.draft()["code"] == "SB-2020-00002"


def test_two_drafts_at_once_become_one_run(bureau: Bureau, database: Database, clock: Clock) -> None:
    gate = threading.Barrier(4)

    def draft(_: int) -> bool:
        gate.wait()
        try:
            with database.write() as session:
                draft_run(Work(session, OPERATOR, clock), NewSubsidyRun(scheme="linked", month="2019-12"))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(draft, range(4))) == [False, False, False, True]


def test_the_database_itself_refuses_a_second_run_and_an_approval_by_who_drafted(
    bureau: Bureau, database: Database
) -> None:
    run = bureau.draft()["code"]
    copy = """INSERT INTO subsidy_run (code, subsidy_scheme_id, month, state, index_figure_id, due_by_cpi, due_by_food,
        cpi_trigger_permille, food_trigger_permille, minimum_fen, factor_permille, people, total_fen, pay_by,
        drafted_by, drafted_at, evidence, rejection_reason)
        SELECT 'SB-X', subsidy_scheme_id, month, state, index_figure_id, due_by_cpi, due_by_food,
        cpi_trigger_permille, food_trigger_permille, minimum_fen, factor_permille, people, total_fen, pay_by,
        drafted_by, drafted_at, evidence, rejection_reason FROM subsidy_run"""
    for change in (copy, f"UPDATE subsidy_run SET state = 'APPROVED', approved_by = drafted_by WHERE code = '{run}'"):
        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text(change))


def test_who_drafted_it_does_not_approve_it(bureau: Bureau) -> None:
    run = bureau.draft()["code"]
    refused = bureau.step(run, "approve", by="buyer", status=403)
    assert faults_of(refused) == [("", "own_subsidy_run")]
    assert faults_of(bureau.step(run, "commit", status=409)) == [("state", "wrong_state")]


def test_a_fund_one_fen_short_stops_it(client: TestClient, app: FastAPI) -> None:
    bureau = town(client, app, amount_fen=1_999_999)
    run = bureau.draft()["code"]
    bureau.step(run, "approve", by="leader")
    short = bureau.step(run, "commit", status=409)
    assert faults_of(short) == [("fund", "fund_overspent")]
    assert short["faults"][0]["params"]["missing_fen"] == 1
    assert bureau.get(f"/subsidy-runs/{run}")["state"] == "APPROVED"
    assert bureau.get("/funds/purse")["committed_fen"] == 0
    changed(client, "/api/v1/funds/purse", {"amount_fen": 2_000_000})
    assert bureau.step(run, "commit")["state"] == "COMMITTED"
    bureau.step(run, "reject", {"reason": "counted twice"}, by="leader")
    assert bureau.get("/funds/purse")["committed_fen"] == 0


def test_the_regions_own_figures_go_before_the_provinces(bureau: Bureau) -> None:
    own = {**FIGURE, "region": "zhuzhou", "cpi_permille": 34, "food_permille": 60, "scpi_permille": 50}
    bureau.post("/index-figures", own, by="buyer", status=201)
    run = bureau.draft()
    assert (run["figure"]["region"], run["due_by_cpi"], run["due_by_food"]) == ("zhuzhou", False, True)
    assert [line["a_head_fen"] for line in run["lines"]] == [3_000]


def test_a_month_below_the_triggers_is_not_due(bureau: Bureau) -> None:
    corrected = {**FIGURE, "cpi_permille": 34, "food_permille": 59}
    refused = bureau.post("/index-figures", corrected, by="buyer", status=422)
    assert faults_of(refused) == [("reason", "correction_unexplained")]
    assert bureau.post("/index-figures", {**corrected, "reason": "slip"}, by="buyer", status=201)["revision"] == 2
    assert faults_of(bureau.draft(status=409)) == [("month", "subsidy_not_due")]


def test_what_is_missing_is_named(bureau: Bureau) -> None:
    assert faults_of(bureau.draft(month="2019-11", status=409)) == [("month", "figure_missing")]
    early = {**FIGURE, "month": "2019-11", "published_on": "2019-12-10"}
    bureau.post("/index-figures", early, by="buyer", status=201)
    assert faults_of(bureau.draft(month="2019-11", status=409)) == [("month", "count_missing")]
    assert faults_of(bureau.draft(scheme="none", status=422)) == [("scheme", "unknown_id")]
    late = bureau.post("/index-figures", {**FIGURE, "region": "x", "published_on": "2020-02-01"}, by="b", status=422)
    assert faults_of(late) == [("region", "unknown_id"), ("published_on", "day_to_come")]
    wrong = bureau.post("/entitled-counts", {**COUNT, "month": "2019-13"}, by="buyer", status=422)
    assert [where for where, _ in faults_of(wrong)] == ["month"]


def test_old_counts_and_groups_without_people_are_named(bureau: Bureau) -> None:
    later = {**FIGURE, "month": "2020-04", "published_on": "2020-01-31"}
    bureau.post("/index-figures", later, by="buyer", status=201)
    said: Any = bureau.draft(month="2020-04")["computation_en"]
    assert "Lusong, urban minimum living allowance: counted in 2019-12, more than three months before." in said
    assert said[-1].startswith("Nobody is counted in these groups: rural minimum living allowance, ")


def test_a_scheme_changes_with_its_version_and_runs_stay(bureau: Bureau, client: TestClient) -> None:
    run = bureau.draft()
    address = "/api/v1/subsidy-schemes/linked"
    assert client.patch(address, json={"factor_permille": 2_000}).status_code == 428
    change = {"factor_permille": 2_000, "bases": [{"zone": "z", "base_fen": 70_000}]}
    after = changed(client, address, change)
    assert (after.status_code, after.json()["bases"]) == (200, [{"zone": "z", "base_fen": 70_000}])
    assert changed(client, address, change).json() == after.json(), "the same again changes nothing"
    assert bureau.get(f"/subsidy-runs/{run['code']}") == run
    bureau.step(run["code"], "reject", {"reason": "twice is due"}, by="leader")
    assert bureau.draft()["total_fen"] == 4_000_000
    assert changed(client, address, {"bases": [{"zone": "z", "base_fen": 1}] * 2}).status_code == 422
