"""Planning through the API: the worked cases, the empty and the hopeless ones, and that a plan can be found again."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.auth.deps import Actor, _current_actor
from app.core.rights import ALL_RIGHTS
from app.planning import worker
from app.planning.solving.process import PlanFailedError
from solver import check, parse_plan, parse_problem
from tests.core.etags import changed
from tests.planning.city import need, post, receive
from tests.planning.working import SolvedHere, computed, work_all


@pytest.fixture(autouse=True)
def solve_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve in this process; one test below goes through the child process."""
    monkeypatch.setattr(worker, "SolverProcess", SolvedHere)


@pytest.fixture
def city(client: TestClient, planning_city: None) -> TestClient:
    return client


def propose(client: TestClient) -> dict[str, Any]:
    return computed(client, {"program": "medical"})


def failed(client: TestClient) -> dict[str, Any]:
    """The run of a plan that cannot be computed."""
    answer = client.post("/api/v1/plans", json={"program": "medical"})
    assert isinstance(client.app, FastAPI)
    work_all(client.app)
    run: dict[str, Any] = client.get(answer.headers["Location"]).json()
    assert run["state"] == "FAILED"
    return run


def outcomes(client: TestClient, plan: str) -> dict[str, dict[str, Any]]:
    rows = client.get(f"/api/v1/plans/{plan}/demands", headers={"Accept-Language": "en"}).json()["items"]
    return {f"{row['facility']}/{row['item']}": row for row in rows}


def codes(outcome: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in outcome["reasons"]}


def test_the_fair_split_that_open_msupply_put_off(city: TestClient) -> None:
    """25, 35 and 40 asked, 50 in stock: 12.5, 17.5 and 20 relaxed, whole packs of 10 beside it."""
    changed(city, "/api/v1/items/kn95", {"pack_units": 1})
    post(
        city,
        "/facilities",
        {"code": "fourth", "name_zh": "四", "name_en": "4", "facility_type": "hospital", "zone": "city"},
    )
    post(city, "/lanes", {"warehouse": "wh", "facility": "fourth"})
    receive(city, "kn95", 50, "L1")
    for facility, units in (("second", 25), ("third", 35), ("fourth", 40)):
        need(city, facility, "kn95", units)
    plan = propose(city)
    found = outcomes(city, plan["code"])
    assert [found[f"{name}/kn95"]["shares"][-1] for name in ("second", "third", "fourth")] == pytest.approx([0.5] * 3)
    given = [found[f"{name}/kn95"]["planned_units"] for name in ("second", "third", "fourth")]
    assert sum(given) == 50
    assert given[0] in (12, 13)
    assert given[1] in (17, 18)
    assert given[2] == 20
    assert "supply_used_up" in codes(found["second/kn95"])


def test_kn95_never_reaches_a_designated_hospital(city: TestClient) -> None:
    receive(city, "kn95", 500, "L1")
    need(city, "designated", "n95", 100)
    need(city, "second", "n95", 100)
    found = outcomes(city, propose(city)["code"])
    assert found["designated/n95"]["planned_units"] == 0
    assert "substitute_not_allowed" in codes(found["designated/n95"])
    assert found["second/n95"]["planned_units"] == 100


def test_an_earmark_binds(city: TestClient) -> None:
    for facility, units in (("designated", 300), ("second", 300), ("third", 400)):
        receive(city, "n95", units, f"3M-{facility}", earmark=[facility])
        need(city, facility, "n95", 1000)
    plan = propose(city)["code"]
    given = {key: row["planned_units"] for key, row in outcomes(city, plan).items()}
    assert given == {"designated/n95": 300, "second/n95": 300, "third/n95": 400}
    lines = city.get(f"/api/v1/plans/{plan}/lines").json()["items"]
    assert {(line["lot"], line["facility"]) for line in lines} == {
        ("3M-designated", "designated"),
        ("3M-second", "second"),
        ("3M-third", "third"),
    }


