"""A market of one item, and the people who watch it."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.dispatch.city import Office

SERIES = {"code": "cabbage", "market": "lusong", "kind": "retail_price", "item": "cabbage", "group": "vegetables"}
CABBAGE = {
    "code": "cabbage", "program": "living", "name_zh": "大白菜", "name_en": "Cabbage", "product_grade": "fresh",
    "use_group": "vegetables", "grade_rank": 1, "base_unit": "gram", "pack_units": 1_000,
    "volume_mm3_per_unit": 2_000, "value_microyuan_per_unit": 3_000,
}  # fmt: skip


class Watch(Office):
    """The people who watch the markets."""

    def series(self, **more: object) -> Any:
        """A series of the retail price of cabbage, unless said otherwise."""
        return self.post("/market-series", {**SERIES, **more}, by="group", status=201)

    def enter(self, day: str, value: int, *, status: int = 201, series: str = "cabbage", **more: object) -> Any:
        """The value of a day."""
        body = {"observations": [{"series": series, "day": day, "value": value, **more}]}
        return self.post("/market-observations", body, by="group", status=status)

    def alarms(self, **query: object) -> list[tuple[str, str, str]]:
        """Rule, level and state of the alarms."""
        return [(one["rule"], one["level"], one["state"]) for one in self.get("/market-alerts", **query)["items"]]


def town(client: TestClient, app: FastAPI) -> Watch:
    """A zone, a market, cabbage, and the published rules of alarms."""
    office = Watch(client, app)
    office.post(
        "/zones", {"code": "z", "name_zh": "区", "name_en": "District", "kind": "district"}, by="group", status=201
    )
    kind = {"code": "market", "name_zh": "市场", "name_en": "Market", "keeps_stock": False}
    office.post("/facility-types", kind, by="group", status=201)
    place = {"code": "lusong", "name_zh": "芦淞市场", "name_en": "Lusong", "facility_type": "market", "zone": "z"}
    office.post("/facilities", place, by="group", status=201)
    office.post("/items", CABBAGE, by="group", status=201)
    office.post("/alert-rules/presets", by="leader", status=201)
    return office
