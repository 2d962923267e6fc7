"""The pages and the REST calls of the city workbook."""

import re
from typing import Any

from fastapi.testclient import TestClient

from app.interop.city.one_row import FORM_KINDS
from app.interop.sheets.files import read_book
from tests.sheets import workbook

ZONES: list[list[object]] = [["Name in Chinese", "Kind", "Lies in"], ["甲市", "city", None], ["东区", "区", "甲市"]]


def upload(client: TestClient, content: bytes, **data: str) -> Any:
    files = {"file": ("city.xlsx", content)}
    return client.post("/city-setup/workbook", files=files, data=data, follow_redirects=False)


def test_a_workbook_is_checked_on_a_page_and_then_entered(client: TestClient) -> None:
    assert "things are missing" in client.get("/city-setup").text
    page = upload(client, workbook({"Zones": ZONES}))
    assert page.status_code == 200
    assert "甲市" in page.text
    assert client.get("/api/v1/zones").json()["items"] == []
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    entered = client.post("/city-setup/workbook", data=hidden, follow_redirects=False)
    assert (entered.status_code, entered.headers["location"]) == (303, "/city-setup/workbook?entered=2")
    again = client.post("/city-setup/workbook", data=hidden, follow_redirects=False)
    assert again.headers["location"] == entered.headers["location"]
    assert "The workbook is entered." in client.get(entered.headers["location"]).text
    assert [zone["name_zh"] for zone in client.get("/api/v1/zones").json()["items"]] == ["甲市", "东区"]
    assert "there is nothing to enter" in upload(client, workbook({"Zones": ZONES})).text


def test_where_no_facility_is_nobody_is_said_to_have_reported(client: TestClient) -> None:
    page = client.get("/reporting-gaps").text
    assert "Everybody has reported." not in page
    assert "Enter facilities under Set up first." in page


def test_faults_are_shown_with_their_cells(client: TestClient) -> None:
    page = upload(client, workbook({"Zones": [*ZONES, ["西区", "village", "乙市"]]}))
    assert page.status_code == 422
    assert "Zones!B4" in page.text
    assert "Zones!C4" in page.text
    assert upload(client, b"nothing").status_code == 422


def test_the_workbook_over_rest(client: TestClient) -> None:
    starter = client.get("/api/v1/city-workbook?starter=zh-2020", headers={"Accept-Language": "zh"})
    checked = client.post("/api/v1/city-workbook?check=true", files={"file": ("city.xlsx", starter.content)})
    assert checked.json()["entered"] is False
    assert client.get("/api/v1/items").json()["items"] == []
    entered = client.post("/api/v1/city-workbook", files={"file": ("city.xlsx", starter.content)}).json()
    assert {one["kind"]: len(one["new"]) for one in entered["sheets"]} == {
        one["kind"]: len(one["new"]) for one in checked.json()["sheets"]
    }
    filled = client.get("/api/v1/city-workbook", headers={"Accept-Language": "zh"}).content
    names = [sheet.name for sheet in read_book(filled, "", where="file").sheets]
    assert names[1:4] == ["区域表", "单位类型", "物资目录"]
    refused = client.post("/api/v1/city-workbook", files={"file": ("x.xlsx", workbook({"Sheet1": [["a"]]}))})
    assert (refused.status_code, refused.json()["faults"][0]["code"]) == (422, "no_city_sheet")


def entry(client: TestClient, kind: str, data: dict[str, str], *key: str) -> Any:
    params = [("key", part) for part in key]
    address = f"/city-setup/sheets/{kind}/entry"
    return client.post(address, params=params, data=data, follow_redirects=False)


def test_a_city_is_entered_and_changed_on_forms(client: TestClient) -> None:
    assert entry(client, "zones", {"name_zh": "甲市", "kind": "city"}).status_code == 303
    for name, is_store in (("仓库", "yes"), ("医院", "no")):
        assert entry(client, "facility_types", {"name_zh": name, "keeps_stock": is_store}).status_code == 303
    item = {"name_zh": "大米", "program": "living", "base_unit": "gram", "pack_units": "10", "active": "yes"}
    assert entry(client, "items", {**item, "value_microyuan_per_unit": "5.5"}).status_code == 303
    made = client.get("/api/v1/items/item-001").json()
    assert (made["pack_units"], made["value_microyuan_per_unit"], made["name_en"]) == (10_000, 5_500, "大米")
    place = {"name_zh": "一院", "facility_type": "type-002", "zone": "zone-001", "beds": "120", "active": "yes"}
    assert entry(client, "facilities", place).status_code == 303
    refused = entry(client, "facilities", place)
    assert (refused.status_code, "already" in refused.text) == (409, True)
    wrong = entry(client, "facilities", {**place, "name_zh": "二院", "beds": "many", "telephone": "x"})
    assert wrong.status_code == 422
    assert 'id="beds-fault"' in wrong.text
    page = client.get("/city-setup/sheets/facilities/entry?key=facility-001").text
    assert 'value="120"' in page
    changed = {"name_zh": "第一医院", "facility_type": "type-002", "zone": "zone-001", "beds": "150", "active": "no"}
    assert entry(client, "facilities", changed, "facility-001").status_code == 303
    now = client.get("/api/v1/facilities/facility-001").json()
    assert (now["name_zh"], now["beds"], now["active"]) == ("第一医院", 150, False)
    assert entry(client, "facilities", changed, "nothing").status_code == 404
    for written, is_found in (("第一", True), ("diyiyiyuan", True), ("dyyy", True), ("dierji", False)):
        found = client.get("/city-setup/sheets/facilities", params={"q": written}).text
        assert ("第一医院" in found) == is_found, written
    assert client.get("/city-setup/sheets/stock").status_code == 404


def test_every_kind_with_forms_has_a_list_and_an_empty_form(client: TestClient) -> None:
    for kind in FORM_KINDS:
        assert client.get(f"/city-setup/sheets/{kind.name}").status_code == 200, kind.name
        assert client.get(f"/city-setup/sheets/{kind.name}/entry").status_code == 200, kind.name