def test_all_earmarked_for_others_is_a_proper_plan_with_the_reason(city: TestClient) -> None:
    receive(city, "n95", 300, "L1", earmark=["second"])
    need(city, "designated", "n95", 100)
    found = outcomes(city, propose(city)["code"])
    assert found["designated/n95"]["planned_units"] == 0
    assert codes(found["designated/n95"]) == {"earmarked"}
    assert found["designated/n95"]["reasons"][0]["text"].startswith("It is given for others")


def test_nothing_in_stock_and_nobody_asking(city: TestClient) -> None:
    assert outcomes(city, propose(city)["code"]) == {}
    need(city, "second", "n95", 100)
    found = outcomes(city, propose(city)["code"])
    assert found["second/n95"]["planned_units"] == 0
    assert "no_source" in codes(found["second/n95"])


def test_more_than_enough_leaves_no_reason(city: TestClient) -> None:
    receive(city, "n95", 5000, "L1")
    need(city, "second", "n95", 100)
    found = outcomes(city, propose(city)["code"])
    assert found["second/n95"]["planned_units"] == 100
    assert found["second/n95"]["reasons"] == []


def test_a_need_below_one_pack(city: TestClient) -> None:
    receive(city, "n95", 5000, "L1")
    need(city, "second", "n95", 3)
    assert outcomes(city, propose(city)["code"])["second/n95"]["planned_units"] == 10


def test_a_facility_without_a_lane(city: TestClient) -> None:
    post(
        city,
        "/facilities",
        {"code": "far", "name_zh": "远", "name_en": "Far", "facility_type": "hospital", "zone": "city"},
    )
    receive(city, "n95", 5000, "L1")
    need(city, "far", "n95", 100)
    need(city, "second", "n95", 100)
    found = outcomes(city, propose(city)["code"])
    assert codes(found["far/n95"]) == {"no_lane"}
    assert found["second/n95"]["planned_units"] == 100


def test_expired_and_blocked_lots_are_left_out_and_told(city: TestClient, database: Any) -> None:
    receive(city, "n95", 100, "OLD", expiry="2020-01-31")
    lot = city.get("/api/v1/lots", params={"item": "n95"}).json()["items"][0]["id"]
    post(city, f"/lots/{lot}/block", {"reason": "recall"})
    need(city, "second", "n95", 100)
    plan = propose(city)
    assert outcomes(city, plan["code"])["second/n95"]["planned_units"] == 0
    page = city.get("/", params={"lang": "en"}).text
    assert "100 pcs blocked" in page


def test_a_fund_of_nothing_buys_nothing(city: TestClient) -> None:
    post(city, "/partners", {"code": "seller", "name_zh": "卖", "name_en": "Seller", "kind": "supplier"})
    post(city, "/funds", {"code": "purse", "name_zh": "资金", "name_en": "Purse", "amount_fen": 0})
    post(
        city,
        "/offers",
        {
            "partner": "seller",
            "supply_channel": "MARKET_PURCHASE",
            "item": "n95",
            "warehouse": "wh",
            "fund": "purse",
            "quantity": 1000,
            "unit_price_microyuan": 14_000_000,
            "lead_days": 1,
        },
    )
    need(city, "second", "n95", 100)
    plan = propose(city)["code"]
    found = outcomes(city, plan)
    assert found["second/n95"]["planned_units"] == 0
    assert "fund_spent" in codes(found["second/n95"])
    assert city.get(f"/api/v1/plans/{plan}/purchases").json() == []


def test_key_points_first_after_the_floor(city: TestClient) -> None:
    receive(city, "n95", 700, "L1")
    need(city, "designated", "n95", 500)
    need(city, "second", "n95", 500)
    need(city, "third", "n95", 500)
    found = outcomes(city, propose(city)["code"])
    assert found["designated/n95"]["shares"] == pytest.approx([0.5, 0.8, 0.8])
    assert found["second/n95"]["shares"] == pytest.approx([0.3, 0.3, 0.3])


