"""What plans that are approved are tested with: offers, donations, funds, another policy."""

from typing import Any

from tests.dispatch.city import Office

YUAN = 1_000_000
POLICY = {
    "program": "medical", "title_zh": "新办法", "title_en": "New policy", "horizon_days": 7,
    "bands": [{"name_zh": "全部", "name_en": "All", "caps": [{"tier": 1, "cap_permille": 1000}]}],
    "tiers": [
        {"facility_type": "designated_hospital", "tier": 1}, {"facility_type": "hospital", "tier": 1},
    ],
    "reserves": [],
}  # fmt: skip


def offer(office: Office, units: int, **more: object) -> str:
    body = {
        "partner": "trader",
        "item": "n95",
        "warehouse": "wh",
        "quantity": units,
        "unit_price_microyuan": 10 * YUAN,
        "lead_days": 1,
        "fund": "city",
        **more,
    }
    return str(office.post("/offers", body, by="b", status=201)["code"])


def pledge(office: Office, units: int, **more: object) -> str:
    body = {
        "partner": "donor",
        "item": "n95",
        "warehouse": "wh",
        "quantity": units,
        "expected_on": "2020-02-01",
        **more,
    }
    code = str(office.post("/pledges", body, by="b", status=201)["code"])
    office.post(f"/pledges/{code}/confirm", {}, by="b")
    return code


def committed_fen(office: Office) -> int:
    return int(office.get("/funds/city")["committed_fen"])


def lot_id(office: Office, code: str) -> int:
    return int(office.get("/lots", code=code)["items"][0]["id"])


def planned(office: Office, plan: str) -> dict[str, Any]:
    return {row["facility"]: row["planned_units"] for row in office.get(f"/plans/{plan}/demands")["items"]}
