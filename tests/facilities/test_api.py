"""Zones, facilities, lanes and dispatch capacities through the API."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth import Actor
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import InvalidInputError, NotFoundError
from app.core.rights import ALL_RIGHTS
from app.core.trail.models import AuditRecord
from app.core.work import Work
from app.facilities.models import DispatchCapacity
from app.facilities.schemas import DispatchLimit, ZoneChange
from app.facilities.service import (
    change_zone,
    facilities_by_code,
    set_dispatch_capacity,
    warehouse_by_code,
    warehouses_by_code,
    zone_ids_below,
)
from tests.core.etags import changed, removed, seen

API = "/api/v1"
TESTER = Actor.system("tester", ALL_RIGHTS)


def zone(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name_zh": code,
        "name_en": code,
        "kind": "district",
        "parent": None,
        "residents": 0,
        "longitude_e6": None,
        "latitude_e6": None,
        "tile_column": None,
        "tile_row": None,
    } | fields


def facility(code: str, **fields: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name_zh": "中心医院",
        "name_en": "Central Hospital",
        "facility_type": "hospital",
        "zone": "east",
        "beds": 0,
        "isolation_beds": 0,
        "staff": 0,
        "residents_served": 0,
        "address": "",
        "contact": "",
        "telephone": "",
        "visits_per_day": 0,
        "longitude_e6": None,
        "latitude_e6": None,
        "synthetic": False,
        "active": True,
    } | fields


def faults_of(answer: Any) -> set[tuple[str, str]]:
    return {(fault["where"], fault["code"]) for fault in answer.json()["faults"]}


def codes_of(client: TestClient, path: str, **filters: Any) -> list[str]:
    return [one["code"] for one in client.get(f"{API}/{path}", params=filters).json()["items"]]


@pytest.fixture
def city(client: TestClient) -> TestClient:
    """A client of a city with zones city > east > village and west, a hospital and two warehouses."""
    kinds = (("hospital", False), ("clinic", False), ("warehouse", True), ("cold-store", True))
    bodies = [
        *(("facility-types", {"code": c, "name_zh": c, "name_en": c, "keeps_stock": keeps}) for c, keeps in kinds),
        ("zones", zone("city", kind="city", residents=4_000_000)),
        ("zones", zone("east", parent="city")),
        ("zones", zone("west", parent="city")),
        ("zones", zone("village", parent="east", kind="special")),
        ("facilities", facility("h1", beds=100, isolation_beds=20, longitude_e6=113_134_000, latitude_e6=27_830_000)),
        ("facilities", facility("h2", zone="village", synthetic=True, name_zh="村卫生室", name_en="Village post")),
        ("facilities", facility("w1", facility_type="warehouse", zone="west")),
        ("facilities", facility("w2", facility_type="cold-store", zone="city", active=False)),
    ]
    for path, body in bodies:
        answer = client.post(f"{API}/{path}", json=body)
        shown = body | {"merged_into": None} if path == "facilities" else body
        assert (answer.status_code, answer.json()) == (201, shown)
    return client


def last_record(database: Database) -> tuple[str, Any, Any]:
    with database.read() as session:
        record = session.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(1)).one()
    return record.action, json.loads(record.before), json.loads(record.after)


def test_zones_form_a_tree(city: TestClient, database: Database) -> None:
    assert codes_of(city, "zones") == ["city", "east", "west", "village"]
    assert codes_of(city, "zones", parent="city") == ["east", "west"]
    assert codes_of(city, "zones", kind="special") == ["village"]
    with database.read() as session:
        assert len(zone_ids_below(session, "city")) == 4
        assert len(zone_ids_below(session, "east")) == 2
        with pytest.raises(NotFoundError):
            zone_ids_below(session, "none")


def test_a_zone_moves_but_not_below_itself(city: TestClient, database: Database) -> None:
    moved = changed(city, f"{API}/zones/village", {"parent": "west", "residents": 12})
    assert moved.json() == zone("village", parent="west", kind="special", residents=12)
    assert last_record(database) == (
        "ZONE_CHANGED",
        {"parent": "east", "residents": 0},
        {"parent": "west", "residents": 12},
    )
    for below in ("city", "village"):
        refused = changed(city, f"{API}/zones/city", {"parent": below})
        assert (refused.status_code, faults_of(refused)) == (422, {("parent", "zone_circle")})
    assert changed(city, f"{API}/zones/village", {"parent": None}).json()["parent"] is None
    assert city.get(f"{API}/zones/village").json()["parent"] is None
    assert city.get(f"{API}/zones/city").json()["parent"] is None


def test_two_moves_at_once_close_no_circle(city: TestClient, database: Database, clock: Clock) -> None:
    def move(pair: tuple[str, str]) -> bool:
        try:
            with database.write() as session:
                change_zone(Work(session, TESTER, clock), pair[0], ZoneChange(parent=pair[1]))
        except InvalidInputError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(move, [("east", "west"), ("west", "east")])) == [False, True]


def test_all_that_is_wrong_with_a_zone_is_told_at_once(city: TestClient) -> None:
    answer = city.post(f"{API}/zones", json=zone("new", parent="none", longitude_e6=1))
    assert faults_of(answer) == {("parent", "unknown_id"), ("latitude_e6", "half_position")}
    answer = changed(city, f"{API}/zones/east", {"parent": "none", "latitude_e6": 1})
    assert faults_of(answer) == {("parent", "unknown_id"), ("longitude_e6", "half_position")}
    answer = city.post(f"{API}/zones", json=zone("-", kind="moon", residents=-1, latitude_e6=90_000_001))
    assert {where for where, _ in faults_of(answer)} == {"code", "kind", "residents", "latitude_e6"}
    assert city.post(f"{API}/zones", json=zone("east")).status_code == 409
    assert city.get(f"{API}/zones/none").status_code == 404
    assert changed(city, f"{API}/zones/none", {}).status_code == 404


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({}, ["h1", "h2", "w1", "w2"]),
        ({"zone": "east"}, ["h1", "h2"]),
        ({"zone": "city", "active": True}, ["h1", "h2", "w1"]),
        ({"keeps_stock": True}, ["w1", "w2"]),
        ({"keeps_stock": False, "synthetic": False}, ["h1"]),
        ({"facility_type": "cold-store"}, ["w2"]),
        ({"q": "village"}, ["h2"]),
        ({"q": "卫生室"}, ["h2"]),
        ({"facility_type": "none"}, []),
    ],
)
def test_facilities_are_filtered(city: TestClient, filters: dict[str, Any], codes: list[str]) -> None:
    assert codes_of(city, "facilities", **filters) == codes


def test_facilities_come_in_pages(city: TestClient) -> None:
    first = city.get(f"{API}/facilities", params={"limit": 3}).json()
    second = city.get(f"{API}/facilities", params={"limit": 3, "after": first["next"]}).json()
    assert [one["code"] for one in first["items"] + second["items"]] == ["h1", "h2", "w1", "w2"]
    assert second["next"] is None
    assert city.get(f"{API}/facilities", params={"zone": "none"}).status_code == 404


def test_only_the_fields_named_of_a_facility_are_changed(city: TestClient, database: Database) -> None:
    before = city.get(f"{API}/facilities/h1").json()
    change = {"zone": "west", "facility_type": "clinic", "staff": 30, "isolation_beds": 100}
    after = changed(city, f"{API}/facilities/h1", change)
    assert after.json() == before | change
    assert city.get(f"{API}/facilities/h1").json() == after.json()
    assert last_record(database) == (
        "FACILITY_CHANGED",
        {field: before[field] for field in change},
        change,
    )


def test_all_that_is_wrong_with_a_facility_is_told_at_once(city: TestClient) -> None:
    wrong = facility("h3", zone="none", facility_type="nothing", beds=1, isolation_beds=2, longitude_e6=5)
    expected = {
        ("zone", "unknown_id"),
        ("facility_type", "unknown_id"),
        ("isolation_beds", "too_many_isolation_beds"),
        ("latitude_e6", "half_position"),
    }
    assert faults_of(city.post(f"{API}/facilities", json=wrong)) == expected
    changes = {"zone": "none", "facility_type": "nothing", "beds": 1, "longitude_e6": None}
    before = city.get(f"{API}/facilities/h1").json()
    assert faults_of(changed(city, f"{API}/facilities/h1", changes)) == {
        ("zone", "unknown_id"),
        ("facility_type", "unknown_id"),
        ("isolation_beds", "too_many_isolation_beds"),
        ("longitude_e6", "half_position"),
    }
    assert city.get(f"{API}/facilities/h1").json() == before
    assert city.post(f"{API}/facilities", json=facility("h1")).status_code == 409
    assert changed(city, f"{API}/facilities/none", {}).status_code == 404


def test_a_warehouse_stays_a_warehouse(city: TestClient) -> None:
    for code, kind in (("h1", "warehouse"), ("w1", "hospital")):
        answer = changed(city, f"{API}/facilities/{code}", {"facility_type": kind})
        assert faults_of(answer) == {("facility_type", "warehouse_stays")}
    assert changed(city, f"{API}/facilities/w1", {"facility_type": "cold-store"}).status_code == 200


def test_only_what_keeps_stock_is_a_warehouse(city: TestClient, database: Database) -> None:
    with database.read() as session:
        assert warehouse_by_code(session, "w1").code == "w1"
        for code in ("h1", "none"):
            with pytest.raises(NotFoundError):
                warehouse_by_code(session, code)
        faults: list[Any] = []
        found = warehouses_by_code(session, ["w1", "h1"], where="lines.{n}.warehouse", faults=faults)
        facilities_by_code(session, ["none"], where="facility", faults=faults)
    assert set(found) == {"w1"}
    assert [(fault.where, fault.params["what"]) for fault in faults] == [
        ("lines.1.warehouse", "warehouse"),
        ("facility", "facility"),
    ]


LANE = {
    "warehouse": "w1", "facility": "h1", "lead_days": 1, "cost_microyuan_per_piece": 1000, "cost_microyuan_per_kg": 0,
    "vehicle_class": None,
    "departs_on": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
}  # fmt: skip


def test_lanes_are_entered_changed_and_closed(city: TestClient, database: Database) -> None:
    assert city.post(f"{API}/lanes", json=LANE).json() == LANE
    assert faults_of(city.post(f"{API}/lanes", json=LANE)) == {("facility", "duplicate_key")}
    assert city.post(f"{API}/lanes", json=LANE | {"facility": "w2"}).status_code == 201
    after = changed(city, f"{API}/lanes/w1/h1", {"lead_days": 0, "vehicle_class": "van"})
    assert after.json() == LANE | {"lead_days": 0, "vehicle_class": "van"}
    assert city.get(f"{API}/lanes/w1/h1").json() == after.json()
    assert [lane["facility"] for lane in city.get(f"{API}/lanes").json()["items"]] == ["h1", "w2"]
    assert len(city.get(f"{API}/lanes", params={"warehouse": "w1"}).json()["items"]) == 2
    assert len(city.get(f"{API}/lanes", params={"facility": "h1"}).json()["items"]) == 1
    assert removed(city, f"{API}/lanes/w1/h1").status_code == 204
    assert city.get(f"{API}/lanes/w1/h1").status_code == 404
    assert removed(city, f"{API}/lanes/w1/h1").status_code == 404
    assert last_record(database) == ("LANE_DELETED", after.json(), None)


def test_a_lane_is_driven_on_the_days_named_or_every_day(city: TestClient) -> None:
    lane = {key: value for key, value in LANE.items() if key != "departs_on"}
    assert city.post(f"{API}/lanes", json=lane).json() == LANE
    days = {"departs_on": ["friday", "monday"]}
    assert changed(city, f"{API}/lanes/w1/h1", days).json()["departs_on"] == ["monday", "friday"]
    assert changed(city, f"{API}/lanes/w1/h1", {"lead_days": 3}).json()["departs_on"] == ["monday", "friday"]
    twice = changed(city, f"{API}/lanes/w1/h1", {"departs_on": ["monday", "friday", "monday"]})
    assert faults_of(twice) == {("departs_on.2", "named_twice")}
    assert faults_of(changed(city, f"{API}/lanes/w1/h1", {"departs_on": []})) == {("departs_on", "no_departure")}
    unknown = city.post(f"{API}/lanes", json=LANE | {"facility": "w2", "departs_on": ["someday"]})
    assert {where for where, _ in faults_of(unknown)} == {"departs_on.0"}


def test_all_that_is_wrong_with_a_lane_is_told_at_once(city: TestClient) -> None:
    def refused(**fields: Any) -> set[tuple[str, str]]:
        return faults_of(city.post(f"{API}/lanes", json=LANE | fields))

    assert refused(warehouse="h1", facility="none") == {("warehouse", "unknown_id"), ("facility", "unknown_id")}
    assert refused(warehouse="w1", facility="w1") == {("facility", "lane_to_itself")}
    assert {where for where, _ in refused(lead_days=-1, cost_microyuan_per_kg=0.5)} == {
        "lead_days",
        "cost_microyuan_per_kg",
    }


def test_the_capacity_of_a_day_is_set_replaced_and_lifted(city: TestClient, database: Database) -> None:
    days = f"{API}/warehouses/w1/dispatch-capacities"
    first = city.put(f"{days}/2020-01-31", json={"volume_litres": 500})
    assert (first.status_code, first.json()) == (
        200,
        {"warehouse": "w1", "day": "2020-01-31", "volume_litres": 500},
    )
    assert last_record(database) == ("DISPATCH_CAPACITY_SET", None, first.json())
    city.put(f"{days}/2020-01-31", json={"volume_litres": 0}, headers=seen(city, f"{days}/2020-01-31"))
    assert last_record(database) == ("DISPATCH_CAPACITY_SET", first.json(), first.json() | {"volume_litres": 0})
    city.put(f"{days}/2020-02-02", json={"volume_litres": 9})
    assert [one["volume_litres"] for one in city.get(days).json()["items"]] == [0, 9]
    for filters, count in (
        ({"day_from": "2020-02-01"}, 1),
        ({"day_to": "2020-02-01"}, 1),
        ({"day_from": "2020-03-01"}, 0),
    ):
        assert len(city.get(days, params=filters).json()["items"]) == count
    assert removed(city, f"{days}/2020-01-31").status_code == 204
    assert city.delete(f"{days}/2020-01-31").status_code == 404
    assert last_record(database)[0] == "DISPATCH_CAPACITY_LIFTED"


def test_a_capacity_of_no_warehouse_no_day_or_no_volume_is_refused(city: TestClient) -> None:
    assert city.put(f"{API}/warehouses/h1/dispatch-capacities/2020-01-31", json={"volume_litres": 1}).status_code == 404
    assert city.get(f"{API}/warehouses/h1/dispatch-capacities").status_code == 404
    for day in ("2020-02-30", "1999-12-31", "2101-01-01", "1580428800", "today"):
        answer = city.put(f"{API}/warehouses/w1/dispatch-capacities/{day}", json={"volume_litres": -1})
        assert (answer.status_code, {where for where, _ in faults_of(answer)}) == (422, {"day", "volume_litres"})


def test_many_writers_of_one_day_leave_one_capacity(city: TestClient, database: Database, clock: Clock) -> None:
    def put(litres: int) -> None:
        with database.write() as session:
            limit = DispatchLimit(volume_litres=litres)
            set_dispatch_capacity(Work(session, TESTER, clock), "w1", date(2020, 1, 31), limit)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(put, range(1, 9)))
    with database.read() as session:
        assert len(session.scalars(select(DispatchCapacity)).all()) == 1


def test_refusals_speak_chinese(city: TestClient) -> None:
    chinese = {"Accept-Language": "zh-CN"}
    answer = city.post(f"{API}/lanes", json=LANE | {"warehouse": "h1", "facility": "none"}, headers=chinese)
    assert [fault["detail"] for fault in answer.json()["faults"]] == ["没有仓库“h1”。", "没有单位“none”。"]
    headers = chinese | seen(city, f"{API}/facilities/h1")
    answer = city.patch(f"{API}/facilities/h1", json={"facility_type": "warehouse"}, headers=headers)
    assert answer.json()["detail"] == "仓库不能改为其他单位，其他单位也不能改为仓库；请另行登记。"
