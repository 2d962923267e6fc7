"""Setting up a city in a real browser: accessible pages that fit a phone, a workbook uploaded, checked and entered."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from tests.sheets import workbook
from tests.web.browser import served
from tests.web.looking import Watch, as_on_a_phone, log_in, look_at

pytestmark = pytest.mark.browser

PAGES = (
    ("city-setup", "/city-setup"),
    ("city-workbook", "/city-setup/workbook"),
    ("city-facilities", "/city-setup/sheets/facilities"),
    ("city-facility", "/city-setup/sheets/facilities/entry?key=lukou-peoples-hospital"),
    ("city-item-new", "/city-setup/sheets/items/entry"),
    ("lanes", "/lanes"),
    ("lane", "/lanes/city-medical-store/lukou-peoples-hospital"),
    ("lane-proposals", "/city-setup/lanes"),
)


@pytest.fixture
def address(story_app: FastAPI, prepared_demo: Path, tmp_path: Path) -> Iterator[str]:
    """A service with the sample in it."""
    shutil.copy(prepared_demo, tmp_path / "demo.db")
    with served(story_app, tmp_path / "demo.db") as address:
        yield address


def test_a_city_is_set_up_on_pages_that_everybody_can_read(page: Page, address: str) -> None:
    watch = Watch(page, address)
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, address, "supplies")
    for language in ("zh-CN", "en"):
        for name, path in PAGES:
            answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200, path
            look_at(page, f"{name}.{language}")
            with as_on_a_phone(page, f"{name}.{language}"):
                pass
    page.goto(f"{address}/city-setup/workbook?lang=en")
    rows: list[list[object]] = [["Name in Chinese", "Kind", "Lies in"], ["新开发区", "special", "株洲市"]]
    file = {"name": "city.xlsx", "mimeType": "application/octet-stream", "buffer": workbook({"Zones": rows})}
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    look_at(page, "city-preview.en")
    page.get_by_role("button", name="Enter all of it").click()
    expect(page.get_by_text("The workbook is entered.")).to_be_visible()
    rows[1][1] = "village"
    file["buffer"] = workbook({"Zones": rows})
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Zones!B2")).to_be_visible()
    look_at(page, "city-faults.en")
    assert (watch.elsewhere, watch.errors) == ([], [])
