"""A small city for tests of planning: two hospitals, a clinic, one warehouse, masks and suits."""

from datetime import date

from fastapi.testclient import TestClient

START = date(2020, 1, 31)

ITEMS = [
    {
        "code": "n95",
        "program": "medical",
        "name_zh": "医用防护口罩",
        "name_en": "Medical respirator",
        "base_unit": "piece",
        "product_grade": "GB 19083",
        "pack_units": 10,
        "shelf_life_days": 1000,
        "value_microyuan_per_unit": 12_000_000,
    },
    {
        "code": "kn95",
        "program": "medical",
        "name_zh": "KN95口罩",
        "name_en": "KN95 mask",
        "base_unit": "piece",
        "product_grade": "GB 2626",
        "pack_units": 10,
        "shelf_life_days": 1000,
        "value_microyuan_per_unit": 6_000_000,
    },
]
TYPES = ["designated_hospital", "hospital", "warehouse"]
FACILITIES = [("wh", "warehouse"), ("designated", "designated_hospital"), ("second", "hospital"), ("third", "hospital")]


def post(client: TestClient, path: str, body: object) -> dict[str, object]:
    """Post and expect 201 or 200; returns the answer."""
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code in (200, 201), f"{path}: {answer.text}"
    found: dict[str, object] = answer.json()
    return found


def build_city(client: TestClient) -> None:
    """Everything but stock and needs, through the API."""
    post(client, "/zones", {"code": "city", "name_zh": "市", "name_en": "City", "kind": "city"})
    for code in TYPES:
        keeps = code == "warehouse"
        post(client, "/facility-types", {"code": code, "name_zh": code, "name_en": code, "keeps_stock": keeps})
    for item in ITEMS:
        post(client, "/items", item)
    post(client, "/substitutions", {"item": "kn95", "serves_item": "n95", "facility_types": ["hospital"]})
    for code, kind in FACILITIES:
        post(
            client,
            "/facilities",
            {
                "code": code,
                "name_zh": code,
                "name_en": code,
                "facility_type": kind,
                "zone": "city",
            },
        )
    for code, kind in FACILITIES:
        if kind != "warehouse":
            post(client, "/lanes", {"warehouse": "wh", "facility": code, "lead_days": 0})
    post(client, "/partners", {"code": "donor", "name_zh": "捐", "name_en": "Donor", "kind": "donor"})
    post(
        client,
        "/policies",
        {
            "program": "medical",
            "title_zh": "办法",
            "title_en": "Policy",
            "horizon_days": 7,
            "bands": [
                {
                    "name_zh": "底线",
                    "name_en": "Floor",
                    "caps": [{"tier": 1, "cap_permille": 500}, {"tier": 2, "cap_permille": 300}],
                },
                {"name_zh": "重点", "name_en": "Key points", "caps": [{"tier": 1, "cap_permille": 1000}]},
                {"name_zh": "其余", "name_en": "The rest", "caps": [{"tier": 2, "cap_permille": 1000}]},
            ],
            "tiers": [{"facility_type": "designated_hospital", "tier": 1}, {"facility_type": "hospital", "tier": 2}],
            "reserves": [],
        },
    )


def receive(
    client: TestClient, item: str, units: int, lot: str, *, expiry: str = "2022-01-01", earmark: list[str] | None = None
) -> None:
    """Units of a donated lot come to the warehouse today."""
    line = {"item": item, "lot_code": lot, "accepted_units": units, "expiry_date": expiry, "earmark": earmark or []}
    post(
        client,
        "/receipts",
        {
            "partner": "donor",
            "supply_channel": "DONATION",
            "warehouse": "wh",
            "received_on": START.isoformat(),
            "confirmed_not_duplicate": True,
            "lines": [line],
        },
    )


def need(client: TestClient, facility: str, item: str, units: int, needed_by: str = "2020-02-02") -> str:
    """A reviewed requisition of one line; returns its code."""
    new = {
        "facility": facility, "program": "medical", "reported_on": START.isoformat(),
        "lines": [{"item": item, "requested_units": units, "needed_by": needed_by, "reason": "use"}],
    }  # fmt: skip
    code = str(post(client, "/requisitions", new)["code"])
    post(client, f"/requisitions/{code}/submit", {})
    post(client, f"/requisitions/{code}/review", {"basis": "requested"})
    return code
