"""Substitutions and norms through the API, and norms as requisitions read them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, select

from app.catalog.models import FacilityType, Item
from app.catalog.norms import norms_for
from app.catalog.rules import NormRate
from app.catalog.types import NormBasis
from app.core.database import Database
from app.core.errors import NotFoundError
from app.core.trail.models import AuditRecord
from tests.core.etags import changed, removed

API = "/api/v1"
ITEMS = (("n95", "medical"), ("kn95", "medical"), ("surgical", "medical"), ("rice", "living"))
TYPES = ("designated", "community", "checkpoint")


@pytest.fixture
def catalogue(client: TestClient) -> TestClient:
    """A client of a service that knows four items and three kinds of facility."""
    for code, program in ITEMS:
        item = {"code": code, "program": program, "name_zh": code, "name_en": code, "base_unit": "piece"}
        assert client.post(f"{API}/items", json=item).status_code == 201
    for code in TYPES:
        kind = {"code": code, "name_zh": code, "name_en": code}
        assert client.post(f"{API}/facility-types", json=kind).status_code == 201
    return client


def allow(client: TestClient, item: str, serves: str, *types: str, **fields: Any) -> Any:
    body = {"item": item, "serves_item": serves, "facility_types": list(types)} | fields
    return client.post(f"{API}/substitutions", json=body)


def norm(**fields: Any) -> dict[str, Any]:
    return {
        "facility_type": "designated",
        "item": "n95",
        "basis": "isolation_bed",
        "daily_use_milliunits": 2280,
        "source": "WHO ESFT, severe case",
    } | fields


def enter_set(client: TestClient, code: str = "esft") -> dict[str, str]:
    body = {"code": code, "name_zh": "世卫", "name_en": "WHO ESFT", "source": "mrc-ide/esft"}
    assert client.post(f"{API}/norm-sets", json=body).status_code == 201
    return body


def faults_of(answer: Any) -> set[tuple[str, str]]:
    return {(fault["where"], fault["code"]) for fault in answer.json()["faults"]}


def actions(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(AuditRecord.action).order_by(AuditRecord.seq)))


def test_a_substitution_is_allowed_one_way_and_only_where_it_says(catalogue: TestClient) -> None:
    answer = allow(catalogue, "kn95", "n95", "community", "checkpoint", penalty_microyuan_per_unit=5)
    assert answer.status_code == 201
    assert answer.json() == {
        "item": "kn95",
        "serves_item": "n95",
        "ratio_permille": 1000,
        "penalty_microyuan_per_unit": 5,
        "facility_types": ["checkpoint", "community"],
    }
    assert catalogue.get(f"{API}/substitutions/kn95/n95").json() == answer.json()
    assert catalogue.get(f"{API}/substitutions/n95/kn95").status_code == 404


def test_the_same_substitution_is_entered_once(catalogue: TestClient) -> None:
    assert allow(catalogue, "kn95", "n95", "community").status_code == 201
    answer = allow(catalogue, "kn95", "n95", "checkpoint")
    assert answer.status_code == 409
    assert faults_of(answer) == {("serves_item", "duplicate_key")}
    assert allow(catalogue, "n95", "kn95", "community").status_code == 201


def test_all_that_is_wrong_with_a_substitution_is_told_at_once(catalogue: TestClient) -> None:
    answer = allow(catalogue, "none", "neither", "community", "nowhere", "community")
    assert answer.status_code == 422
    assert faults_of(answer) == {
        ("item", "unknown_id"),
        ("serves_item", "unknown_id"),
        ("facility_types.1", "unknown_id"),
        ("facility_types.2", "repeated"),
    }
    assert faults_of(allow(catalogue, "rice", "n95", "community")) == {("serves_item", "other_program")}
    assert faults_of(allow(catalogue, "n95", "n95", "community")) == {("serves_item", "same_item")}
    assert faults_of(allow(catalogue, "kn95", "n95", ratio_permille=0)) == {
        ("facility_types", "too_short"),
        ("ratio_permille", "greater_than_equal"),
    }
    assert catalogue.get(f"{API}/substitutions").json()["items"] == []


def test_a_substitution_is_changed_and_forbidden_again(catalogue: TestClient, database: Database) -> None:
    allow(catalogue, "kn95", "n95", "community", "checkpoint")
    where = f"{API}/substitutions/kn95/n95"
    after = changed(catalogue, where, {"facility_types": ["designated", "community"], "ratio_permille": 500})
    assert (after.json()["facility_types"], after.json()["ratio_permille"]) == (["community", "designated"], 500)
    assert catalogue.get(where).json() == after.json()
    again = changed(catalogue, where, {"facility_types": ["designated", "community"]})
    assert (again.status_code, again.headers["etag"]) == (200, after.headers["etag"])
    wrong = changed(catalogue, where, {"facility_types": ["nowhere", "nowhere"]})
    assert faults_of(wrong) == {
        ("facility_types.0", "unknown_id"),
        ("facility_types.1", "unknown_id"),
        ("facility_types.1", "repeated"),
    }
    assert catalogue.get(where).json() == after.json()
    assert removed(catalogue, where).status_code == 204
    assert removed(catalogue, where).status_code == 404
    assert actions(database)[-3:] == ["SUBSTITUTION_CREATED", "SUBSTITUTION_CHANGED", "SUBSTITUTION_DELETED"]


@pytest.mark.parametrize(
    ("filters", "pairs"),
    [
        ({}, ["kn95>n95", "surgical>n95", "n95>surgical"]),
        ({"item": "kn95"}, ["kn95>n95"]),
        ({"serves_item": "n95"}, ["kn95>n95", "surgical>n95"]),
        ({"facility_type": "designated"}, ["n95>surgical"]),
        ({"serves_item": "n95", "facility_type": "checkpoint"}, ["surgical>n95"]),
    ],
)
def test_substitutions_are_filtered(catalogue: TestClient, filters: dict[str, str], pairs: list[str]) -> None:
    allow(catalogue, "kn95", "n95", "community")
    allow(catalogue, "surgical", "n95", "checkpoint", "community")
    allow(catalogue, "n95", "surgical", *TYPES)
    found = catalogue.get(f"{API}/substitutions", params=filters).json()["items"]
    assert [f"{one['item']}>{one['serves_item']}" for one in found] == pairs
    page = catalogue.get(f"{API}/substitutions", params={"limit": 1}).json()
    following = catalogue.get(f"{API}/substitutions", params={"limit": 1, "after": page["next"]}).json()
    assert [page["items"][0]["item"], following["items"][0]["item"]] == ["kn95", "surgical"]


def test_norm_sets(client: TestClient) -> None:
    body = enter_set(client)
    assert client.post(f"{API}/norm-sets", json=body).status_code == 409
    assert client.get(f"{API}/norm-sets/esft").json() == body
    after = changed(client, f"{API}/norm-sets/esft", {"source": "WHO, 2020"})
    assert after.json() == body | {"source": "WHO, 2020"}
    assert client.get(f"{API}/norm-sets").json()["items"] == [after.json()]
    assert changed(client, f"{API}/norm-sets/esft", {"source": ""}).status_code == 422
    assert client.get(f"{API}/norm-sets/none").status_code == 404


def test_norms_are_entered_changed_and_removed(catalogue: TestClient, database: Database) -> None:
    enter_set(catalogue)
    norms = f"{API}/norm-sets/esft/norms"
    entered = catalogue.post(norms, json=norm())
    assert (entered.status_code, entered.json()) == (201, norm(norm_set="esft"))
    assert faults_of(catalogue.post(norms, json=norm(source="another"))) == {("basis", "duplicate_key")}
    assert catalogue.post(norms, json=norm(basis="staff")).status_code == 201

    one = f"{norms}/designated/n95/isolation_bed"
    after = changed(catalogue, one, {"daily_use_milliunits": 4090, "source": "WHO ESFT, critical case"})
    assert (after.json()["daily_use_milliunits"], after.json()["source"]) == (4090, "WHO ESFT, critical case")
    assert removed(catalogue, one).status_code == 204
    assert catalogue.delete(one).status_code == 404
    assert [left["basis"] for left in catalogue.get(norms).json()["items"]] == ["staff"]
    assert actions(database)[-4:] == ["NORM_CREATED", "NORM_CREATED", "NORM_CHANGED", "NORM_DELETED"]


def test_all_that_is_wrong_with_a_norm_is_told_at_once(catalogue: TestClient) -> None:
    enter_set(catalogue)
    norms = f"{API}/norm-sets/esft/norms"
    unknown = catalogue.post(norms, json=norm(facility_type="nowhere", item="none"))
    assert faults_of(unknown) == {("facility_type", "unknown_id"), ("item", "unknown_id")}
    shape = catalogue.post(norms, json=norm(basis="moon", daily_use_milliunits=2.28, source=" "))
    assert {where for where, _ in faults_of(shape)} == {"basis", "daily_use_milliunits", "source"}
    assert catalogue.post(f"{API}/norm-sets/none/norms", json=norm()).status_code == 404
    assert catalogue.get(f"{API}/norm-sets/none/norms").status_code == 404
    assert changed(catalogue, f"{norms}/designated/n95/moon", {}).status_code == 422


def test_norms_are_filtered(catalogue: TestClient) -> None:
    enter_set(catalogue)
    enter_set(catalogue, "wuhan")
    for fields in ({}, {"basis": "staff"}, {"item": "kn95"}, {"facility_type": "community"}):
        assert catalogue.post(f"{API}/norm-sets/esft/norms", json=norm(**fields)).status_code == 201

    def count(**filters: str) -> int:
        return len(catalogue.get(f"{API}/norm-sets/esft/norms", params=filters).json()["items"])

    assert (count(), count(basis="staff"), count(item="kn95"), count(facility_type="designated")) == (4, 1, 1, 3)
    assert catalogue.get(f"{API}/norm-sets/wuhan/norms").json()["items"] == []


def test_norms_of_many_pairs_come_in_two_statements(catalogue: TestClient, database: Database) -> None:
    enter_set(catalogue)
    enter_set(catalogue, "wuhan")
    for fields in ({}, {"basis": "staff"}, {"item": "kn95"}, {"facility_type": "community"}):
        assert catalogue.post(f"{API}/norm-sets/esft/norms", json=norm(**fields)).status_code == 201
    assert catalogue.post(f"{API}/norm-sets/wuhan/norms", json=norm(daily_use_milliunits=8400)).status_code == 201
    statements: list[str] = []
    with database.read() as session:
        types = {row.code: row.id for row in session.scalars(select(FacilityType))}
        items = {row.code: row.id for row in session.scalars(select(Item))}
        event.listen(database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
        found = norms_for(session, "esft", types.values(), [items["n95"], items["rice"]])
        assert len(statements) == 2  # the set, and its norms
        every = norms_for(session, "wuhan", [types["designated"], types["designated"]])
        with pytest.raises(NotFoundError):
            norms_for(session, "none", types.values())
    bed = NormRate(basis=NormBasis.ISOLATION_BED, daily_use_milliunits=2280, source="WHO ESFT, severe case")
    staff = NormRate(basis=NormBasis.STAFF, daily_use_milliunits=2280, source="WHO ESFT, severe case")
    assert found == {
        (types["designated"], items["n95"]): (bed, staff),
        (types["community"], items["n95"]): (bed,),
    }
    assert [rate.daily_use_milliunits for rates in every.values() for rate in rates] == [8400]
