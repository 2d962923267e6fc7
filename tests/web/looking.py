"""How the tests look at pages: who is logged in, what a page does besides showing itself, and what it looks like."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request

PICTURES = os.environ.get("TONGCHOU_PICTURES")
"""A folder for pictures of the pages; without one none are taken."""


class Watch:
    """What a page did besides showing itself: requests to elsewhere, errors and warnings on the console."""

    def __init__(self, page: Page, address: str) -> None:
        self.address = address
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.elsewhere.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium reports every answer above 399 itself; that a refusal is answered so is meant.
        if message.type in ("error", "warning") and "the server responded with a status of 4" not in message.text:
            self.errors.append(message.text)


def log_in(page: Page, address: str, login: str, *, language: str = "en", begin: str = "/account") -> None:
    """Log in with the button of one of the demo's accounts (`leader`, `supplies`, ...), afresh.

    `begin` is where they are then: a small page, unless it matters ("/" leads everybody to their first).
    """
    page.context.clear_cookies()
    page.goto(f"{address}/login?lang={language}&next={begin}")
    page.locator("button").filter(has=page.locator("code", has_text=login)).first.click()
    page.wait_for_url(lambda url: "/login" not in url)


def confirm(page: Page, button: str, login: str) -> None:
    """Type one's own name on a page that shows what will happen, and press its button."""
    page.locator("#confirmed_by").fill(login)
    page.get_by_role("button", name=button, exact=True).click()


_proven: set[str] = set()

ONLY_VIOLATIONS = {"resultTypes": ["violations"]}
"""All rules are tried, but what is well is not told node by node, which takes as long as trying them."""


def look_at(page: Page, name: str, *, examine: bool = True) -> None:
    """Fail where the page as it stands is not accessible; keep a picture of it where pictures are wanted.

    `name` ends in the language. A page is examined in the language in which it is seen first: what makes it
    accessible is the same markup in both, and the examination takes longer than everything else.
    """
    what = name.rpartition(".")[0]
    if examine and what not in _proven:
        found = Axe().run(page, options=ONLY_VIOLATIONS)
        assert found.violations_count == 0, found.generate_report()
        _proven.add(what)
    _take_picture(page, name)


def _take_picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.jpg", full_page=True, quality=70)


@contextmanager
def as_on_a_phone(page: Page, name: str) -> Iterator[None]:
    """The same page 390 pixels wide; fails where it scrolls sideways."""
    before = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 800})
    yield
    _take_picture(page, f"{name}.phone")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    if before is not None:
        page.set_viewport_size(before)
