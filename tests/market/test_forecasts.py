"""Forecasts of series by the worker: made once a day, refused with a reason, early alarms, the page and REST."""

from datetime import date, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.clock import Clock
from app.core.database import Database
from app.market.forecasts import forecast_due
from app.market.rules import Foreseen, early_finding
from app.market.types import AlertLevel
from tests.dispatch.people import GROUP, look
from tests.market.watch import Watch, town

LAST = date(2020, 1, 31)


@pytest.fixture
def office(client: TestClient, app: FastAPI) -> Watch:
    """A market without series."""
    return town(client, app)


def _enter(office: Watch, rise_fen: int) -> None:
    """Seventy days of a price that swings a little and rises on its last ten days."""
    office.series()
    rows = []
    for n in range(70):
        value = 480 + n * 3 % 7 + max(0, n - 59) * rise_fen
        day = LAST - timedelta(days=69 - n)
        rows.append({"series": "cabbage", "day": day.isoformat(), "value": value, "confirmed": True})
    office.post("/market-observations", {"observations": rows}, by="group", status=201)


def test_the_worker_forecasts_each_series_once_a_day(office: Watch, database: Database, clock: Clock) -> None:
    _enter(office, rise_fen=1)
    office.series(code="oil-traded", kind="traded")
    assert forecast_due(database, clock) == 2
    assert forecast_due(database, clock) == 0
    made, refused = office.get("/market-forecasts", day="2020-01-31")["items"]
    assert [point["day"] for point in made["points"]] == [str(LAST + timedelta(days=n)) for n in range(1, 8)]
    assert all(point["low"] <= point["point"] <= point["high"] for point in made["points"])
    assert (made["refusal"], made["mase_permille"] > 0, refused["method"]) == ("", True, "")
    assert refused["refusal"] == "No value has been entered."
    page = look(office, GROUP, "/market-series/cabbage?lang=zh-CN")
    assert ("九成把握区间" in page, "历史检验误差" in page) == (True, True)
    assert "没有填报过数据。" in look(office, GROUP, "/market-series/oil-traded?lang=zh-CN")


def test_a_forecast_beyond_the_red_limit_warns_early(office: Watch, database: Database, clock: Clock) -> None:
    _enter(office, rise_fen=9)
    before = office.alarms()
    forecast_due(database, clock)
    new = [one for one in office.alarms() if one not in before]
    assert new == [("early", "yellow", "OPEN")]
    assert "预测2020-02-" in look(office, GROUP, "/market-alerts?lang=zh-CN")


@pytest.mark.parametrize(("high", "is_found"), [(1_150, False), (1_151, True)])
def test_the_early_alarm_is_beyond_the_limit_not_at_it(high: int, *, is_found: bool) -> None:
    day = Foreseen(day=date(2020, 2, 1), high=high, reference=1_000, reference_day=date(2020, 1, 22))
    found = early_finding([day], 150)
    assert (found is not None) is is_found
    assert found is None or found.level is AlertLevel.YELLOW
