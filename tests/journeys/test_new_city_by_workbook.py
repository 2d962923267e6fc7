"""A city of its own by its workbook, in a browser: 3 warehouses, 40 facilities, the items of a starter, to a waybill.

In English too, and with its pictures, where TONGCHOU_TOUR_PICTURES names a folder for them.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.commands.demo import demo_clock
from app.commands.worker import workers_beside
from app.core.settings import Settings
from app.interop.city.starters import Starter
from tests.journeys.tour import PICTURES, SECRET, Tour
from tests.sheets import workbook
from tests.web.looking import Watch

pytestmark = pytest.mark.browser

HOSPITALS = 40
STORES = (("市级总库", "City store"), ("东区分库", "East store"), ("西县分库", "West store"))
NAMES = {
    "store": STORES[0],
    "first": ("清河第1医院", "Qinghe Hospital 1"),
    "second": ("清河第2医院", "Qinghe Hospital 2"),
    "masks": ("医用外科口罩", "Surgical mask"),
    "suits": ("医用防护服", "Protective suit"),
} | {f"store-{n}": STORES[n - 1] for n in (2, 3)}


def city() -> bytes:
    """The office's own workbook: names and counts as people write them down, no codes."""
    hospitals: list[list[object]] = [
        [f"清河第{n}医院", f"Qinghe Hospital {n}", "医院", "东区" if n % 2 else "西县", 50 + n, 100 + n]
        for n in range(1, HOSPITALS + 1)
    ]
    places = [["东区", 113.15, 27.81], ["东区", 113.22, 27.79], ["西县", 112.61, 27.61]]
    stores: list[list[object]] = [[*names, "物资仓库", *place] for names, place in zip(STORES, places, strict=True)]
    stock: list[list[object]] = [
        [store[0], item, units, "2021-06-30", "市场采购"]
        for store in STORES
        for item, units in (("医用外科口罩", 20_000), ("医用防护服", 400))
    ]
    return workbook(
        {
            "区域表": [
                ["中文名称", "类别", "上级区域", "经度", "纬度"],
                ["清河市", "市", None, 113.1, 27.8],
                ["东区", "区", "清河市", 113.2, 27.8],
                ["西县", "县市", "清河市", 112.6, 27.6],
            ],
            "仓库表": [["中文名称", "英文名称", "单位类型名称", "区域", "经度", "纬度"], *stores],
            "单位表": [["中文名称", "英文名称", "单位类型名称", "区域", "床位", "职工人数"], *hospitals],
            "期初库存": [["仓库", "物资", "数量", "最后使用日", "渠道"], *stock],
        }
    )


class WorkbookTour(Tour):
    """Places, items, rules and stock come from two files: the starter, and the office's own."""

    shown = frozenset({"2-workbook"})

    def upload(self, path: Path) -> None:
        """Look at what a file would enter, and enter it."""
        self.goto("/city-setup/workbook")
        self.page.locator("#file").set_input_files(path)
        self.press("Check the file")
        expect(self.page.locator("main h1")).to_have_text(self.say("What would be entered"))
        if path.name == "city.xlsx" and self.page.locator("details").count() > 1:  # not when only the stock is new
            self.look("2-workbook")
        self.press("Enter all of it")
        self.page.wait_for_url("**/city-setup/workbook?entered=*")

    def download(self, folder: Path) -> Path:
        """The starter, as the page hands it out."""
        self.goto("/city-setup/workbook")
        with self.page.expect_download() as waiting:
            self.page.locator(f'a[href$="starter={Starter.ZH_2020.value}"]').click()
        path = folder / "starter.xlsx"
        waiting.value.save_as(path)
        return path

    def lanes(self) -> None:
        """Those that the map proposes."""
        self.goto("/city-setup/lanes")
        self.press("Enter these {count} lanes", count=2 * HOSPITALS)
        self.page.wait_for_url("**/lanes")

    def needs(self) -> list[str]:
        """The nurse hands in for two hospitals; the codes."""
        self.log_in("nurse", SECRET)
        codes = []
        for number, masks, suits in ((1, "2000", "60"), (2, "500", "20")):
            self.goto(f"/requisitions/new?program=medical&facility=facility-{number:03d}")
            for item, units in (("surgical-mask", masks), ("protective-suit", suits)):
                # The form shows a line for each item that the facility's norms speak of.
                line = self.page.locator(f'main [name$=".item"][value="{item}"]').get_attribute("name") or ""
                at = line.removesuffix(".item").replace(".", "__")
                self.fill(**{f"{at}__requested_units": units, f"{at}__reason": "ICU"})
            self.press("Hand in")
            self.page.wait_for_url(re.compile(r"/requisitions/RQ-"))
            codes.append(self.page.url.rsplit("/", 1)[1].partition("?")[0])
        return codes


@pytest.mark.parametrize("language", ["zh-CN", "en"] if PICTURES else ["zh-CN"])
def test_from_an_empty_database_to_a_waybill_by_the_workbook(
    page: Page, empty_city: tuple[str, Settings], tmp_path: Path, language: str
) -> None:
    address, settings = empty_city
    watch = Watch(page, address)
    tour = WorkbookTour(page, address, language, NAMES)
    own = tmp_path / "city.xlsx"
    own.write_bytes(city())
    tour.log_in("admin", SECRET)
    starter = tour.download(tmp_path)
    tour.upload(starter)
    tour.upload(own)
    tour.lanes()
    stores = ["store", "store-2", "store-3"]
    first = {
        "office": tour.person("office", "supplies_group"),
        "boss": tour.person("boss", "leader"),
        "keeper": tour.person("keeper", "warehouse", *stores),
        "nurse": tour.person("nurse", "facility", "first", "second"),
    }
    tour.set_passwords(first)
    tour.log_in("boss", SECRET)
    tour.upload(starter)  # the rules are a leader's
    tour.log_in("keeper", SECRET)
    tour.upload(own)  # what lies in the warehouses is a warehouse's
    tour.review(tour.needs())
    with workers_beside(settings, demo_clock(settings), 1):
        tour.plan()
    tour.waybill()
    assert (watch.elsewhere, watch.errors) == ([], [])
