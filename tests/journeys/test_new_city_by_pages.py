"""A city of its own by pages alone, as docs/new-city.md tells it: from an empty database to a waybill, in a browser.

With a folder in TONGCHOU_TOUR_PICTURES it makes the pictures of the tour: `docs/images/tour-*.png`.
With TONGCHOU_TOUR_SIZE=full it enters 3 warehouses, 40 facilities and 15 items on their forms, and a need of each.
"""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from app.commands.demo import demo_clock
from app.commands.worker import workers_beside
from app.core.settings import Settings
from tests.journeys.tour import SECRET, Tour
from tests.web.looking import Watch

pytestmark = pytest.mark.browser

IS_FULL = os.environ.get("TONGCHOU_TOUR_SIZE") == "full"
STORES, HOSPITALS, ITEMS = (3, 40, 15) if IS_FULL else (1, 2, 2)
LINES_SHOWN = 4
"""Lines that the form of a receipt begins with."""
NAMES = {
    "district": ("东区", "East District"),
    "hospital_type": ("医院", "Hospital"),
    "store_type": ("物资仓库", "Store"),
    "store": ("市级总库", "City store"),
    "first": ("清河第一医院", "Qinghe First Hospital"),
    "second": ("清河第二医院", "Qinghe Second Hospital"),
    "masks": ("医用外科口罩", "Surgical mask"),
    "suits": ("医用防护服", "Protective suit"),
    "donor": ("清河慈善会", "Qinghe Charity"),
}
NAMES |= {f"store-{n}": (f"第{n}分库", f"Store no. {n}") for n in range(2, STORES + 1)}
NAMES |= {f"hospital-{n}": (f"清河第{n}卫生院", f"Qinghe Health Centre {n}") for n in range(3, HOSPITALS + 1)}
NAMES |= {f"item-{n}": (f"第{n}号医用物资", f"Medical item no. {n}") for n in range(3, ITEMS + 1)}
ALL_STORES = [key for key in NAMES if key == "store" or key.startswith("store-")]
ALL_HOSPITALS = ["first", "second", *(key for key in NAMES if key.startswith("hospital-"))]
ALL_ITEMS = ["masks", "suits", *(key for key in NAMES if key.startswith("item-"))]


