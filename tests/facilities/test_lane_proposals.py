"""Lanes from the map: distances, days, what is proposed and what stays."""

import pytest
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.facilities.distances import LaneRule, Place, great_circle_km, nearest_warehouses, road_km
from app.facilities.lane_proposals import LaneProposalRule, proposed_lanes


def place(code: str, longitude: float, latitude: float) -> Place:
    return Place(code=code, longitude_e6=round(longitude * 1e6), latitude_e6=round(latitude * 1e6))


def test_a_degree_of_latitude_is_111_km_and_roads_are_longer() -> None:
    assert great_circle_km(113_000_000, 27_000_000, 113_000_000, 28_000_000) == pytest.approx(111.195, abs=0.001)
    assert great_circle_km(0, 0, 180_000_000, 0) == pytest.approx(20_015.1, abs=0.1)
    assert road_km(place("a", 113, 27), place("b", 113, 28), 1300) == 145


def test_the_nearest_warehouses_within_reach_are_proposed_shortest_first() -> None:
    stores = [place("far", 113, 30), place("near", 113, 27.1), place("middle", 113, 28)]
    facility = place("f", 113, 27)
    found = nearest_warehouses(facility, stores, LaneRule(nearest=2))
    assert [one.warehouse for one in found] == ["near", "middle"]
    assert [one.lead_days(LaneRule()) for one in found] == [0, 1]
    assert [one.warehouse for one in nearest_warehouses(facility, stores, LaneRule(nearest=0, reach_km=100))] == [
        "near"
    ]
    assert len(nearest_warehouses(facility, stores, LaneRule(nearest=0))) == 3


def test_lanes_that_are_there_stay_and_the_rest_is_entered_once(client: TestClient) -> None:
    zone = {
        "code": "city",
        "name_zh": "市",
        "name_en": "City",
        "kind": "city",
        "longitude_e6": 113_000_000,
        "latitude_e6": 27_000_000,
    }
    assert client.post("/api/v1/zones", json=zone).status_code == 201
    for code, keeps_stock in (("store", True), ("hospital", False)):
        new = {"code": code, "name_zh": code, "name_en": code, "keeps_stock": keeps_stock}
        assert client.post("/api/v1/facility-types", json=new).status_code == 201
    for code, kind, longitude in (("s", "store", 113_100_000), ("a", "hospital", None), ("b", "hospital", 120_000_000)):
        new = {"code": code, "name_zh": code, "name_en": code, "facility_type": kind, "zone": "city"}
        at = {} if longitude is None else {"longitude_e6": longitude, "latitude_e6": 27_000_000}
        assert client.post("/api/v1/facilities", json={**new, **at}).status_code == 201
    asked = client.post("/api/v1/lane-proposals", json={}).json()
    assert [(one["facility"], one["lead_days"]) for one in asked["lanes"]] == [("a", 0), ("b", 2)]
    assert (asked["entered"], asked["by_zone"], asked["no_position"]) == (False, 1, [])
    assert client.get("/api/v1/lanes").json()["items"] == []
    page = client.get("/city-setup/lanes?nearest=1&road_factor=2").text
    assert "Enter these 2 lanes" in page
    refused = client.post("/city-setup/lanes", data={"road_factor": "0.5"})
    assert refused.status_code == 422
    answer = client.post("/city-setup/lanes", data={"road_factor": "1.3", "nearest": "1"}, follow_redirects=False)
    assert answer.headers["location"] == "/lanes"
    assert client.post("/api/v1/lane-proposals?enter=true", json={}).json()["lanes"] == []
    listed = client.get("/lanes").text
    assert "/lanes/s/a" in listed
    fields = {"lead_days": "3", "piece": "0.5", "kg": "0.1", "day_monday": "yes"}
    assert client.post("/lanes/s/a", data=fields, follow_redirects=False).status_code == 303
    lane = client.get("/api/v1/lanes/s/a").json()
    assert (lane["lead_days"], lane["cost_microyuan_per_piece"], lane["departs_on"]) == (3, 500_000, ["monday"])
    assert client.post("/lanes/s/a", data={"close": "yes"}, follow_redirects=False).status_code == 303
    assert client.get("/api/v1/lanes/s/a").status_code == 404


@pytest.mark.sample
def test_the_sample_has_lanes_for_all_so_nothing_is_proposed_for_those_without(
    database: Database, clock: Clock
) -> None:
    with database.read() as session:
        assert proposed_lanes(session, LaneProposalRule(only_without=True)).lanes == []
        assert len(proposed_lanes(session, LaneProposalRule(nearest=0)).lanes) > 0
