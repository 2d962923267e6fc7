"""Units in which people count items: over REST and on their page."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select

from app.core.database import Database
from app.core.trail.models import AuditRecord
from tests.requisitions.city import build_city
from tests.seeding import seeding

UNITS = "/api/v1/items/mask/units"
BOX = {"name_zh": "盒", "name_en": "box", "base_units": 50}
CARTON = {"name_zh": "箱", "name_en": "carton", "base_units": 2000}


@pytest.fixture
def api(client: TestClient, database: Database) -> Iterator[TestClient]:
    """A client of a city with items."""
    with seeding(database) as session:
        build_city(session)
    client.follow_redirects = False
    client.headers["Accept-Language"] = "en"
    return client


def put(api: TestClient, *units: dict[str, Any]) -> Response:
    """The answer to units given by somebody who has just looked at them."""
    return api.put(UNITS, json={"units": list(units)}, headers={"If-Match": api.get(UNITS).headers["etag"]})


def test_units_are_set_as_a_whole_and_audited(api: TestClient, database: Database) -> None:
    assert api.get(UNITS).json() == {"item": "mask", "base_unit": "piece", "units": []}
    assert put(api, CARTON, BOX).json()["units"] == [BOX, CARTON]
    assert put(api, BOX).json()["units"] == [BOX]
    assert api.get(UNITS).json()["units"] == [BOX]
    with database.read() as session:
        last = session.scalars(select(AuditRecord).order_by(AuditRecord.seq.desc()).limit(1)).one()
    assert (last.action, last.subject_key) == ("ITEM_UNITS_CHANGED", "mask")


def test_the_same_units_again_change_nothing_and_are_no_news(api: TestClient, database: Database) -> None:
    put(api, CARTON, BOX)
    etag = api.get(UNITS).headers["etag"]
    assert put(api, BOX, CARTON).json()["units"] == [BOX, CARTON]
    assert api.get(UNITS).headers["etag"] == etag
    with database.read() as session:
        query = select(func.count()).where(AuditRecord.action == "ITEM_UNITS_CHANGED")
        assert session.scalar(query) == 1


def test_two_units_of_one_name_and_what_is_no_unit_are_refused(api: TestClient) -> None:
    answer = put(api, BOX, {**CARTON, "name_en": "Box"})
    assert [(fault["where"], fault["code"]) for fault in answer.json()["faults"]] == [("units.1.name_en", "repeated")]
    answer = put(api, {"name_zh": " ", "name_en": "x", "base_units": 0})
    assert {fault["where"] for fault in answer.json()["faults"]} == {"units.0.name_zh", "units.0.base_units"}
    assert api.put("/api/v1/items/none/units", json={"units": []}, headers={"If-Match": "*"}).status_code == 404


def test_units_that_somebody_else_changed_meanwhile_stay(api: TestClient) -> None:
    seen = api.get(UNITS).headers["etag"]
    assert put(api, BOX).headers["etag"] != seen
    assert api.put(UNITS, json={"units": []}, headers={"If-Match": seen}).status_code == 412
    assert api.put(UNITS, json={"units": []}).status_code == 428
    assert api.get(UNITS, headers={"If-None-Match": api.get(UNITS).headers["etag"]}).status_code == 304


def test_the_page_shows_and_changes_units(api: TestClient) -> None:
    fields = {"units.0.name_zh": "盒", "units.0.name_en": "box", "units.0.base_units": "50"}
    assert api.post("/item-units/mask", data=fields).headers["location"] == "/item-units"
    assert "1 box = 50 pcs" in api.get("/item-units").text
    page = api.get("/item-units/mask").text
    assert 'value="盒"' in page
    answer = api.post("/item-units/mask", data={**fields, "units.1.name_zh": "箱"})
    assert (answer.status_code, 'value="箱"' in answer.text) == (422, True)


def delete(api: TestClient, address: str) -> int:
    return api.delete(address, headers={"If-Match": api.get(address).headers["etag"]}).status_code


def test_headings_and_names_of_facilities_are_kept_by_operators(api: TestClient) -> None:
    heading = {"heading": "要 多少", "field": "quantity"}
    assert api.post("/api/v1/sheet-headings", json=heading).json() == {"heading": "要多少", "field": "quantity"}
    assert api.post("/api/v1/sheet-headings", json=heading).status_code == 409
    assert len(api.get("/api/v1/sheet-headings").json()["items"]) == 1
    alias = {"alias": "一 院", "facility": "clinic-1"}
    assert api.post("/api/v1/facility-aliases", json=alias).json() == {"alias": "一院", "facility": "clinic-1"}
    sheet = "单位,物资,要多少,需用日期\n一院,口罩,5,2020-02-03\n".encode()
    answer = api.post("/api/v1/requisitions/import", data={"facility": "clinic-1"}, files={"file": ("a.csv", sheet)})
    assert answer.status_code == 201, answer.json()
    assert delete(api, "/api/v1/sheet-headings/要多少") == 204
    assert delete(api, "/api/v1/facility-aliases/一院") == 204
    assert api.get("/api/v1/facility-aliases/一院").status_code == 404
    answer = api.post("/api/v1/requisitions/import", data={"facility": "clinic-1"}, files={"file": ("a.csv", sheet)})
    assert answer.status_code == 422
