"""What tours of a new city in a browser share: its empty service, and the steps that its people take on pages."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, expect

from app.core.i18n import translate
from tests.web.looking import confirm, look_at

PICTURES = os.environ.get("TONGCHOU_TOUR_PICTURES")
SECRET = "three plain words 7319"
Names = Mapping[str, tuple[str, str]]
"""In Chinese and in English, by a key of the tour."""


class Tour:
    """What the people of the new city do one after the other, in the words of one language."""

    shown: frozenset[str] = frozenset()
    """The pictures that this tour makes for the documents."""

    def __init__(self, page: Page, address: str, language: str, names: Names) -> None:
        self.page, self.address, self.language, self.names = page, address, language, names
        page.set_viewport_size({"width": 1180, "height": 760})
        page.set_default_timeout(40_000)

    def say(self, message: str, **params: object) -> str:
        return translate(message, self.language, **params)

    def name(self, key: str) -> str:
        return self.names[key][self.language == "en"]

    def goto(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def press(self, message: str, **params: object) -> None:
        self.page.get_by_role("button", name=self.say(message, **params), exact=True).first.click()

    def look(self, name: str) -> None:
        look_at(self.page, f"tour-{name}.{self.language}", examine=self.language == "en")
        if PICTURES and name in self.shown:
            self.page.screenshot(path=Path(PICTURES) / f"tour-{name}.{self.language}.png")

    def fill(self, **values: str) -> None:
        """Fill in fields by their names; `__` stands for a dot."""
        for name, value in values.items():
            field = self.page.locator(f'main [name="{name.replace("__", ".")}"]').first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)

    def log_in(self, login: str, password: str) -> None:
        self.page.context.clear_cookies()
        self.goto(f"/login?lang={self.language}")
        self.page.locator("#login").fill(login)
        self.page.locator("#password").fill(password)
        self.page.locator('form[action="/login"] button').first.click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def person(self, login: str, role: str, *places: str) -> str:
        """The administrator makes an account; its first password."""
        self.goto("/accounts/new")
        self.fill(login=login, name=login, role=self.say(f"role.{role}"))
        for number, place in enumerate(places):
            self.fill(**{f"places__{number}": self.name(place)})
        self.press("Enter the account")
        return self.page.locator(".secret code").inner_text()

    def set_passwords(self, first: Mapping[str, str]) -> None:
        """Everybody logs in with the first password, and sets one of their own."""
        for login, password in first.items():
            self.log_in(login, password)
            self.page.locator("#current_password").fill(password)
            self.page.locator("#new_password").fill(SECRET)
            self.page.locator("#repeated_password").fill(SECRET)
            self.page.locator('form[action="/account/password"] button').click()
            self.page.wait_for_url(lambda url: "/account" not in url)

    def review(self, codes: list[str]) -> None:
        """The office approves what was asked for."""
        self.log_in("office", SECRET)
        for code in codes:
            self.goto(f"/requisitions/{code}")
            self.press("Approve these quantities")
            self.goto(f"/requisitions/{code}")
            expect(self.page.locator("main h1 .tag")).to_have_text(self.say("state.REVIEWED"))

    def plan(self) -> None:
        """The office lets a plan be computed, the leader approves it."""
        self.goto("/city-setup")
        expect(self.page.locator("main")).to_contain_text(self.say("Everything that a plan needs is there."))
        self.goto("/plan-runs/new?program=medical")
        self.press("Compute")
        self.page.wait_for_url("**/plans/PLAN-*", timeout=120_000)
        code = self.page.url.rsplit("/", 1)[1].partition("?")[0]
        self.log_in("boss", SECRET)
        self.goto(f"/plans/{code}")
        self.look("7-plan")
        self.press("Approve …")
        confirm(self.page, self.say("Approve with my name"), "boss")
        expect(self.page.locator("main .tag").first).to_have_text(self.say("state.DISPATCHING"))

    def waybill(self) -> None:
        """The keeper sends the first hospital's goods with a waybill."""
        self.log_in("keeper", SECRET)
        self.goto("/transfer-orders")
        rows = self.page.locator("table.list tbody tr")
        expect(rows.filter(has_text=self.name("second")).first).to_be_visible()
        rows.filter(has_text=self.name("first")).first.get_by_role("link").first.click()
        self.page.wait_for_url("**/transfer-orders/TO-*")
        code = self.page.url.rsplit("/", 1)[1].partition("?")[0]
        self.page.get_by_label(self.say("Number plate")).fill("湘B·12345")
        self.page.get_by_label(self.say("Driver")).fill("张师傅")
        self.press("Ship")
        expect(self.page.locator("main h1 .tag")).to_have_text(self.say("state.SHIPPED"))
        self.goto(f"/transfer-orders/{code}/waybill")
        expect(self.page.locator("main")).to_contain_text(self.name("first"))
        goods = re.compile("|".join(self.name(key) for key in ("masks", "suits")))
        expect(self.page.locator("main")).to_contain_text(goods)
        self.look("8-waybill")
