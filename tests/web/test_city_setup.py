"""The pages and the REST calls of the city workbook."""

import re
from typing import Any

from fastapi.testclient import TestClient

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
