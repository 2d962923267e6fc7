"""A town with two regions, a fund and a scheme, for tests of subsidies."""

from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.rights import Role
from tests.dispatch.city import Office
from tests.dispatch.people import person

BUYER, LEADER = person("buyer", Role.PROCUREMENT), person("leader", Role.LEADER)
MONTH = "2019-12"
FIGURE = {
    "region": "hunan", "month": MONTH, "cpi_permille": 45, "food_permille": 174, "published_on": "2020-01-09",
    "source": "statistics bureau",
}  # fmt: skip
COUNT = {"group": "URBAN_MINIMUM", "zone": "z", "month": MONTH, "people": 1_000, "source": "civil affairs"}
RUN = {"scheme": "linked", "month": MONTH}


class Bureau(Office):
    """The office of subsidies."""

    def scheme(self, **more: object) -> Any:
        """A scheme of Zhuzhou for its one zone."""
        body = {
            "code": "linked",
            "name_zh": "联动",
            "name_en": "Linked",
            "region": "zhuzhou",
            "fund": "purse",
            "bases": [{"zone": "z", "base_fen": 60_000}],
            **more,
        }
        return self.post("/subsidy-schemes", body, by="leader", status=201)

    def draft(self, status: int = 201, **more: object) -> Any:
        """A draft of December 2019, by the buyer."""
        return self.post("/subsidy-runs", {**RUN, **more}, by="buyer", status=status)

    def step(self, run: str, step: str, body: object = None, *, by: str = "buyer", status: int = 200) -> Any:
        """A step with a run."""
        return self.post(f"/subsidy-runs/{run}/{step}", body, by=by, status=status)


def town(client: TestClient, app: FastAPI, amount_fen: int = 2_000_000) -> Bureau:
    """Regions, figures of the province, 1,000 people, the scheme, and a fund that holds exactly their minimum."""
    client.follow_redirects = False
    bureau = Bureau(client, app)
    names = {"name_zh": "资金", "name_en": "Purse"}
    bureau.post("/funds", {"code": "purse", "amount_fen": amount_fen, **names}, by="leader", status=201)
    zone = {"code": "z", "name_zh": "芦淞区", "name_en": "Lusong", "kind": "district", "residents": 10_000}
    bureau.post("/zones", zone, by="leader", status=201)
    for code, parent in (("hunan", None), ("zhuzhou", "hunan")):
        region = {"code": code, "name_zh": code, "name_en": code.title(), "parent": parent}
        bureau.post("/index-regions", region, by="buyer", status=201)
    bureau.post("/index-figures", FIGURE, by="buyer", status=201)
    bureau.post("/entitled-counts", COUNT, by="buyer", status=201)
    bureau.scheme()
    return bureau
