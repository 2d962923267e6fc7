"""The pages of supply in a real browser: accessible in both languages, on a phone, by keyboard, from plan to shelf."""

from itertools import product

import pytest
from playwright.sync_api import Page

from tests.web.looking import Watch, confirm, log_in, look_at

pytestmark = pytest.mark.browser

PAGES = {
    "procurement": (
        "/purchase-orders", "/purchase-orders/new?offer=OF-2020-00001", "/purchase-orders/PO-2020-00009",
        "/pledges", "/pledges/new", "/pledges/PL-2020-00001", "/offers", "/offers/new", "/offers/OF-2020-00001",
        "/funds", "/funds/city-special", "/subsidy-runs", "/subsidy-runs/SB-2020-00001", "/index-figures",
        "/subsidy-schemes/linked-hunan", "/gifts", "/partners", "/partners/new", "/partners/crrc-zhuzhou",
    ),
    "warehouse": (
        "/stock", "/stock?by=lot", "/expiring-stock?days=90", "/lots", "/lots/1", "/lots/1/cards/city-medical-store",
        "/receipts", "/receipts/new", "/receipts/new?purchase_order=PO-2020-00009", "/receipts/RC-2020-00016",
        "/counts", "/counts/new?warehouse=city-living-store",
    ),
    "leader": ("/purchase-orders/PO-2020-00016", "/funds/new"),
}  # fmt: skip

PER_SECOND = 2
"""Keys that a tired person presses."""


def test_every_page_is_accessible_on_its_own_and_fits_a_phone(page: Page, demo_address: str) -> None:
    watch = Watch(page, demo_address)
    for login, addresses in PAGES.items():
        log_in(page, demo_address, login)
        for address, language in product(addresses, ("zh-CN", "en")):
            page.set_viewport_size({"width": 1366, "height": 900})
            answer = page.goto(f"{demo_address}{address}{'&' if '?' in address else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200, address
            assert page.get_attribute("html", "lang") == language
            look_at(page, f"supply{address.split('?')[0].replace('/', '.')}.{language}")
            page.set_viewport_size({"width": 390, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} is too wide"
    assert (watch.elsewhere, watch.errors) == ([], [])


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.pressed = 0

    def write(self, text: str) -> None:
        """Type a text."""
        self._page.keyboard.type(text)
        self.pressed += len(text)

    def press(self, key: str, times: int = 1) -> None:
        """Press a key."""
        for _ in range(times):
            self._page.keyboard.press(key)
        self.pressed += times


def test_ten_donations_are_recorded_in_five_minutes_without_the_mouse(page: Page, story_address: str) -> None:
    log_in(page, story_address, "procurement", language="zh-CN")
    page.goto(f"{story_address}/pledges/new")
    keys = Keys(page)
    donations = [("中车", "外科", f"{100 + n}") for n in range(4)] + [("妇女", "面屏", f"{30 + n}") for n in range(3)]
    donations += [("校友", "护目镜", f"{5 + n}") for n in range(2)] + [("蔬菜合作社", "叶菜", "1200.5")]
    for giver, item, quantity in donations:
        keys.write(giver)
        keys.press("Tab")
        keys.write(item)
        keys.press("Tab")
        keys.write(quantity)
        # Over the day (year, month, day and its calendar), for whom, and the note, to the next line.
        while page.evaluate("!document.activeElement.id.endsWith('.partner')") and keys.pressed < 1_000:
            keys.press("Tab")
            if page.evaluate("document.activeElement.matches('[data-add-row]')"):
                break
    while page.evaluate("!document.activeElement.matches('.buttons button')") and keys.pressed < 1_000:
        keys.press("Tab")
    keys.press("Enter")
    page.wait_for_url("**/pledges?recorded=10")
    assert "已登记 10 条。" in page.inner_text("main")
    assert page.locator("table.list tbody tr").first.inner_text().split()[2:4] == ["叶菜", "1.2"]
    assert keys.pressed < 5 * 60 * PER_SECOND


def test_enter_goes_down_and_makes_room_for_more(page: Page, demo_address: str) -> None:
    log_in(page, demo_address, "procurement")
    page.goto(f"{demo_address}/pledges/new")
    page.locator("[id='lines.9.item']").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "lines.10.item"


def test_what_a_plan_buys_is_ordered_at_once_and_comes_to_the_shelf(page: Page, story_address: str) -> None:
    page.set_viewport_size({"width": 1366, "height": 900})
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/?program=living")
    page.get_by_role("button", name="Approve …").click()
    confirm(page, "Approve with my name", "leader")
    page.wait_for_url("**/plans/PLAN-2020-00002")
    log_in(page, story_address, "procurement")
    page.goto(f"{story_address}/purchase-orders")
    look_at(page, "supply.plan-buys.en")
    page.get_by_role("button", name="Order all that it buys").click()
    look_at(page, "supply.plan-orders-confirm.en")
    confirm(page, "Order with my name", "procurement")
    page.wait_for_url("**/purchase-orders?sort=-code")
    assert page.get_by_role("button", name="Order all that it buys").count() == 0
    order = page.locator("table.list tbody tr td a").first.inner_text()
    log_in(page, story_address, "warehouse")
    page.goto(f"{story_address}/receipts/new?purchase_order={order}")
    page.locator("[id='lines.0.expiry_date']").fill("2020-03-01")
    for line in range(1, 10):
        accepted = page.locator(f"[id='lines.{line}.accepted_units']")
        if accepted.count():
            accepted.fill("")
    page.get_by_role("button", name="Take into stock").click()
    page.wait_for_url("**/receipts/RC-*")
    assert order in page.inner_text("main")
    page.locator("main table a").first.click()
    page.get_by_role("link", name="Stock card").click()
    assert "receipt" in page.inner_text("table.list")
