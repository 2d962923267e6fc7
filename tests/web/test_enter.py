"""Enter never decides: in no form with several buttons, nor where a reason for a refusal is typed, does it send any."""

import re

import pytest
from playwright.sync_api import Page, Request

from tests.web.looking import log_in

pytestmark = pytest.mark.browser

FORMS = [
    ("leader", "/plans/PLAN-2020-00001"),
    ("supplies", "/requisitions?state=SUBMITTED"),
    ("supplies", "/requisitions/{submitted}"),
    ("hospital", "/requisitions/new?program=medical"),
    ("procurement", "/purchase-orders/new"),
    ("procurement", "/pledges/new"),
    ("warehouse", "/receipts/new"),
    ("warehouse", "/counts/new?warehouse=city-medical-store"),
]
# Fields of forms in which Enter must send nothing: those with several buttons, and those whose button refuses.
GUARDED = """() => [...document.querySelectorAll("main form[method=post]")]
    .filter((form) => form.querySelectorAll("button:not([type=button]):not([disabled])").length > 1
        || form.querySelector("button.danger") || form.querySelector("button[disabled]"))
    .flatMap((form) => [...form.elements])
    .filter((field) => field.matches("input:not([type=hidden]):not([type=checkbox]):not([type=file]), select"))
    .map((field) => field.id)"""


class Sent:
    """What the page has sent."""

    def __init__(self, page: Page) -> None:
        self.forms: list[str] = []
        page.on("request", self._request)

    def _request(self, request: Request) -> None:
        if request.method == "POST":
            self.forms.append(request.url)


def press_enter_everywhere(page: Page, fields: list[str], *, texts_only: bool) -> None:
    """Type into every field that can be seen, and press Enter there.

    Without its script, Chromium sends a form from a field for a day although its default button is disabled.
    """
    address = page.url
    for field in fields:
        place = page.locator(f"[id='{field}']")
        if not place.is_visible() or (texts_only and place.get_attribute("type") == "date"):
            continue
        place.focus()
        if page.evaluate("document.activeElement.matches('input:not([type=date])')"):
            page.keyboard.type("x")
        page.keyboard.press("Enter")
        assert page.url == address, f"Enter in {field} leaves {address}"


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_enter_sends_no_form_that_decides(page: Page, demo_address: str, script: bool) -> None:
    if not script:
        page.route("**/*.js", lambda route: route.abort())
    log_in(page, demo_address, "supplies")
    page.goto(f"{demo_address}/requisitions?state=SUBMITTED&sort=code")
    link = page.locator("table.list a[href^='/requisitions/RQ']").first.get_attribute("href")
    submitted = str(link).rpartition("/")[2]
    tried = 0
    for login, path in FORMS:
        log_in(page, demo_address, login)
        page.goto(demo_address + path.format(submitted=submitted))
        for summary in page.locator("main details summary").all():
            summary.click()
        fields = page.evaluate(GUARDED)
        sent = Sent(page)
        press_enter_everywhere(page, fields, texts_only=not script)
        page.wait_for_timeout(50)
        assert sent.forms == [], f"Enter sends a form on {path}"
        tried += len(fields)
    assert tried > 60, "the pages have the forms that this test is about"


def test_enter_does_not_confirm_what_a_page_shows(page: Page, story_address: str) -> None:
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/plans/PLAN-2020-00001")
    page.get_by_role("button", name=re.compile("Approve")).click()
    page.locator("#confirmed_by").fill("leader")
    sent = Sent(page)
    page.keyboard.press("Enter")
    page.wait_for_timeout(50)
    assert sent.forms == []
    page.goto(f"{story_address}/plans/PLAN-2020-00001")
    assert "proposed" in page.locator("main .tag").first.inner_text()


def test_enter_in_the_last_row_adds_an_empty_one_where_a_table_may_grow(page: Page, demo_address: str) -> None:
    log_in(page, demo_address, "procurement")
    page.goto(f"{demo_address}/pledges/new")
    page.locator("[id='lines.9.item']").fill("x")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "lines.10.item"
    values = page.locator("#lines tbody tr").last.evaluate(
        "(row) => [...row.querySelectorAll('input, select')].map((field) => field.value)"
    )
    assert set(values) == {""}


def test_enter_in_the_last_row_adds_none_where_each_row_is_something_that_is_there(
    page: Page, demo_address: str
) -> None:
    log_in(page, demo_address, "warehouse")
    page.goto(f"{demo_address}/counts/new?warehouse=city-medical-store")
    rows = page.locator("#lines tbody tr")
    before = rows.count()
    rows.last.locator("input:not([type=hidden])").first.focus()
    page.keyboard.press("Enter")
    assert rows.count() == before
