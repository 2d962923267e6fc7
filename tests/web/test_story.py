"""The whole job in a browser, in both languages.

A hospital hands in, the group reviews, a plan is computed and watched, a leader compares and approves, the warehouse
ships, the hospital confirms on a phone, and what is published balances.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.commands.demo import demo_clock
from app.commands.worker import workers_beside
from app.core.i18n import translate
from app.core.settings import Settings
from tests.web.looking import Watch, as_on_a_phone, confirm, log_in, look_at

pytestmark = pytest.mark.browser


class Story:
    """What people do one after the other, in the words of one language."""

    def __init__(self, page: Page, address: str, language: str) -> None:
        self.page, self.address, self.language = page, address, language
        page.set_viewport_size({"width": 1366, "height": 900})

    def say(self, message: str, **params: object) -> str:
        return translate(message, self.language, **params)

    def enter(self, login: str, begin: str = "/account") -> None:
        log_in(self.page, self.address, login, language=self.language, begin=begin)

    def press(self, message: str) -> None:
        self.page.get_by_role("button", name=self.say(message), exact=True).first.click()

    def follow(self, message: str) -> None:
        self.page.get_by_role("link", name=self.say(message), exact=True).first.click()

    def look(self, name: str) -> None:
        # In the other language it is the same markup, in another process that does not know it as examined.
        look_at(self.page, f"story-{name}.{self.language}", examine=self.language == "zh-CN")

    def hand_in(self) -> str:
        """The hospital hands in needs; the code of the requisition."""
        self.enter("hospital", begin="/")
        self.look("1-hospital")
        self.page.goto(f"{self.address}/requisitions/new?program=medical")
        item = self.say("Protective goggles") if self.language == "en" else "医用护目镜"
        self.page.get_by_label(self.say("Needed: {item}", item=item)).fill("260")
        self.page.get_by_label(self.say("On hand: {item}", item=item)).fill("40")
        self.press("Hand in")
        self.page.wait_for_url(re.compile(r"/requisitions/RQ-"))
        expect(self.page.locator("main h1 .tag")).to_have_text(self.say("state.SUBMITTED"))
        return self.page.url.rsplit("/", 1)[1].partition("?")[0]

    def review(self, code: str) -> None:
        """The supplies group approves what was asked for."""
        self.enter("supplies")
        self.page.goto(f"{self.address}/requisitions/{code}")
        self.look("2-review")
        self.press("Approve these quantities")
        self.page.wait_for_load_state()
        self.page.goto(f"{self.address}/requisitions/{code}")
        expect(self.page.locator("main h1 .tag")).to_have_text(self.say("state.REVIEWED"))

    def compute(self) -> str:
        """The supplies group has a plan computed and watches it; the code of the plan."""
        self.page.goto(f"{self.address}/plan-runs/new?program=medical")
        self.press("Compute")
        self.page.wait_for_url("**/plan-runs/RUN-*")
        self.look("3-run")
        self.page.wait_for_url("**/plans/PLAN-*", timeout=120_000)
        return self.page.url.rsplit("/", 1)[1].partition("?")[0]

    def decide(self, plan: str) -> None:
        """A leader compares it with the plan before and approves it."""
        self.enter("leader")
        self.page.goto(f"{self.address}/plans/{plan}/comparison")
        expect(self.page.locator("main")).to_contain_text(self.say("Needs that gain"))
        self.look("4-comparison")
        self.page.goto(f"{self.address}/plans/{plan}")
        self.press("Approve …")
        self.look("4-approval")
        confirm(self.page, self.say("Approve with my name"), "leader")
        expect(self.page.locator("main .tag").first).to_have_text(self.say("state.DISPATCHING"))
        self.page.goto(f"{self.address}/plans/PLAN-2020-00001")
        expect(self.page.locator("main .tag").first).to_have_text(self.say("state.SUPERSEDED"))

    def send(self, plan: str) -> str:
        """The warehouse ships the first of the orders that came with the approval; the code of that order."""
        self.enter("warehouse")
        hospital = "渌口区人民医院" if self.language == "zh-CN" else "Lukou District People"
        self.page.goto(f"{self.address}/transfer-orders?day=2020-01-31")
        self.look("5-transfer-orders")
        rows = self.page.locator("table.list tbody tr").filter(has_text=re.compile(hospital + "(?!.*(发热|fever))"))
        rows.first.get_by_role("link").first.click()
        self.page.wait_for_url("**/transfer-orders/TO-*")
        code = self.page.url.rsplit("/", 1)[1].partition("?")[0]
        self.look("6-order")
        self.page.get_by_label(self.say("Number plate")).fill("湘B·12345")
        self.page.get_by_label(self.say("Driver")).fill("张师傅")
        self.page.get_by_label(self.say("Transit pass number")).fill("ZZ-0131-07")
        self.press("Ship")
        expect(self.page.locator("main h1 .tag")).to_have_text(self.say("state.SHIPPED"))
        self.page.goto(f"{self.address}/transfer-orders/{code}/waybill")
        assert self.page.locator("main svg").count() >= 1, "the QR code"
        self.look("7-waybill")
        return code

    def receive(self, code: str) -> None:
        """The hospital opens what the QR code holds on a phone, and confirms all of it."""
        self.enter("hospital")
        with as_on_a_phone(self.page, f"story-8-delivery.{self.language}"):
            self.page.goto(f"{self.address}/deliveries/{code}")
        self.look("8-delivery")
        self.press("Confirm the delivery")
        expect(self.page.locator("main")).to_contain_text(self.say("The delivery is confirmed"))

    def publish(self) -> None:
        """A leader publishes the balance; anybody finds the hospital in it."""
        self.enter("leader")
        self.page.goto(f"{self.address}/disclosure/new")
        self.press("Look at what is published")
        self.look("9-to-be-published")
        confirm(self.page, self.say("Publish with my name"), "leader")
        self.page.wait_for_url("**/disclosure?version=DS-2020-00001")
        self.page.context.clear_cookies()
        self.page.goto(f"{self.address}/disclosure?table=issued&lang={self.language}")
        hospital = "渌口区人民医院" if self.language == "zh-CN" else "Lukou District People"
        expect(self.page.locator("table.list")).to_contain_text(hospital)
        self.look("9-disclosure")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_from_a_need_to_a_balance(page: Page, story_address: str, tmp_path: Path, language: str) -> None:
    watch = Watch(page, story_address)
    story = Story(page, story_address, language)
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'demo.db'}", demo=True)
    with workers_beside(settings, demo_clock(settings), 1):
        requisition = story.hand_in()
        story.review(requisition)
        plan = story.compute()
    story.decide(plan)
    order = story.send(plan)
    story.receive(order)
    story.publish()
    assert (watch.elsewhere, watch.errors) == ([], [])
