"""Items, kinds of facility and outside names through the API."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.auth import Actor
from app.catalog.models import Item
from app.catalog.schemas import NewItem
from app.catalog.service import create_item
from app.catalog.types import BaseUnit, Program
from app.core.clock import Clock
from app.core.database import Database
from app.core.errors import ConflictError
from app.core.rights import ALL_RIGHTS
from app.core.trail.models import AuditRecord
from app.core.work import Work
from tests.core.etags import changed, removed

API = "/api/v1"
MASK: dict[str, Any] = {
    "code": "n95", "program": "medical", "name_zh": "医用防护口罩", "name_en": "Medical protective mask",
    "product_grade": "GB 19083", "base_unit": "piece", "pack_units": 20, "shelf_life_days": 1095,
    "volume_mm3_per_unit": 250_000, "value_microyuan_per_unit": 8_500_000,
}  # fmt: skip
DEFAULTS = {
    "cold_chain": False,
    "durable": False,
    "active": True,
    "use_group": None,
    "grade_rank": None,
    "merged_into": None,
}


def enter(client: TestClient, **fields: Any) -> None:
    answer = client.post(f"{API}/items", json=MASK | fields)
    assert answer.status_code == 201, answer.text


def faults_of(answer: Any) -> set[tuple[str, str]]:
    return {(fault["where"], fault["code"]) for fault in answer.json()["faults"]}


def records(database: Database) -> list[AuditRecord]:
    with database.read() as session:
        return list(session.scalars(select(AuditRecord).order_by(AuditRecord.seq)))


def test_an_item_is_entered_and_shown(client: TestClient, database: Database) -> None:
    answer = client.post(f"{API}/items", json=MASK)
    assert answer.status_code == 201
    assert answer.json() == MASK | DEFAULTS
    assert client.get(f"{API}/items/n95").json() == answer.json()
    (record,) = records(database)
    assert (record.action, record.subject_kind, record.subject_key) == ("ITEM_CREATED", "item", "n95")
    assert (json.loads(record.before), json.loads(record.after)) == (None, answer.json())


def test_a_code_is_taken_once(client: TestClient) -> None:
    enter(client)
    answer = client.post(f"{API}/items", json=MASK, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 409
    assert faults_of(answer) == {("code", "duplicate_key")}
    assert answer.json()["detail"] == "该物资已存在：“n95”。"
    assert len(client.get(f"{API}/items").json()["items"]) == 1


def test_of_many_writers_with_one_code_one_wins_and_the_others_are_told(database: Database, clock: Clock) -> None:
    new = NewItem(code="n95", program=Program.MEDICAL, name_zh="口罩", name_en="Mask", base_unit=BaseUnit.PIECE)

    def write(_: int) -> bool:
        try:
            with database.write() as session:
                create_item(Work(session, Actor.system("tester", ALL_RIGHTS), clock), new)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(write, range(8))) == [False] * 7 + [True]
    with database.read() as session:
        assert len(session.scalars(select(Item)).all()) == 1
    assert len(records(database)) == 1


def test_all_that_is_wrong_with_an_item_is_told_at_once(client: TestClient) -> None:
    wrong = MASK | {
        "code": "n 95",
        "program": "military",
        "name_zh": "",
        "name_en": "a\u0000b",
        "base_unit": 1,
        "pack_units": 0,
        "shelf_life_days": 1.5,
        "cold_chain": "yes",
        "volume_mm3_per_unit": -1,
        "value_microyuan_per_unit": 10**13,
        "colour": "blue",
    }
    answer = client.post(f"{API}/items", json=wrong)
    assert answer.status_code == 422
    assert {where for where, _ in faults_of(answer)} == set(wrong) - {"product_grade", "active"}
    assert client.get(f"{API}/items").json()["items"] == []


@pytest.mark.parametrize("text", ["NaN", "1e999", "Infinity", str(2**70), "null", '"20"', "true"])
def test_odd_numbers_are_refused(client: TestClient, text: str) -> None:
    body = json.dumps(MASK | {"pack_units": "@"}).replace('"@"', text)
    answer = client.post(f"{API}/items", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["faults"]


def test_only_the_fields_named_are_changed_and_recorded(client: TestClient, database: Database) -> None:
    enter(client)
    change = {"value_microyuan_per_unit": 9_000_000, "product_grade": None, "pack_units": 20}
    answer = changed(client, f"{API}/items/n95", change)
    assert answer.status_code == 200
    assert answer.json() == MASK | DEFAULTS | change
    last = records(database)[-1]
    assert last.action == "ITEM_CHANGED"
    assert json.loads(last.before) == {"product_grade": "GB 19083", "value_microyuan_per_unit": 8_500_000}
    assert json.loads(last.after) == {"product_grade": None, "value_microyuan_per_unit": 9_000_000}


def test_a_change_that_changes_nothing_leaves_no_record(client: TestClient, database: Database) -> None:
    enter(client)
    assert changed(client, f"{API}/items/n95", {"pack_units": 20}).status_code == 200
    assert changed(client, f"{API}/items/n95", {}).status_code == 200
    assert [record.action for record in records(database)] == ["ITEM_CREATED"]


def test_what_quantities_were_written_in_cannot_be_changed(client: TestClient) -> None:
    enter(client)
    change = {"code": "n96", "program": "living", "base_unit": "gram", "name_zh": None, "active": None}
    answer = changed(client, f"{API}/items/n95", change)
    assert answer.status_code == 422
    assert faults_of(answer) == {
        ("code", "extra_forbidden"),
        ("program", "extra_forbidden"),
        ("base_unit", "extra_forbidden"),
        ("name_zh", "string_type"),
        ("active", "bool_type"),
    }


def test_unknown_items_are_not_found(client: TestClient) -> None:
    for answer in (
        client.get(f"{API}/items/none"),
        changed(client, f"{API}/items/none", {"active": False}),
    ):
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is no item “none”."


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({}, ["n95", "kn95", "rice", "old"]),
        ({"program": "living"}, ["rice"]),
        ({"grade": "GB 19083"}, ["n95"]),
        ({"active": "false"}, ["old"]),
        ({"q": "N95"}, ["n95", "kn95"]),
        ({"q": "大米"}, ["rice"]),
        ({"q": "100%"}, ["old"]),
        ({"q": "_"}, []),
        ({"q": "95", "program": "medical", "active": "true", "grade": "GB 2626"}, ["kn95"]),
    ],
)
def test_items_are_filtered(client: TestClient, filters: dict[str, str], codes: list[str]) -> None:
    enter(client)
    enter(client, code="kn95", product_grade="GB 2626")
    enter(client, code="rice", program="living", name_zh="大米", name_en="Rice", base_unit="gram", product_grade=None)
    enter(client, code="old", name_zh="旧", name_en="100% wool", active=False, product_grade=None)
    answer = client.get(f"{API}/items", params=filters)
    assert [item["code"] for item in answer.json()["items"]] == codes


@pytest.mark.parametrize(
    "filters", [{"program": "x"}, {"q": ""}, {"q": "\x00"}, {"limit": "0"}, {"limit": "501"}, {"after": "-1"}]
)
def test_filters_that_make_no_sense_are_refused(client: TestClient, filters: dict[str, str]) -> None:
    answer = client.get(f"{API}/items", params=filters)
    assert answer.status_code == 422
    assert {where for where, _ in faults_of(answer)} == set(filters)


def test_pages_follow_each_other(client: TestClient) -> None:
    for n in range(5):
        enter(client, code=f"i{n}")
    seen: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get(f"{API}/items", params={"limit": "2"} | cursor).json()
        seen.append([item["code"] for item in page["items"]])
        if page["next"] is None:
            break
        cursor = {"after": page["next"]}
    assert seen == [["i0", "i1"], ["i2", "i3"], ["i4"]]


def test_kinds_of_facility(client: TestClient) -> None:
    kinds = [
        {"code": "warehouse", "name_zh": "仓库", "name_en": "Warehouse", "keeps_stock": True},
        {"code": "hospital", "name_zh": "医院", "name_en": "Hospital", "keeps_stock": False},
    ]
    for kind in kinds:
        assert client.post(f"{API}/facility-types", json=kind).status_code == 201
    assert client.post(f"{API}/facility-types", json=kinds[0]).status_code == 409
    assert client.get(f"{API}/facility-types").json()["items"] == kinds
    assert client.get(f"{API}/facility-types", params={"keeps_stock": True}).json()["items"] == kinds[:1]
    after = changed(client, f"{API}/facility-types/hospital", {"name_en": "General hospital"})
    assert after.json() == kinds[1] | {"name_en": "General hospital"}
    assert client.get(f"{API}/facility-types/hospital").json() == after.json()
    assert client.patch(f"{API}/facility-types/hospital", json={"keeps_stock": True}).status_code == 422
    assert client.get(f"{API}/facility-types/none").status_code == 404


def test_operators_teach_outside_names(client: TestClient, database: Database) -> None:
    enter(client)
    enter(client, code="goggles", name_zh="护目镜", name_en="Goggles", product_grade=None)
    enter(client, code="old", name_zh="旧口罩", name_en="Old", active=False)
    asked = {"names": ["医用防护口罩 | Ｎ95 口罩", "Ｎ95口罩", "防冲击眼罩/护目镜", "旧口罩", "床罩", "N95"]}

    before = client.post(f"{API}/item-aliases/resolve", json=asked).json()
    assert before["unmapped"] == ["Ｎ95口罩", "旧口罩", "床罩"]

    answer = client.post(f"{API}/item-aliases", json={"alias": " N95 口罩", "item": "n95"})
    assert (answer.status_code, answer.json()) == (201, {"alias": "n95口罩", "item": "n95"})
    assert client.post(f"{API}/item-aliases", json={"alias": "防冲击眼罩", "item": "n95"}).status_code == 201
    after = client.post(f"{API}/item-aliases/resolve", json=asked).json()
    assert after == {
        "resolved": [
            {"name": "医用防护口罩 | Ｎ95 口罩", "item": "n95", "matched": "医用防护口罩", "other_items": []},
            {"name": "Ｎ95口罩", "item": "n95", "matched": "n95口罩", "other_items": []},
            {"name": "防冲击眼罩/护目镜", "item": "n95", "matched": "防冲击眼罩", "other_items": ["goggles"]},
            {"name": "N95", "item": "n95", "matched": "n95", "other_items": []},
        ],
        "unmapped": ["旧口罩", "床罩"],
    }
    assert records(database)[-1].action == "ITEM_ALIAS_CREATED"


def test_an_outside_name_means_one_item(client: TestClient) -> None:
    enter(client)
    assert client.post(f"{API}/item-aliases", json={"alias": "N95口罩", "item": "n95"}).status_code == 201
    answer = client.post(f"{API}/item-aliases", json={"alias": "ｎ９５ 口罩", "item": "n95"})
    assert answer.status_code == 409
    assert faults_of(answer) == {("alias", "duplicate_key")}


def test_all_that_is_wrong_with_an_outside_name_is_told_at_once(client: TestClient) -> None:
    answer = client.post(f"{API}/item-aliases", json={"alias": "|/", "item": "none"})
    assert answer.status_code == 422
    assert faults_of(answer) == {("alias", "empty_alias"), ("item", "unknown_id")}
    # One letter that half-width spelling writes with eighteen.
    answer = client.post(f"{API}/item-aliases", json={"alias": "\ufdfa" * 100, "item": "none"})
    assert faults_of(answer) == {("alias", "alias_too_long"), ("item", "unknown_id")}


def test_outside_names_are_listed_and_removed(client: TestClient, database: Database) -> None:
    enter(client)
    enter(client, code="visor")
    for alias, item in (("N95口罩", "n95"), ("面屏/面罩", "visor")):
        assert client.post(f"{API}/item-aliases", json={"alias": alias, "item": item}).status_code == 201
    listed = client.get(f"{API}/item-aliases", params={"item": "visor"}).json()["items"]
    assert listed == [{"alias": "面屏/面罩", "item": "visor"}]
    assert client.get(f"{API}/item-aliases", params={"q": "Ｎ95"}).json()["items"][0]["item"] == "n95"
    assert removed(client, f"{API}/item-aliases/面屏%2F面罩").status_code == 204
    assert client.delete(f"{API}/item-aliases/面屏%2F面罩").status_code == 404
    assert [alias["item"] for alias in client.get(f"{API}/item-aliases").json()["items"]] == ["n95"]
    assert records(database)[-1].action == "ITEM_ALIAS_DELETED"