class PagesTour(Tour):
    """Everything is entered on its form."""

    shown = frozenset({"1-empty", "3-lanes", "7-plan", "8-waybill"})

    def enter(self, kind: str, key: str, /, **values: str) -> None:
        """Enter a row of the city on its form."""
        self.goto(f"/city-setup/sheets/{kind}/entry")
        chinese, english = self.names[key]
        self.fill(name_zh=chinese, name_en=english, **values)
        if key == "first":
            self.look("2-facility")
        self.press("Save")
        self.page.wait_for_url(f"**/city-setup/sheets/{kind}")
        expect(self.page.locator("table.list")).to_contain_text(self.name(key))

    def places(self) -> None:
        """The administrator enters places and items, and lets lanes be proposed."""
        self.enter("zones", "district", kind=self.say("zone.district"), longitude_e6="113.2", latitude_e6="27.8")
        self.enter("facility_types", "hospital_type")
        self.enter("facility_types", "store_type", keeps_stock=self.say("yes"))
        zone = {"zone": self.name("district")}
        for key in ALL_STORES:
            self.enter("warehouses", key, facility_type=self.name("store_type"), **zone)
        for n, key in enumerate(ALL_HOSPITALS):
            self.enter("facilities", key, facility_type=self.name("hospital_type"), beds=str(320 - 5 * n), **zone)
        for key in ALL_ITEMS:
            words = {"program": self.say("program.medical"), "base_unit": self.say("unit.piece")}
            self.enter("items", key, pack_units="50" if key == "masks" else "1", **words)
        self.goto("/city-setup/lanes")
        self.look("3-lanes")
        lanes = HOSPITALS * min(STORES, 2)
        self.press("Enter these {count} lanes", count=lanes)
        self.page.wait_for_url("**/lanes")
        assert self.page.locator("table.list tbody tr").count() == min(lanes, 50)

    def people(self) -> None:
        """Everybody gets an account, logs in and sets a password of their own."""
        first = {
            "office": self.person("office", "supplies_group"),
            "boss": self.person("boss", "leader"),
            "keeper": self.person("keeper", "warehouse", *ALL_STORES),
            "nurse": self.person("nurse", "facility", "first", "second"),
        }
        self.set_passwords(first)

    def rule(self) -> None:
        """The leader says how the medical program is shared."""
        self.log_in("boss", SECRET)
        self.goto("/policies/new?program=medical")
        self.fill(title_zh="疫情期间医疗物资分配规则", title_en="Medical supplies in the epidemic")
        self.fill(bands__0__name_zh="全部需求", bands__0__name_en="All needs", bands__0__tier_1="100")
        self.page.get_by_label(self.name("hospital_type")).first.fill("1")
        self.look("4-policy")
        self.press("Put in force with my name")
        self.page.wait_for_url("**/policies/medical/1")

    def stock(self) -> None:
        """The office enters a donor, the keeper what came."""
        self.log_in("office", SECRET)
        self.goto("/partners/new")
        self.fill(code="charity", name_zh=NAMES["donor"][0], name_en=NAMES["donor"][1], kind=self.say("partner.donor"))
        self.page.locator("main form button").first.click()
        self.page.wait_for_url("**/partners/charity")
        self.log_in("keeper", SECRET)
        units = {"masks": "3000", "suits": "120"}
        for number, first in enumerate(range(0, ITEMS, LINES_SHOWN)):
            self.goto("/receipts/new")
            self.fill(partner=self.name("donor"), supply_channel=self.say("channel.DONATION"))
            self.fill(warehouse=self.name(ALL_STORES[number % STORES]))
            for n, key in enumerate(ALL_ITEMS[first : first + LINES_SHOWN]):
                at, lot = f"lines__{n}__", f"L-{first + n}"
                self.fill(**{f"{at}item": self.name(key), f"{at}accepted_units": units.get(key, "400")})
                self.fill(**{f"{at}lot_code": lot, f"{at}expiry_date": "2021-06-30"})
            if first == 0:
                self.look("5-receipt")
            self.page.locator('main form[action="/receipts"] .buttons button').first.click()
            self.page.wait_for_url(re.compile(r"/receipts/[A-Z]+-"))

    def needs(self) -> None:
        """The nurse hands in for both hospitals, the office for all others; it approves what was asked for."""
        self.log_in("nurse", SECRET)
        codes = []
        for number in range(1, HOSPITALS + 1):
            if number == 3:
                self.log_in("office", SECRET)
            self.goto(f"/requisitions/new?program=medical&facility=facility-{number:03d}")
            masks, suits = {1: ("2000", "60"), 2: ("500", "20")}.get(number, ("50", "5"))
            items = {1: masks, 2: suits} if number < 3 else {1: masks, number % (ITEMS - 1) + 2: suits}
            for n, (item, units) in enumerate(items.items()):
                at = f"lines__{n}__"
                self.page.locator(f'main [name="lines.{n}.item"]').select_option(f"item-{item:03d}")
                self.fill(**{f"{at}requested_units": units, f"{at}reason": "ICU"})
            if not codes:
                self.look("6-needs")
            self.press("Hand in")
            self.page.wait_for_url(re.compile(r"/requisitions/RQ-"))
            codes.append(self.page.url.rsplit("/", 1)[1].partition("?")[0])
        self.review(codes)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_from_an_empty_database_to_a_waybill_by_pages_alone(
    page: Page, empty_city: tuple[str, Settings], language: str
) -> None:
    address, settings = empty_city
    watch = Watch(page, address)
    tour = PagesTour(page, address, language, NAMES)
    tour.log_in("admin", SECRET)
    expect(page).to_have_url(re.compile("/city-setup"))
    tour.look("1-empty")
    tour.places()
    tour.people()
    tour.rule()
    tour.stock()
    tour.needs()
    with workers_beside(settings, demo_clock(settings), 1):
        tour.plan()
    tour.waybill()
    assert (watch.elsewhere, watch.errors) == ([], [])
