"""The first page in a real browser: in both languages, on a screen and on a phone, on its own and accessible."""

import pytest
from playwright.sync_api import Page

from tests.web.looking import Watch, as_on_a_phone, confirm, log_in, look_at

pytestmark = pytest.mark.browser

PAGES = [
    ("today.zh-CN", "/?lang=zh-CN", "能撑多久"),
    ("today.en", "/?lang=en", "Can we hold?"),
    ("living.zh-CN", "/?lang=zh-CN&program=living", "叶菜"),
    ("living.en", "/?lang=en&program=living", "Leafy vegetables"),
]


@pytest.mark.parametrize(("name", "path", "text"), PAGES, ids=[name for name, _, _ in PAGES])
def test_the_page_of_today(leader: Page, demo_address: str, name: str, path: str, text: str) -> None:
    page, watch = leader, Watch(leader, demo_address)
    answer = page.goto(demo_address + path)
    assert answer is not None
    assert answer.status == 200
    assert text in page.inner_text("main")
    assert page.locator("main .chart svg:visible").count() == 2
    look_at(page, name)
    assert watch.elsewhere == []
    assert watch.errors == []


def test_a_phone_shows_it_without_scrolling_sideways(leader: Page, demo_address: str) -> None:
    page = leader
    with as_on_a_phone(page, "today.zh-CN"):
        page.goto(f"{demo_address}/?lang=zh-CN")
        assert page.locator("main .chart svg:visible").count() == 2
        sizes = page.locator("main .chart svg:visible text").evaluate_all(
            "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"
        )
        assert min(sizes) > 10.5, "the chart for wide places would be too small to read"


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
    look_at(page, f"login.{language}")
    assert (watch.elsewhere, watch.errors) == ([], [])


def test_a_leader_decides_with_their_own_name(page: Page, story_address: str) -> None:
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/?lang=en&program=living")
    page.locator("details.step summary", has_text="Reject").click()
    page.get_by_label("Reason for rejecting").fill(" ")
    page.get_by_role("button", name="Reject").click()
    assert "Say why the plan is rejected." in page.inner_text("[role=alert]")
    look_at(page, "refused.en")
    page.get_by_role("button", name="Approve …").click()
    assert "Nothing has been decided yet" in page.inner_text("main")
    look_at(page, "approval.en")
    with as_on_a_phone(page, "approval.en"):
        pass
    confirm(page, "Approve with my name", "somebody else")
    assert "Type your own name" in page.inner_text("[role=alert]")
    page.get_by_role("button", name="Go back, and change nothing").click()
    assert page.get_by_role("button", name="Approve …").count() == 1, "nothing has happened"
    page.get_by_role("button", name="Approve …").click()
    confirm(page, "Approve with my name", "leader")
    page.wait_for_url("**/plans/PLAN-2020-00002")
    assert "Approved by 指挥部领导 Leader on 2020-01-31." in page.inner_text("main")
    assert page.get_by_role("button", name="Approve …").count() == 0
