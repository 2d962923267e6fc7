"""A leader publishes the balance; everybody can read it."""

import pytest
from playwright.sync_api import Page

from tests.web.looking import Watch, as_on_a_phone, confirm, log_in, look_at

pytestmark = pytest.mark.browser


def test_a_leader_publishes_and_the_public_reads(page: Page, story_address: str) -> None:
    watch = Watch(page, story_address)
    log_in(page, story_address, "leader")
    page.goto(f"{story_address}/disclosure?lang=en")
    page.get_by_role("link", name="Publish today's balance").click()
    look_at(page, "disclosure-new.en")
    page.get_by_role("button", name="Look at what is published").click()
    look_at(page, "disclosure-confirm.en")
    confirm(page, "Publish with my name", "leader")
    page.wait_for_url("**/disclosure?version=DS-2020-00001")
    page.goto(f"{story_address}/disclosure/new")
    page.get_by_role("button", name="Look at what is published").click()
    assert "say why it is corrected" in page.inner_text("[role=alert]")
    page.get_by_label("Reason of the correction").fill("A lot was counted again.")
    page.get_by_role("button", name="Look at what is published").click()
    look_at(page, "disclosure-confirm.en")
    confirm(page, "Publish with my name", "leader")
    page.wait_for_url("**/disclosure?version=DS-2020-00002")
    page.context.clear_cookies()
    for language, words in (("zh-CN", "物资接收与发放情况"), ("en", "Supplies received and issued")):
        page.goto(f"{story_address}/disclosure?lang={language}")
        assert words in page.inner_text("main")
        look_at(page, f"disclosure.{language}")
    with as_on_a_phone(page, "disclosure"):
        page.reload()
    assert (watch.elsewhere, watch.errors) == ([], [])
