"""The first page in a real browser: in both languages, on a screen and on a phone, on its own and accessible."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

from tests.web.conftest import ARTIFACTS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES = [
    ("today.zh-CN", "/?lang=zh-CN", "能撑多久"),
    ("today.en", "/?lang=en", "Can we hold?"),
    ("living.zh-CN", "/?lang=zh-CN&program=living", "叶菜"),
    ("living.en", "/?lang=en&program=living", "Leafy vegetables"),
]


class Watch:
    """What a page did besides showing itself."""

    def __init__(self, page: Page, address: str) -> None:
        self.address = address
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.elsewhere.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)


@pytest.mark.parametrize(("name", "path", "text"), PAGES, ids=[name for name, _, _ in PAGES])
def test_the_page_of_today(leader: Page, demo_address: str, name: str, path: str, text: str) -> None:
    page, watch = leader, Watch(leader, demo_address)
    answer = page.goto(demo_address + path)
    assert answer is not None
    assert answer.status == 200
    assert text in page.inner_text("main")
    assert page.locator("main svg").count() == 3
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
    assert watch.elsewhere == []
    assert watch.errors == []


def test_a_phone_shows_it_without_scrolling_sideways(leader: Page, demo_address: str) -> None:
    page = leader
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{demo_address}/?lang=zh-CN")
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / "phone.zh-CN.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_keyboard_reaches_the_content_and_the_other_program(leader: Page, demo_address: str) -> None:
    page = leader
    page.goto(f"{demo_address}/?lang=en")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.get_by_role("link", name="Living supplies").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**program=living**")
    assert "Leafy vegetables" in page.inner_text("main")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_log_in_page(page: Page, demo_address: str, language: str) -> None:
    watch = Watch(page, demo_address)
    page.set_viewport_size({"width": 1366, "height": 900})
    page.goto(f"{demo_address}/?lang={language}")
    assert "/login" in page.url
    assert page.get_attribute("html", "lang") == language
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"login.{language}.png", full_page=True)
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_a_leader_decides_with_their_own_name(leader: Page, demo_address: str) -> None:
    page = leader
    page.goto(f"{demo_address}/?lang=en&program=living")
    page.get_by_role("button", name="Reject").click()
    assert "Say why the plan is rejected." in page.inner_text("[role=alert]")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Approve").click()
    page.wait_for_url("**program=living**")
    assert "Approved by leader on 2020-01-31." in page.inner_text("main")
    assert page.get_by_role("button", name="Approve").count() == 0