def test_a_raised_tier_counts_while_it_is_valid(city: TestClient) -> None:
    receive(city, "n95", 100, "L1")
    need(city, "second", "n95", 100)
    need(city, "third", "n95", 100)
    new = {
        "facility": "third",
        "tier": 1,
        "reason": "outbreak",
        "valid_from": "2020-01-30",
        "valid_until": "2020-02-05",
    }
    raised = post(city, "/tier-raises", new)["id"]
    city.app.dependency_overrides[_current_actor] = lambda: Actor.system("second leader", ALL_RIGHTS)  # type: ignore[attr-defined]
    post(city, f"/tier-raises/{raised}/confirm", None)
    found = outcomes(city, propose(city)["code"])
    assert found["third/n95"]["tier"] == 1
    assert found["third/n95"]["planned_units"] > found["second/n95"]["planned_units"]


def test_a_plan_is_found_again_with_its_inputs_and_can_be_proved(city: TestClient) -> None:
    receive(city, "n95", 170, "L1")
    need(city, "designated", "n95", 100)
    need(city, "second", "n95", 130)
    first, second = propose(city), propose(city)
    assert first["snapshot_digest"] == second["snapshot_digest"]
    documents = [city.get(f"/api/v1/plans/{plan['code']}/document").json() for plan in (first, second)]
    for document in documents:
        for band in document["bands"]:
            band.pop("seconds")
    assert documents[0] == documents[1]
    problem = parse_problem(city.get(f"/api/v1/plans/{first['code']}/problem").json())
    assert check(problem, parse_plan(city.get(f"/api/v1/plans/{first['code']}/document").json())) == ()
    receive(city, "n95", 10, "L2")
    assert propose(city)["snapshot_digest"] != first["snapshot_digest"]


def test_a_plan_that_fails_is_kept_with_its_reason(city: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_process: SolvedHere, _seconds: float) -> dict[str, Any]:
        raise PlanFailedError.of("The solver stopped: {reason}.", reason="out of time")

    monkeypatch.setattr(SolvedHere, "wait", fail)
    need(city, "second", "n95", 100)
    run = failed(city)
    assert run["faults"][0]["detail"] == "The solver stopped: out of time."
    kept = city.get("/api/v1/plans").json()["items"][0]
    assert (kept["state"], kept["failure"]) == ("FAILED", "The solver stopped: out of time.")


def test_the_solver_runs_in_a_process_of_its_own(
    app: FastAPI, city: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    receive(city, "n95", 50, "L1")
    need(city, "second", "n95", 100)
    assert outcomes(city, propose(city)["code"])["second/n95"]["planned_units"] == 50


def test_a_policy_names_all_its_faults(city: TestClient) -> None:
    answer = city.post(
        "/api/v1/policies",
        json={
            "program": "medical",
            "title_zh": "办法",
            "title_en": "Policy",
            "horizon_days": 7,
            "bands": [
                {
                    "name_zh": "甲",
                    "name_en": "A",
                    "caps": [{"tier": 1, "cap_permille": 500}, {"tier": 1, "cap_permille": 600}],
                },
            ],
            "tiers": [{"facility_type": "hospital", "tier": 2}, {"facility_type": "hospital", "tier": 1}],
        },
    )
    assert answer.status_code == 422
    assert {fault["code"] for fault in answer.json()["faults"]} == {"duplicate", "unserved_tier"}
    assert len(answer.json()["faults"]) == 3


def test_types_without_a_tier_are_named(city: TestClient) -> None:
    post(city, "/facility-types", {"code": "school", "name_zh": "学校", "name_en": "School"})
    post(city, "/facilities", {"code": "s", "name_zh": "校", "name_en": "S", "facility_type": "school", "zone": "city"})
    need(city, "s", "n95", 10)
    assert "school" in json.dumps(failed(city))


def test_the_first_page_says_what_to_do_when_there_is_no_plan(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "There is no plan yet." in page.text
    assert "还没有分配方案" in client.get("/", params={"lang": "zh-CN"}).text
