"""A leader changes the facts of a plan on the page, and sees who gains and who loses."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.planning.test_runs_pages import a_worker
from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser


def test_what_if_needs_rise_and_donations_stop(page: Page, story_address: str, tmp_path: Path) -> None:
    watch = Watch(page, story_address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/plans")
    page.get_by_role("link", name="Scenarios").click()
    look_at(page, "scenarios-none.en")
    page.get_by_role("link", name="New scenario").click()
    look_at(page, "scenario-new.en")
    with as_on_a_phone(page, "scenario-new.en"):
        pass
    page.get_by_label("Title").fill("Needs +30 %, deliveries late")
    page.get_by_role("button", name="Compute the scenario").click()
    assert "Change at least one thing." in page.inner_text("[role=alert]")
    page.get_by_label("By per cent 1").fill("30")
    page.get_by_label("Arrivals late by days").fill("x")
    page.get_by_label("Item 1").last.select_option(index=1)
    page.get_by_label("Quantity 1").fill("5000")
    page.get_by_role("button", name="Compute the scenario").click()
    faults = page.inner_text("[role=alert]")
    assert "This must be a whole number." in faults
    assert faults.count("This field is missing.") == 2
    assert page.locator("[id='late.days']").get_attribute("aria-invalid") == "true"
    assert page.get_by_label("By per cent 1").input_value() == "30"
    look_at(page, "scenario-refused.en")
    page.get_by_label("Arrivals late by days").fill("2")
    page.get_by_label("Warehouse 1").select_option(index=1)
    page.get_by_label("Arrives on 1").fill("2020-02-01")
    page.locator("[id='caps.b0.t1']").fill("60")
    page.get_by_role("button", name="Compute the scenario").click()
    page.wait_for_url("**/scenarios/SC-*")
    expect(page.get_by_role("status")).to_have_text("Waiting for a free worker")
    look_at(page, "scenario-waiting.en")
    with a_worker(tmp_path):
        expect(page.get_by_text("The first day on which each tier runs short")).to_be_visible(timeout=90_000)
    text = page.inner_text("main")
    assert "Need +30 %: All needs; Arrivals 2 days late: All channels" in text
    assert "serves tier 1 up to 60%" in text
    assert page.locator("main .chart svg:visible").count() == 1
    look_at(page, "scenario.en")
    with as_on_a_phone(page, "scenario.en"):
        pass
    page.goto(f"{page.url}?lang=zh-CN&change=lose")
    assert "各级最早出现短缺的日期" in page.inner_text("main")
    look_at(page, "scenario.zh-CN")
    page.goto(f"{story_address}/scenarios")
    look_at(page, "scenarios.zh-CN")
    page.goto(f"{story_address}/plans/PLAN-2020-00001?lang=en")
    page.get_by_label("Ways to look at the plan").get_by_role("link", name="Scenarios").click()
    assert "Scenarios of plan PLAN-2020-00001 side by side" in page.inner_text("h1")
    assert page.locator("table.beside thead th").all_inner_texts()[1:] == [
        "PLAN-2020-00001",
        "Needs +30 %, deliveries late",
    ]
    look_at(page, "scenarios-beside.en")
    with as_on_a_phone(page, "scenarios-beside.en"):
        pass
    assert (watch.elsewhere, watch.errors) == ([], [])
